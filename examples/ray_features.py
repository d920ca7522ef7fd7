# SPDX-License-Identifier: GPL-3.0-or-later
"""Features on Ray: a distributor of one's own is a function that has chunks computed somewhere.

    python3 examples/ray_features.py SERIES.csv FEATURES.csv
"""
import sys

import mltool


class RayDistributor(mltool.DistributorBaseClass):
    """address: of a cluster, "auto"; None: one on this machine"""

    def __init__(self, address=None):
        import ray

        self.ray = ray
        ray.init(address=address)
        self.n_workers = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def distribute(self, func, partitioned_chunks, kwargs):
        remote = self.ray.remote(func)
        return self.ray.get([remote.remote(chunk, **kwargs) for chunk in partitioned_chunks])

    def close(self):
        self.ray.shutdown()


if __name__ == "__main__":
    import pandas

    series = pandas.read_csv(sys.argv[1])
    with RayDistributor() as ray_workers:
        features = mltool.extract_features(
            series, column_id="id", column_sort="time", distributor=ray_workers
        )
    features.to_csv(sys.argv[2], index_label="id")
