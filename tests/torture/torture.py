#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What functions and strangers should not do, done to `mltool peach`: only the item that does it fails,
with the right words, and nothing is left behind.

    MLTOOL=build/dev/ml/cli/mltool NASTY=build/dev/tests/nasty.so tests/torture/torture.py [CASE]...

ML_LONG=1 goes on for longer. Exit code 77: nothing to test with."""
import contextlib
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

MLTOOL, NASTY = os.environ['MLTOOL'], os.environ['NASTY']
LONG = os.environ.get('ML_LONG') == '1'
MARK = f'ML_TORTURE={os.getpid()}.{random.getrandbits(64):x}'
LIMIT = 3  # seconds for an item: what is not stuck is done by then on a busy machine, too
PATIENCE = 120  # seconds for one run: no limit of speed, only against waiting for ever


# ---- processes: ours are known by a mark in their environment, whatever group they are in ----------

def marked():
    """Processes of ours that are there and no zombies: {pid: parent}"""
    found = {}
    for name in os.listdir('/proc'):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            with open(f'/proc/{name}/environ', 'rb') as f:
                if MARK.encode() not in f.read().split(b'\0'):
                    continue
            with open(f'/proc/{name}/stat') as f:
                state, parent = f.read().rpartition(')')[2].split()[:2]
            if state not in 'ZX':
                found[int(name)] = int(parent)
    return found


def workers(central):
    return [pid for pid, parent in marked().items() if parent == central]


def kill(pid, number):
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def wait_for(what, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.01)
    return what()


def shm():
    return sorted(os.listdir('/dev/shm')) if os.path.isdir('/dev/shm') else []


# ---- runs -----------------------------------------------------------------------------------------

class Run:
    """mltool peach over a list of values."""

    def __init__(self, function, values, *options, n=3):
        self.values, self.out, self.err = values, [], b''
        key, _, mark = MARK.partition('=')
        self.process = subprocess.Popen(
            [MLTOOL, '-s', str(n), '-p', '0', 'peach', function, '--load', NASTY, '--args', '-',
             *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, key: mark}, cwd=tempfile.gettempdir())
        self.pid = self.process.pid
        self.threads = [threading.Thread(target=f) for f in (self._give, self._take, self._listen)]
        for t in self.threads:
            t.start()

    def _give(self):
        with contextlib.suppress(OSError), self.process.stdin as f:
            f.write(''.join(json.dumps(v) + '\n' for v in self.values).encode())

    def _take(self):
        for line in self.process.stdout:
            self.out.append(line)

    def _listen(self):
        self.err = self.process.stderr.read()

    def is_over(self):
        return self.process.poll() is not None

    def ready(self):
        """Wait for its first result."""
        return wait_for(lambda: self.is_over() or self.out)

    def end(self):
        """The results, in order."""
        deadline = time.monotonic() + PATIENCE
        for t in self.threads:
            t.join(max(0, deadline - time.monotonic()))
        hangs = any(t.is_alive() for t in self.threads)
        if hangs:
            for pid in marked():
                kill(pid, signal.SIGKILL)
        self.process.wait()
        check(not hangs, 'it hangs')
        return [json.loads(line) for line in self.out]


def check(holds, *words):
    if not holds:
        raise AssertionError(' '.join(map(str, words)))


def check_results(run, expected, code=0):
    """expected[i] is the result of item i, or a function that looks at its error record."""
    results = run.end()
    tail = run.err[-2000:].decode(errors='replace')
    check(run.process.returncode == code, 'exit code', run.process.returncode, 'not', code, tail)
    check(len(results) == len(expected), len(results), 'results, not', len(expected), tail)
    for i, (got, want) in enumerate(zip(results, expected)):
        if callable(want):
            check(isinstance(got, dict) and 'error' in got, 'item', i, 'gave', got)
            check(got['error'].get('item') == i, 'item', i, 'is called', got['error'])
            want(got['error'])
        else:
            check(got == want, 'item', i, 'gave', got, 'not', want, tail)
    wait_for(lambda: not marked(), 5)
    check(not marked(), 'processes are left:', marked())


def lost(words, status='worker', **fields):
    def look(error):
        check(error['status'] == status, 'status of', error)
        check(words in error['message'], repr(words), 'is not in', error)
        for key, value in fields.items():
            check(error.get(key) == value, key, 'is not', value, 'in', error)
    return look


# ---- what functions do ------------------------------------------------------------------------------

# Each deed, what becomes of its item: a look at the error, or None when it is done.
DEEDS = {
    'segv': lost('signal 11', signal=11, attempts=2),
    'abort': lost('signal 6', signal=6, attempts=2),
    'exit': lost('exit code 0', attempts=2),
    '_exit': lost('exit code 3', attempts=2),
    'overflow': lost('signal 11', signal=11, attempts=2),
    'kill': lost('signal 9', signal=9, attempts=2),
    'term': lost('signal 15', signal=15, attempts=2),
    'spin': lost(f'longer than {LIMIT} s', 'timeout', attempts=1),
    'doze': lost(f'longer than {LIMIT} s', 'timeout', attempts=1),
    'stop': lost(f'was stopped for longer than {LIMIT} s', attempts=2),
    'close': lost('', attempts=2),  # the worker ends by itself, as an exit or by its own signal
    'babble': lost('sent what makes no sense', attempts=2),
    'shout': None,
    'breed': None,
    'chdir': None,
    'rmdir': None,
    'deaf': None,
}


def one_deed(deed):
    values = [*range(10), deed, *range(11, 30)]
    expected = [2 * v if isinstance(v, int) else v for v in values]
    if DEEDS[deed]:
        expected[10] = DEEDS[deed]
    run = Run('act', values, '--on-error', 'continue', '--retries', 1, '--task-timeout', LIMIT, '--grace', 0.5)
    check_results(run, expected, 4 if DEEDS[deed] else 0)


def deeds_alone():
    """Each deed in a run of its own."""
    for deed in DEEDS:
        try:
            one_deed(deed)
        except AssertionError as e:
            raise AssertionError(f'{deed}: {e}') from None


def deeds_together():
    """All deeds in one run, among many others, in a random order."""
    rng = random.Random(7)
    # A deaf worker does not hear the signal that another deed sends to it.
    values = [*range(3000 if LONG else 600), *(d for d in DEEDS if d != 'term')]
    rng.shuffle(values)
    expected = [2 * v if isinstance(v, int) else DEEDS[v] or v for v in values]
    run = Run('act', values, '--on-error', 'continue', '--retries', 1, '--task-timeout', LIMIT, '--grace', 0.5)
    check_results(run, expected, 4)


def memory():
    """A function that takes all memory is stopped by --worker-mem, and only its item fails."""
    values = [1, 2, 'bomb', 4]
    run = Run('act', values, '--on-error', 'continue', '--retries', 0, '--worker-mem', '512M', n=2)
    # malloc() fails, the function gives up and is done; or the worker could not go on.
    results = run.end()
    check(len(results) == 4, results, run.err[-500:])
    check(results[:2] + results[3:] == [2, 4, 8], results)


def large_results():
    """Results beyond what a frame holds."""
    values = [1, 3_000_000, 5, 12_000_000 if LONG else 9_000_000]
    run = Run('huge', values, n=2)
    results = run.end()
    check(run.process.returncode == 0, run.err[-500:])
    check([len(r) for r in results] == values, [len(r) for r in results])
    check(all(r[0] == r[-1] == 2 * n for r, n in zip(results, values)), 'wrong numbers')


# ---- what happens from outside ------------------------------------------------------------------------

def while_running(run, seconds, act, every):
    run.ready()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not run.is_over():
        act()
        time.sleep(every)


def random_kills():
    """A worker is killed now and then: every result once, and right."""
    rng, seconds = random.Random(11), 10 if LONG else 2
    values = [i % 5 for i in range(500 * seconds)]
    run = Run('wait_ms', values, '--retries', 1000)
    n_killed = 0

    def strike():
        nonlocal n_killed
        there = workers(run.pid)
        if there:
            kill(rng.choice(there), signal.SIGKILL)
            n_killed += 1
    while_running(run, seconds, strike, 0.05)
    check_results(run, [2 * v for v in values])
    check(n_killed > 3, 'only', n_killed, 'were killed')


def random_stops():
    """A worker is stopped now and then, for good: its item goes to another."""
    rng, seconds = random.Random(13), 10 if LONG else 2
    values = [i % 5 for i in range(1000)]
    run = Run('wait_ms', values, '--retries', 1000, '--task-timeout', 0.5, '--grace', 0.2)

    def strike():
        there = workers(run.pid)
        if there:
            kill(rng.choice(there), signal.SIGSTOP)
    while_running(run, seconds, strike, 0.5)
    results = run.end()
    # An item that ran when its worker was stopped had its time, unless the silence was noticed first.
    check(run.process.returncode in (0, 4), run.process.returncode, run.err[-500:])
    check(results == [2 * v for v in values][:len(results)], 'wrong results')
    check(run.process.returncode == 4 or len(results) == len(values), len(results))


def listening_port(pid):
    """The port that a process listens on, from /proc."""
    with contextlib.suppress(OSError):
        inodes = set()
        for fd in os.listdir(f'/proc/{pid}/fd'):
            with contextlib.suppress(OSError):
                inodes.add(os.readlink(f'/proc/{pid}/fd/{fd}'))
        with open(f'/proc/{pid}/net/tcp') as f:
            for line in f.readlines()[1:]:
                part = line.split()
                if part[3] == '0A' and f'socket:[{part[9]}]' in inodes:
                    return int(part[1].split(':')[1], 16)
    return None


def garbage(rng, kind):
    tls = bytes.fromhex('1603010200010001fc0303') + rng.randbytes(200)
    return [rng.randbytes(rng.randrange(1, 800)),
            b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
            tls,
            struct.pack('<IBBHIIQ', 0xFFFFFFFF, 2, 0, 0, 0, 0, 0),
            struct.pack('<IBBHIIQ', 64 << 20, 2, 0, 0, 0, 0, 0) + b'x' * 100,
            struct.pack('<IBBHIIQ', 200, 2, 0, 0, 0, 0, 0) + rng.randbytes(200),
            b'\x10', b''][kind % 8]


def strangers():
    """A thousand connections with garbage during a run, some slow, half open or reset."""
    rng, n = random.Random(17), 5000 if LONG else 1000
    values = [i % 5 for i in range(3000)]
    run = Run('wait_ms', values)
    run.ready()
    port = wait_for(lambda: run.is_over() or listening_port(run.pid))
    check(port and not run.is_over(), 'no port')
    open_ones, n_called = [], 0
    for i in range(n):
        with contextlib.suppress(OSError):
            s = socket.create_connection(('127.0.0.1', port), timeout=10)
            n_called += 1
            with contextlib.suppress(OSError):
                s.sendall(garbage(rng, i))
            if i % 5 == 0:  # reset
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                s.close()
            elif i % 5 == 1:  # half open
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_WR)
                open_ones.append(s)
            elif i % 5 == 2 and len(open_ones) < 200:
                open_ones.append(s)
            else:
                s.close()
    slow = None
    with contextlib.suppress(OSError):
        slow = socket.create_connection(('127.0.0.1', port), timeout=10)
    for byte in struct.pack('<IBBHIIQ', 200, 2, 0, 0, 0, 0, 0):
        if run.is_over() or not slow:
            break
        with contextlib.suppress(OSError):
            slow.sendall(bytes([byte]))
        time.sleep(0.02)
    check_results(run, [2 * v for v in values])
    for s in open_ones:
        s.close()
    check(n_called == n or not LONG, 'only', n_called, 'could call')


def central_killed():
    """When the central process is killed nobody stays, busy or not, in the group or not."""
    before = shm()
    for deed in ('spin', 'doze', 'breed', 'deaf'):
        values = [1, deed, 'breed', 'spin', 'doze'][:5 if deed == 'deaf' else 4]
        run = Run('act', values, '--on-error', 'continue')
        wait_for(lambda: run.is_over() or len(workers(run.pid)) >= 3)
        time.sleep(1)  # for the module to be loaded, and the deeds to begin
        check(not run.is_over(), deed, 'is over:', run.err)
        kill(run.pid, signal.SIGKILL)
        wait_for(lambda: not marked(), 1)
        left = marked()
        for pid in left:
            kill(pid, signal.SIGKILL)
        run.end()
        check(not left, deed, 'leaves', left)
    check(shm() == before, '/dev/shm has', set(shm()) - set(before))


CASES = [deeds_alone, deeds_together, memory, large_results, random_kills, random_stops, strangers,
         central_killed]


def main():
    wanted = sys.argv[1:]
    if not os.path.exists(NASTY):
        print('skipped: no module', NASTY)
        return 77
    failed = 0
    before = shm()
    for case in CASES:
        if wanted and case.__name__ not in wanted:
            continue
        start = time.monotonic()
        try:
            case()
            word = 'ok'
        except AssertionError as e:
            word = f'not ok: {e}'
            failed += 1
        for pid in marked():
            kill(pid, signal.SIGKILL)
        print(f'{case.__name__} ({time.monotonic() - start:.1f} s): {word}', flush=True)
    if shm() != before:
        print('not ok: /dev/shm has', set(shm()) - set(before))
        failed += 1
    return 1 if failed else 0


sys.exit(main())
