#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on ranks of Open MPI: the bytes of a run without workers, and what losses leave.

Several ranks run on this host, and, where network namespaces may be made, on three hosts of their own. Exits with 77
when there is no mpirun, or the plugin was not built.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MLTOOL = os.environ["MLTOOL"]
DEEDS = os.environ["DEEDS"]
PLUGINS = os.environ["PLUGINS"]
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data")
MPIRUN = ["mpirun", "--oversubscribe"] + (["--allow-run-as-root"] if os.geteuid() == 0 else [])
RANKS = ["-n", "3"]
LIMIT = 120  # seconds for one command, however busy the machine is
MARK = f"MLTOOL_TEST_OF_RANKS={os.getpid()}"
SEED = 11
FAILED = []


def fail(what):
    FAILED.append(what)
    print(what, flush=True)


def check(is_so, what):
    if not is_so:
        fail(what)


def data(name):
    return os.path.join(DATA, name)


def environment(**more):
    return {**os.environ, MARK.split("=")[0]: MARK.split("=")[1], **more}


def run(*command, **more):
    return subprocess.run(command, capture_output=True, timeout=LIMIT, env=environment(**more), check=False)


def on_ranks(*arguments, ranks=RANKS, **more):
    return run(*MPIRUN, *ranks, MLTOOL, *arguments, **more)


def words(done):
    """What mltool said, without what mpirun adds."""
    return [line for line in done.stderr.decode().splitlines() if line.startswith("mltool: ")]


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def read_all(folder):
    return {name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))}


# ---- the same bytes ------------------------------------------------------------------------------


def make_series():
    rng = random.Random(SEED)
    rows = [f"{i},{t},{rng.gauss(0, 1):.6f},{rng.random():.6f}" for i in range(60) for t in range(40 + i)]
    write("series.csv", "\n".join(["id,time,x,y"] + rows) + "\n")


def commands():
    """Each writes all it gives into the folder OUT."""
    cancer, diabetes, storms = data("breast_cancer.csv"), data("diabetes.csv"), data("storms.csv")
    target = ["--target-file", data("storms_target.csv"), "--target", "hurricane"]
    search = ["--model", "logistic", "--grid", "C=log:1e-2:1e2:5", "--cv", "kfold:4", "--target", "y"]
    return {
        "fresh": ["fresh", "series.csv", "-o", "OUT/x.csv"],
        "fresh, to a pipe": ["fresh", "series.csv", "--params", "minimal"],
        "fresh, selected": ["fresh", storms, *target, "-o", "OUT/x.csv", "--relevance", "OUT/p.csv"],
        "select": ["select", cancer, "--id", "", "--target", "y", "-o", "OUT/x.csv", "--relevance", "OUT/p.csv"],
        "xval": ["xval", cancer, *search, "--oof", "OUT/oof.csv", "-o", "OUT/x.json"],
        "xval, shared parts": ["xval", diabetes, "--target", "y", "--model", "ridge", "--grid", "alpha=0.1,1,10"],
        "xval, trees": ["xval", diabetes, "--target", "y", "--model", "random_forest", "--set", "n_estimators=20",
                        "--cv", "kfold:3", "--oof", "OUT/oof.csv"],
        "train": ["train", cancer, *search, "-o", "OUT/model.json"],
        "peach": ["peach", "deeds.nap", "--load", DEEDS, *map(str, range(60))],
        "predict": ["predict", "model.json", data("breast_cancer.csv"), "--id", "", "-o", "OUT/y.csv"],
        "peach, seeds": ["peach", "deeds.seed", "--load", DEEDS, "--seed", "3", *map(str, range(60))],
    }


def result_of(launcher, arguments):
    folder = tempfile.mkdtemp(dir=".")
    arguments = [a.replace("OUT", folder) for a in arguments]
    done = run(*launcher, MLTOOL, "-q", *arguments)
    return done.returncode, done.stdout, words(done), read_all(folder)


def test_bytes():
    fit = run(MLTOOL, "-q", "train", data("breast_cancer.csv"), "--id", "", "--target", "y", "--model", "logistic",
              "-o", "model.json")
    check(fit.returncode == 0, f"no model: {words(fit)}")
    for name, arguments in commands().items():
        serial = result_of([], arguments)
        check(serial[0] == 0, f"{name}: {serial[2]}")
        ranks = result_of([*MPIRUN, *RANKS], arguments)
        check(ranks == serial, f"{name}: ranks give something else: {ranks[0]}, {ranks[2]}")


def test_pipeline():
    write("pipeline.json", json.dumps({
        "schema": 1, "command": "train", "input": data("diabetes.csv"), "target": "y", "model": "ridge",
        "grid": ["alpha=0.1,1,10"], "run-dir": "RUN"}))
    folders = []
    for launcher in ([], [*MPIRUN, *RANKS]):
        done = run(*launcher, MLTOOL, "-q", "run", "pipeline.json")
        check(done.returncode == 0, f"run: {done.returncode}, {words(done)}")
        folders.append(os.path.isdir("RUN") and {k: v for k, v in read_all("RUN").items() if k.endswith(".json")})
        shutil.rmtree("RUN", ignore_errors=True)
    check(folders[0] and folders[0].keys() == folders[1].keys(), "run: other files")


def test_python():
    write("roots.py", "def root(x):\n    return x ** 0.5\n")
    serial = run(MLTOOL, "peach", "roots.root", "--load", "./roots.py", "4", "9", PYTHONDONTWRITEBYTECODE="1")
    if serial.returncode == 2:
        print("skipped: no functions in Python")
        return
    ranks = on_ranks("peach", "roots.root", "--load", "./roots.py", "4", "9", PYTHONDONTWRITEBYTECODE="1")
    check((ranks.returncode, ranks.stdout) == (0, serial.stdout), f"Python: {ranks.returncode}, {words(ranks)}")


def test_pipe_in():
    """Arguments from a pipe that pauses: results of those that are there come meanwhile."""
    command = [*MPIRUN, *RANKS, MLTOOL, "peach", "deeds.nap", "--load", DEEDS, "--args", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as process:
        process.stdin.write(b"1\n2\n3\n")
        process.stdin.flush()
        first = [process.stdout.readline() for _ in range(3)]
        out, _ = process.communicate(b"4\n", timeout=LIMIT)
        check(first == [b"1\n", b"2\n", b"3\n"] and out == b"4\n", f"a pipe: {first}, {out}")


# ---- what fails ----------------------------------------------------------------------------------


def test_failures():
    numbers = [str(i) for i in range(30)]
    for function, code in (("bad", 1), ("die", 4)):
        command = ["-q", "peach", f"deeds.{function}", "--load", DEEDS, *numbers]
        local = run(MLTOOL, *command, "-s", "2", "-p", "0")
        ranks = on_ranks(*command)
        plain = [[re.sub(r"worker \d+ \(pid \d+\)", "worker", line) for line in words(d)] for d in (local, ranks)]
        check(ranks.returncode == local.returncode == code, f"{function}: exit code {ranks.returncode}")
        check(plain[0] == plain[1], f"{function}: {plain[1]} in place of {plain[0]}")
    both = [run(*launcher, MLTOOL, "-q", "peach", "deeds.bad", "--load", DEEDS, "--on-error", "continue", *numbers)
            for launcher in (["env"], [*MPIRUN, *RANKS])]
    numbered = [[line for line in d.stdout.splitlines() if b"error" not in line] for d in both]
    check(numbered[0] == numbered[1] and len(numbered[0]) == 27, "errors that are records: other results")


def test_usage():
    cases = {
        "not launched": (run(MLTOOL, "fresh", "series.csv", "--engine", "mpi"), 2, "no launcher"),
        "mistake": (on_ranks("fresh", "series.csv", "--nonsense"), 2, "unknown option"),
        "malformed": (on_ranks("fresh", "odd.csv", "--id", "id", "--sort", "time"), 3, "odd.csv:3"),
        "no plugin": (on_ranks("fresh", "series.csv", MLTOOL_PLUGINS=os.path.abspath("empty")), 2, "libml-mpi.so"),
    }
    if os.path.exists("/usr/bin/env"):
        command = [MLTOOL, "fresh", "series.csv"]
        done = run(*MPIRUN, "-n", "1", *command, ":", "-n", "1", "/usr/bin/env", "MLTOOL=/nowhere", *command)
        cases["a rank without a pool"] = (done, done.returncode or 1, "rank 1 on ")
    for name, (done, code, text) in cases.items():
        said = words(done)
        check(done.returncode == code and len(said) == 1 and text in said[0], f"{name}: {done.returncode}, {said}")
    done = on_ranks("-q", "fresh", "series.csv", "--params", "minimal", "-o", "local.csv", "--engine", "local",
                    ranks=["-n", "1"], MLTOOL_PLUGINS=os.path.abspath("empty"))
    check(done.returncode == 0, f"--engine local without the plugin: {words(done)}")


def test_workers():
    done = on_ranks("peach", "deeds.launched", "--load", DEEDS, *"123456", "-s", "2", "-p", "0")
    check(set(done.stdout.split()) == {b"0"}, f"variables of the launcher reach workers: {done.stdout}")
    done = on_ranks("peach", "deeds.parent", "--load", DEEDS, *map(str, range(40)))
    check(len(set(done.stdout.split())) == 3, f"not every rank has worked: {done.stdout}")


# ---- losses --------------------------------------------------------------------------------------


def processes():
    """Of this test: pid to (parent, what it is)."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                env = file.read().decode(errors="replace").split("\0")
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                state, parent = file.read().rsplit(")", 1)[1].split()[:2]
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                name = file.read().split(b"\0")
        except OSError:
            continue
        if MARK in env and state not in "ZX" and name[0]:
            found[int(pid)] = (int(parent), "worker" if b"worker" in name[1:2] else rank_of(env))
    return found


def rank_of(env):
    return next((line.split("=")[1] for line in env if line.startswith("OMPI_COMM_WORLD_RANK=")), "launcher")


def find_victim(kind, launcher):
    """A worker, a rank ("rank 1") or its guard ("guard 1"), which is its parent, or the launcher."""
    if kind == "launcher":
        return launcher
    here = processes()
    for pid, (parent, what) in sorted(here.items()):
        is_rank = what == kind[-1] and here.get(parent, (0, ""))[1] == what
        is_guard = what == kind[-1] and parent == launcher
        if what == kind or (kind[:4] == "rank" and is_rank) or (kind[:5] == "guard" and is_guard):
            return pid
    return None


def wait_until_gone():
    end = time.monotonic() + 20
    while processes() and time.monotonic() < end:
        time.sleep(0.05)
    return not processes()


LONG = [str(i) for i in range(400)]


def lose(kind, moment, expected):
    write("old.txt", "old\n")
    command = [*MPIRUN, *RANKS, MLTOOL, "-q", "peach", "deeds.nap", "--load", DEEDS, "-o", "old.txt", *LONG]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        end = time.monotonic() + LIMIT
        while len(processes()) < 10 and time.monotonic() < end and process.poll() is None:
            time.sleep(0.02)
        time.sleep(moment)
        victim = find_victim(kind, process.pid)
        if victim:
            os.kill(victim, signal.SIGKILL)
        out, err = process.communicate(timeout=LIMIT)
    said = [line for line in err.decode().splitlines() if line.startswith("mltool: ")]
    check(victim, f"{kind}: not found")
    check(process.returncode in expected, f"{kind}, {moment:.2f} s: exit code {process.returncode}, {said}")
    check(wait_until_gone(), f"{kind}, {moment:.2f} s: left {processes()}")
    left = [name for name in os.listdir(".") if name.startswith(".old.txt")]
    check(not left or kind in ("rank 0", "guard 0", "launcher"), f"{kind}: left {left}")
    for name in left:
        os.remove(name)
    with open("old.txt", encoding="ascii") as file:
        text = file.read()
    whole = "".join(f"{i}\n" for i in LONG)
    check(text == whole if process.returncode == 0 else text in ("old\n", whole), f"{kind}: half an output")
    return said, out


def test_log():
    """What is told of each item, and a run that goes on with the rest."""
    on_ranks("-q", "peach", "deeds.nap", "--load", DEEDS, "--joblog", "log", *map(str, range(20)))
    with open("log", encoding="utf-8") as file:
        lines = file.read().splitlines()
    with open("log", "w", encoding="utf-8") as file:
        file.write("\n".join(lines[:10]) + "\n")
    done = on_ranks("-q", "peach", "deeds.nap", "--load", DEEDS, "--resume", "log", *map(str, range(20)))
    check(len(lines) >= 20, f"a log of {len(lines)} lines")
    check(done.returncode == 0 and done.stdout, f"--resume: {done.returncode}, {words(done)}")


def test_losses():
    rng = random.Random(SEED)
    for kind, codes in (("worker", (0,)), ("rank 1", (4,)), ("rank 0", (4,)), ("guard 2", (137,)),
                        ("launcher", (-9,))):
        said, _ = lose(kind, rng.uniform(0, 0.6), codes)
        if kind.startswith("rank"):
            check(len(said) == 1 and f"{kind} of 3" in said[0] and "was lost: signal 9" in said[0], f"{kind}: {said}")


def test_resume():
    """A run that a loss has ended goes on where it was."""
    search = ["xval", data("diabetes.csv"), "--target", "y", "--model", "random_forest", "--set", "n_estimators=40",
              "--grid", "max_depth=2,4,6,8", "--cv", "kfold:5"]
    whole = run(MLTOOL, "-q", *search)
    command = [*MPIRUN, *RANKS, MLTOOL, "-q", *search, "--checkpoint", "fits"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()) as process:
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and process.poll() is None:
            if os.path.exists("fits") and os.path.getsize("fits") > 400:
                break
            time.sleep(0.01)
        victim = find_victim("rank 1", process.pid)
        if victim:
            os.kill(victim, signal.SIGKILL)
        process.wait(timeout=LIMIT)
    wait_until_gone()
    done = on_ranks("-q", *search, "--checkpoint", "fits")
    check(whole.returncode == 0 and done.stdout == whole.stdout, f"resumed: other bytes: {words(done)}")


# ---- three hosts ---------------------------------------------------------------------------------


def hosts_up(nets):
    sh = ["set -e", "ip netns add $H", "ip -n $H link add br0 type bridge", "ip -n $H link set br0 up"]
    for i, net in enumerate(nets, 1):
        sh += [f"ip netns add {net}", f"ip link add v{i} netns {net} type veth peer name p{i} netns $H",
               f"ip -n $H link set p{i} master br0 up", f"ip -n {net} addr add 10.77.0.{i}/24 dev v{i}",
               f"ip -n {net} link set v{i} up", f"ip -n {net} link set lo up"]
    return subprocess.run(["sh", "-c", "\n".join(sh).replace("$H", f"{nets[0]}h")], capture_output=True, check=False)


def hosts_down(nets):
    for net in [*nets, f"{nets[0]}h"]:
        subprocess.run(["ip", "netns", "del", net], capture_output=True, check=False)


def test_hosts():
    nets = [f"mlt{os.getpid()}x{i}" for i in range(3)]
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
        print("skipped: network namespaces need root and iproute2")
        return
    up = hosts_up(nets)
    try:
        if up.returncode:
            print(f"skipped: no network namespaces: {up.stderr.decode().strip()}")
        else:
            run_on_hosts(nets)
    finally:
        hosts_down(nets)


def run_on_hosts(nets):
    here = os.getcwd()
    names = "127.0.0.1 localhost\n" + "".join(f"10.77.0.{i} {net}\n" for i, net in enumerate(nets, 1))
    write("names", names)
    # Each has a name and names of hosts of its own, as machines have.
    write("agent", "#!/bin/sh\nh=$1; shift\nexec ip netns exec $h unshare --uts --mount sh -c "
          f"\"mount --bind {here}/names /etc/hosts; hostname $h; cd {here}; $*\"\n")
    os.chmod("agent", 0o755)
    write("hosts", "".join(f"{net} slots=1\n" for net in nets))
    mpirun = (f"{' '.join(MPIRUN)} --hostfile hosts --mca plm_rsh_agent {here}/agent --mca btl self,tcp "
              "--mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 -n 3 "
              f"-x {MARK.split('=')[0]} {MLTOOL} ")
    done = run(f"{here}/agent", nets[0], f"{mpirun} peach deeds.host --load {DEEDS} {' '.join(map(str, range(40)))}")
    found = set(done.stdout.decode().replace('"', "").split())
    check(found == set(nets), f"hosts: {done.returncode}, worked on {found}: {done.stderr.decode()}")
    serial = run(MLTOOL, "-q", "fresh", "series.csv")
    done = run(f"{here}/agent", nets[0], f"{mpirun} -q fresh series.csv")
    check(done.stdout == serial.stdout, f"hosts: other bytes: {done.returncode}, {done.stderr.decode()}")


def main():
    if not shutil.which("mpirun"):
        print("skipped: no mpirun (openmpi-bin)")
        return 77
    if not os.path.exists(os.path.join(PLUGINS, "libml-mpi.so")):
        print("skipped: libml-mpi.so was not built (libopenmpi-dev)")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.mkdir("empty")
        make_series()
        write("odd.csv", "id,time,x\n1,1,1\n1,oh,1\n")
        for test in (test_bytes, test_pipeline, test_python, test_pipe_in, test_failures, test_usage, test_workers,
                     test_log, test_losses, test_resume, test_hosts):
            start = time.monotonic()
            test()
            print(f"{test.__name__}: {time.monotonic() - start:.1f} s", flush=True)
        os.chdir("/")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
