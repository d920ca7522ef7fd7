# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user, a function or a machine can do wrong, and what is said then."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import unittest

import support
from mltool import Error, Pool, RemoteError, TaskTimeout, WorkerLost
from mltool import _pickle
from support import MODULES


def open_pool(test, n=2, **options):
    pool = Pool(n, **options)
    test.addCleanup(pool.close)
    pool.load(MODULES / "odd.py")
    return pool


class Failures(support.InFolder):
    def test_exception(self):
        pool = open_pool(self)
        with self.assertRaises(RemoteError) as raised:
            pool.peach("odd.fail", range(10))
        error = raised.exception
        self.assertEqual(error.item, 3)
        self.assertIn("ZeroDivisionError: division by zero", str(error))
        self.assertIn("odd.py:29: ", str(error))
        self.assertIn("in inner\n", error.traceback)
        self.assertEqual((error.attempts, error.signal), (1, 0))
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((str(again), again.item), (str(error), 3))

    def test_odd_words(self):
        pool = open_pool(self)
        odd = pool.peach("odd.fail_oddly", [None, "a\0b", "\udc80"], on_error="return")
        self.assertIn("Unspeakable: <exception str() failed>", str(odd[0]))
        self.assertIn("ValueError: a\\x00b", str(odd[1]))
        self.assertIn("ValueError: \\udc80", str(odd[2]))
        for error in odd:
            self.assertIn("in fail_oddly\n", error.traceback)

    def test_item_that_cannot_be_unpickled(self):
        class Unreadable:
            def __reduce__(self):
                return int, ("none",)

        pool = open_pool(self)
        with self.assertRaisesRegex(RemoteError, "one of items 0 to 2 cannot be unpickled: Value"):
            pool.peach("odd.echo", [1, Unreadable(), 2], chunksize=3)
        self.assertEqual(pool.peach("odd.echo", [1]), [1])

    def test_handler_that_raises(self):
        """What a signal's handler raises while the library runs is not lost."""

        def ring(number, frame):
            raise InterruptedError("rang")

        pool = open_pool(self)
        old = signal.signal(signal.SIGALRM, ring)
        self.addCleanup(signal.signal, signal.SIGALRM, old)
        hook = sys.unraisablehook
        for call in (
            lambda: pool.peach("odd.nap", [60] * 4),
            lambda: list(pool.peach("odd.nap", iter([60] * 4))),
        ):
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with self.assertRaisesRegex(InterruptedError, "rang"):
                call()
        self.assertIs(sys.unraisablehook, hook)
        self.assertEqual(pool.peach("odd.echo", [1]), [1])

    def test_exception_kept(self):
        pool = open_pool(self)
        results = pool.peach("odd.fail", range(10), on_error="return")
        self.assertIsInstance(results[3], RemoteError)
        self.assertEqual(results[:3] + results[4:], [1 / (x - 3) for x in range(10) if x != 3])

    def test_exceptions_in_one_chunk(self):
        pool = open_pool(self)
        items = [3, 1, 3, 3, 2, 3]
        results = pool.peach("odd.fail", items, on_error="return", chunksize=6)
        self.assertEqual([getattr(r, "item", None) for r in results], [0, None, 2, 3, None, 5])

    def test_result_that_cannot_be_pickled(self):
        pool = open_pool(self)
        results = pool.peach("odd.make", ["1", "(i for i in [])", "2"], on_error="return")
        self.assertEqual((results[0], results[2]), (1, 2))
        self.assertIn("cannot pickle 'generator' object", str(results[1]))

    def test_item_that_cannot_be_pickled(self):
        pool = open_pool(self)
        with self.assertRaisesRegex(TypeError, "item 2 cannot be pickled: .*lock"):
            pool.peach("odd.echo", [1, 2, threading.Lock()])
        self.assertEqual(pool.peach("odd.echo", [1]), [1])

    def test_killed_worker(self):
        """Whoever kills a worker costs no result."""
        pool = open_pool(self, retries=100)
        victim = pool.pids[0]
        killer = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
        killer.start()
        self.addCleanup(killer.join)
        pids = pool.peach("odd.nap", [0.02] * 60, chunksize=1)
        self.assertEqual(len(pids), 60)
        self.assertNotIn(victim, pool.pids)
        self.assertEqual(len(pool.pids), 2)
        self.assertEqual(pool.stats()["workers_lost"], 1)
        self.assertEqual(pool.peach("odd.begun", [0, 0]), [0, 0])

    def test_item_that_kills(self):
        pool = open_pool(self)
        results = pool.peach("odd.die", range(8), on_error="return")
        error = results[3]
        self.assertIsInstance(error, WorkerLost)
        self.assertEqual((error.item, error.attempts, error.signal), (3, 3, signal.SIGKILL))
        self.assertEqual(results[:3] + results[4:], [0, 1, 2, 4, 5, 6, 7])
        with self.assertRaises(WorkerLost):
            pool.peach("odd.die", range(8))

    def test_crash_shows_where(self):
        pool = open_pool(self)
        with self.assertRaises(WorkerLost) as raised:
            pool.peach("odd.crash", [3])
        self.assertEqual(raised.exception.signal, signal.SIGSEGV)
        self.assertIn("Fatal Python error: Segmentation fault", raised.exception.output)
        self.assertRegex(raised.exception.output, 'odd.py", line [0-9]+ in crash')

    def test_time_limit(self):
        """A loop in Python ends where it is, with its traceback, and costs no worker."""
        pool = open_pool(self, task_timeout=0.5, grace=30)
        pids = pool.pids
        results = pool.peach("odd.spin", [1, 3, 2], on_error="return")
        self.assertEqual((results[0], results[2]), (1, 2))
        self.assertIsInstance(results[1], TaskTimeout)
        self.assertIn("in spin\n", results[1].traceback)
        self.assertEqual(pool.pids, pids)

    def test_hard_time_limit(self):
        pool = open_pool(self, task_timeout=0.3, grace=0.3)
        results = pool.peach("odd.nap", [0, 60], on_error="return")
        self.assertIsInstance(results[1], TaskTimeout)
        self.assertEqual(len(pool.peach("odd.nap", [0])), 1)

    def test_exit(self):
        pool = open_pool(self)
        with self.assertRaisesRegex(RemoteError, "SystemExit: 3"):
            pool.peach("odd.leave", [3])

    def test_init_that_fails(self):
        pool = open_pool(self)
        with self.assertRaises(RemoteError) as raised:
            pool.init("odd.fail", 3)
        self.assertIn("ZeroDivisionError", str(raised.exception))
        self.assertIn("in inner\n", raised.exception.traceback)

    def test_init_is_replayed(self):
        pool = open_pool(self)
        pool.init("odd.begin")
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(set(pool.peach("odd.begun", [0] * 20)), {1})

    def test_module_that_fails(self):
        pool = open_pool(self)
        with self.assertRaises(RemoteError) as raised:
            pool.load(MODULES / "wrong.py")
        self.assertRegex(str(raised.exception), "wrong.py:5: SyntaxError: expected ':'")

    def test_module_that_is_not_there(self):
        pool = open_pool(self)
        with self.assertRaisesRegex(Error, "none.py"):
            pool.load(self.folder / "none.py")
        with self.assertRaisesRegex(Error, "ModuleNotFoundError: No module named 'no'"):
            pool.load("py:no.such")

    def test_closed_pool(self):
        pool = Pool(1)
        pids = pool.pids
        pool.close()
        pool.close()
        for use in (
            lambda: pool.peach(len, ["a"]),
            lambda: pool.load("fresh"),
            lambda: pool.submit(len, "a"),
            lambda: pool.port,
            lambda: next(pool.ipeach(len, ["a"])),
        ):
            with self.assertRaisesRegex(Error, "the pool is closed"):
                use()
        self.assertFalse(support.is_alive(pids[0]))
        self.assertIn("closed", repr(pool))

    def test_futures_of_a_closed_pool(self):
        with Pool(1) as pool:
            pool.load(MODULES / "odd.py")
            future = pool.submit("odd.nap", 60)
        with self.assertRaisesRegex(Error, "the pool was closed"):
            future.result()

    def test_options(self):
        with self.assertRaisesRegex(TypeError, "no option 'retrys'.*retries"):
            Pool(1, retrys=3)
        with self.assertRaisesRegex(ValueError, "at least one worker"):
            Pool(0)

    def test_port_in_use(self):
        with Pool(1) as pool:
            with self.assertRaisesRegex(Error, str(pool.port)):
                Pool(1, port=pool.port)

    def test_resize(self):
        pool = open_pool(self)
        pool.resize(3)
        self.assertEqual(len(set(pool.eval_all("odd.nap", 0))), 3)
        pool.resize(1)
        self.assertEqual(len(pool.eval_all("odd.nap", 0)), 1)

    def test_thread_of_ipeach_ends(self):
        """Workers that it started live on."""
        pool = open_pool(self, retries=100)
        results = pool.ipeach("odd.nap", [0.02] * 50, chunksize=1)
        os.kill(next(results), signal.SIGKILL)
        self.assertEqual(len(list(results)), 49)
        pids = pool.pids
        time.sleep(0.3)
        self.assertEqual(pool.pids, pids)
        self.assertEqual(len(pool.peach("odd.nap", [0, 0])), 2)


class WithoutCloudpickle(unittest.TestCase):
    def setUp(self):
        old = _pickle._cloudpickle
        _pickle._cloudpickle = False
        self.addCleanup(setattr, _pickle, "_cloudpickle", old)

    def test_lambda(self):
        with Pool(1) as pool:
            with self.assertRaisesRegex(TypeError, "cannot be pickled.*top level.*cloudpickle"):
                pool.peach(lambda x: x, [1])

    def test_function_of_a_module(self):
        with Pool(1) as pool:
            self.assertEqual(pool.peach(os.path.basename, ["/a/b"]), ["b"])


@unittest.skipIf(_pickle.cloudpickle() is None, "needs cloudpickle")
class WithCloudpickle(unittest.TestCase):
    def test_lambda(self):
        k = 5
        with Pool(2) as pool:
            self.assertEqual(pool.peach(lambda x: x + k, [1, 2]), [6, 7])
            self.assertEqual(pool.eval_all(lambda: k), [5, 5])
            self.assertEqual(pool.submit(lambda x: x * k, 2).result(), 10)


SCRIPT = """
import os, sys
from mltool import Pool
{without}

class Point:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return type(self) is type(other) and self.x == other.x

def move(p):
    return Point(p.x + 1)

if __name__ == "__main__":
    with Pool(2) as pool:
        assert pool.peach(move, [Point(1), Point(2)]) == [Point(2), Point(3)]
        print("right")
"""

WITHOUT = "import mltool._pickle; mltool._pickle._cloudpickle = False"


class Scripts(support.InFolder):
    """Programs of a user, run as they are."""

    def run_script(self, text, *args, **options):
        path = self.write("script.py", text)
        return subprocess.run(
            [sys.executable, path, *args],
            cwd=self.folder,
            env=support.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )

    def test_main_by_reference(self):
        done = self.run_script(SCRIPT.format(without=WITHOUT))
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("right\n", "", 0))

    @unittest.skipIf(_pickle.cloudpickle() is None, "needs cloudpickle")
    def test_main_by_value(self):
        done = self.run_script(SCRIPT.format(without=""))
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("right\n", "", 0))

    def test_no_guard(self):
        text = SCRIPT.format(without=WITHOUT).replace('if __name__ == "__main__":', "if True:")
        done = self.run_script(text)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("put that under if __name__ == '__main__':", done.stderr)

    def test_output_of_workers(self):
        text = """
from mltool import Pool
with Pool(1) as pool:
    pool.peach(print, ["hello"])
"""
        done = self.run_script(text)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("hello\n", done.stdout + done.stderr)

    def test_forgotten_pool(self):
        text = "from mltool import Pool\npool = Pool(2)\nprint(*pool.pids)\n"
        done = self.run_script(text)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for pid in done.stdout.split():
            self.assertFalse(support.is_alive(int(pid)))

    def test_end_in_a_call(self):
        """The program ends while a thread is in a call: no crash, and no wait for the items."""
        for call in (
            "calls = pool.ipeach(time.sleep, [0] + [60] * 9, chunksize=1); next(calls)",
            "calls = pool.ipeach(abs, itertools.count()); next(calls)",
            "threading.Thread(target=pool.peach, args=(time.sleep, [60] * 4), daemon=True).start()",
        ):
            text = f"""
import itertools, threading, time
from mltool import Pool
threading.excepthook = lambda args: None
pool = Pool(2)
{call}
time.sleep(0.2)
print("x x")
"""
            done = self.run_script(text)
            self.assertEqual((done.returncode, done.stdout), (0, "x x\n"), done.stderr)

    def test_plain(self):
        """Without numpy and cloudpickle."""
        text = """
import sys
sys.modules["numpy"] = sys.modules["cloudpickle"] = None
import math
from mltool import Pool
with Pool(2) as pool:
    pool.load("fresh")
    print(pool.peach(math.sqrt, [4]), *pool.ipeach(abs, iter([-1])), pool.submit(abs, -2).result())
    print(len(pool.peach("fresh.names", ["minimal"])[0]), list(pool.functions()))
"""
        done = self.run_script(text)
        wanted = "[2.0] 1 2\n10 ['fresh.features', 'fresh.names']\n"
        self.assertEqual(done.stdout, wanted, done.stderr)

    def test_fork(self):
        """The pool stays that of the process that has opened it."""
        text = """
import os, sys, time
from mltool import Error, Pool
pool = Pool(2)
future = pool.submit(abs, -5)
child = os.fork()
if child == 0:
    try:
        pool.peach(abs, [-1])
    except Error as e:
        print(e, flush=True)
    pool.close()
    sys.exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), future.result(), pool.peach(abs, [-1]))
"""
        done = self.run_script(text)
        self.assertEqual(
            done.stdout,
            "the pool is of the process that this one was forked from; open another\n3 5 [1]\n",
            done.stderr,
        )

    def test_interrupt(self):
        """Ctrl-C in a call: KeyboardInterrupt there, and the pool is of use afterwards."""
        text = """
import time
from mltool import Pool
with Pool(2) as pool:
    pool.init(time.time)
    print("ready", flush=True)
    try:
        pool.peach(time.sleep, [60] * 4)
    except KeyboardInterrupt:
        print("caught", pool.peach(abs, [-1]), flush=True)
"""
        path = self.write("script.py", text)
        with subprocess.Popen(
            [sys.executable, path],
            env=support.environment(),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            self.assertEqual(process.stdout.readline(), "ready\n")
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.stdout.readline(), "caught [1]\n")
            self.assertEqual(process.wait(60), 0)

    def test_central_process_killed(self):
        text = """
import time
from mltool import Pool
pool = Pool(2)
print(*pool.pids, flush=True)
pool.peach(time.sleep, [60] * 4)
"""
        path = self.write("script.py", text)
        with subprocess.Popen(
            [sys.executable, path], env=support.environment(), stdout=subprocess.PIPE, text=True
        ) as process:
            pids = [int(pid) for pid in process.stdout.readline().split()]
            time.sleep(0.3)
            process.kill()
        deadline = time.monotonic() + 20
        while any(map(support.is_alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertFalse(any(map(support.is_alive, pids)))


if __name__ == "__main__":
    unittest.main()
