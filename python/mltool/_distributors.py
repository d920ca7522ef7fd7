# SPDX-License-Identifier: GPL-3.0-or-later
"""Who computes the chunks of extract_features(): tsfresh's interface, and Dask."""

import functools
import itertools

TASKS_OF_WORKER = 3  # one that runs, and what to go on with


def _all_of(chunk, map_function, kwargs):
    """The results of some data, in one list."""
    return list(itertools.chain.from_iterable(map_function(x, **kwargs) for x in chunk))


class DistributorBaseClass:
    """Calls a function for each of many data, somewhere. A class of your own has distribute(), or
    map_reduce() in place of it."""

    n_workers = 1

    def map_reduce(
        self, map_function, data, function_kwargs=None, chunk_size=None, data_length=None
    ):
        """The results of map_function(x, **function_kwargs), which are lists, for each x of data,
        as one list. Their order is free."""
        chunks = self.partition(data, chunk_size or 1)
        kwargs = {"map_function": map_function, "kwargs": function_kwargs or {}}
        return list(itertools.chain.from_iterable(self.distribute(_all_of, chunks, kwargs)))

    @staticmethod
    def partition(data, chunk_size):
        """Lists of chunk_size data each."""
        iterator = iter(data)
        return iter(lambda: list(itertools.islice(iterator, chunk_size)), [])

    def distribute(self, func, partitioned_chunks, kwargs):
        """An iterable of func(chunk, **kwargs) for each chunk."""
        raise NotImplementedError("a distributor has distribute() or map_reduce()")

    def close(self):
        """Give back what it holds."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class MapDistributor(DistributorBaseClass):
    """One after another, here: what the others are compared with."""

    def distribute(self, func, partitioned_chunks, kwargs):
        return map(functools.partial(func, **kwargs), partitioned_chunks)


class _DaskDistributor(DistributorBaseClass):
    def __init__(self, client):
        self.client = client

    @property
    def n_workers(self):
        """Threads that there are: each computes."""
        return max(1, sum(self.client.nthreads().values()))

    def distribute(self, func, partitioned_chunks, kwargs):
        """The results as they come. The scheduler keeps the data of a task until it is done, for
        another try when its worker dies: so it has a few tasks at a time."""
        from distributed import as_completed

        call, chunks = functools.partial(func, **kwargs), iter(partitioned_chunks)

        def submit(n):
            return [
                self.client.submit(call, chunk, pure=False) for chunk in itertools.islice(chunks, n)
            ]

        running = as_completed(submit(TASKS_OF_WORKER * self.n_workers))
        for task in running:
            running.update(submit(1))
            yield task.result()

    def close(self):
        self.client.close()


class LocalDaskDistributor(_DaskDistributor):
    """Dask on this machine, n_workers processes of one thread. As with multiprocessing, a script
    that opens it guards what it runs with `if __name__ == "__main__":`."""

    def __init__(self, n_workers):
        from distributed import Client, LocalCluster

        self.cluster = LocalCluster(
            n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None
        )
        super().__init__(Client(self.cluster))

    def close(self):
        super().close()
        self.cluster.close()


class ClusterDaskDistributor(_DaskDistributor):
    """A Dask cluster that runs already, with mltool installed for its workers.

    address  of the scheduler, "10.0.0.1:8786"; or a distributed.Client, which stays open
    """

    def __init__(self, address):
        from distributed import Client

        self._is_lent = isinstance(address, Client)
        super().__init__(address if self._is_lent else Client(address))

    def close(self):
        if not self._is_lent:
            super().close()
