#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs programs natively and under a launcher, and compares what they print and how they end.

    compare.py --launcher 'build/release/bin/ava run --via icd --' build/release/bin/e2e/maps
    compare.py --repeat 100 --parallel 50 --launcher '...' build/release/bin/e2e

A program is an executable, a Python script (run by /usr/bin/python3), or a folder of either. Each is
run natively once; that run must succeed. Then it is run under the launcher as often as asked, and
each of those runs must print the same and end the same. Without a launcher the program is compared
with itself, which shows whether it is fit to be compared at all. Exit status: 0 when all is equal, 1
when something differs, 2 when a native run failed.
"""

import argparse
import concurrent.futures
import dataclasses
import difflib
import fcntl
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

DIFF_LINES_MAX = 60
STDERR_BYTES_MAX = 4000
# What a sanitizer has to say of the program or of its worker counts, however the program ends.
SANITIZERS = (b"WARNING: ThreadSanitizer", b"ERROR: AddressSanitizer", b": runtime error: ")


@dataclasses.dataclass(frozen=True)
class Run:
    """How one run of a program went."""

    status: int | None  # None: it was killed for taking too long.
    output: bytes
    errors: bytes
    seconds: float

    def same_as(self, other):
        return self.status == other.status and self.output == other.output and self.is_clean()

    def is_clean(self):
        return not any(words in self.errors for words in SANITIZERS)

    def ending(self):
        if self.status is None:
            return "timed out"
        if self.status < 0:
            return f"killed by {signal.Signals(-self.status).name}"
        return f"exit status {self.status}"


def run(command, timeout_s):
    """Runs a command in a session of its own, so that a timeout ends its children too."""
    start = time.monotonic()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=timeout_s)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            status = None
    return Run(status, output, errors, time.monotonic() - start)


def run_alone(program, command, timeout_s):
    """Runs a program natively, one of its name at a time: two at once would meet in the vendor
    library's cache, where one may find what the other has half written."""
    with open(program, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return run(command, timeout_s)


def programs_in(path):
    if not path.is_dir():
        return [path]
    files = sorted(p for p in path.iterdir() if p.is_file())
    return [p for p in files if p.suffix == ".py" or os.access(p, os.X_OK)]


def command_of(program):
    interpreter = ["/usr/bin/python3"] if program.suffix == ".py" else []
    return interpreter + [str(program.resolve())]


def difference(native, virtual):
    """The two outputs as a unified diff, followed by what else differs."""
    old = native.output.decode(errors="replace").splitlines()
    new = virtual.output.decode(errors="replace").splitlines()
    lines = list(difflib.unified_diff(old, new, "native", "virtual", lineterm=""))
    if len(lines) > DIFF_LINES_MAX:
        lines = lines[:DIFF_LINES_MAX] + [f"... {len(lines) - DIFF_LINES_MAX} more lines"]
    if native.status != virtual.status:
        lines.append(f"native: {native.ending()}, virtual: {virtual.ending()}")
    errors = virtual.errors[-STDERR_BYTES_MAX:].decode(errors="replace").splitlines()
    lines += [f"virtual stderr: {line}" for line in errors]
    return "\n".join("    " + line for line in lines)


class Comparison:
    """All runs of all programs, and what came of them."""

    def __init__(self, options):
        self.options = options
        self.launcher = shlex.split(options.launcher)
        self.native_seconds = 0.0
        self.virtual_seconds = 0.0
        self.broken = []
        self.different = []

    def compare(self, program):
        command = command_of(program)
        native = run_alone(program, command, self.options.timeout)
        self.native_seconds += native.seconds
        if native.status != 0:
            self.report_broken(program, native)
            return
        with concurrent.futures.ThreadPoolExecutor(self.options.parallel) as pool:
            repeats = [
                pool.submit(run, self.launcher + command, self.options.timeout)
                for _ in range(self.options.repeat)
            ]
            self.report(program, native, [repeat.result() for repeat in repeats])

    def report_broken(self, program, native):
        self.broken.append(program.name)
        print(f"NATIVE FAILED {program.name}: {native.ending()}")
        print(native.output.decode(errors="replace")[-STDERR_BYTES_MAX:])
        print(native.errors.decode(errors="replace")[-STDERR_BYTES_MAX:], flush=True)

    def report(self, program, native, virtual):
        seconds = sum(one.seconds for one in virtual)
        self.virtual_seconds += seconds
        wrong = [one for one in virtual if not one.same_as(native)]
        if not wrong:
            mean = seconds / len(virtual)
            print(f"same {program.name}: {native.seconds:.2f} s native, {mean:.2f} s", flush=True)
            return
        self.different.append(program.name)
        print(f"DIFFERENT {program.name}: {len(wrong)} of {len(virtual)} runs")
        print(difference(native, wrong[0]), flush=True)

    def summary(self, count):
        same = count - len(self.broken) - len(self.different)
        print(
            f"{count} programs: {same} the same, {len(self.different)} different, "
            f"{len(self.broken)} failed natively; {self.native_seconds:.1f} s native, "
            f"{self.virtual_seconds:.1f} s in {self.options.repeat} runs each"
        )
        for label, names in (("different", self.different), ("failed natively", self.broken)):
            if names:
                print(f"{label}: {' '.join(names)}")

    def exit_status(self):
        if self.broken:
            return 2
        return 1 if self.different else 0


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--launcher", default="", help="what to put in front of the program")
    parser.add_argument("--repeat", type=int, default=1, help="runs under the launcher")
    parser.add_argument("--parallel", type=int, default=1, help="how many of them at once")
    parser.add_argument("--timeout", type=float, default=400.0, help="seconds for one run")
    parser.add_argument("--without", default="", help="comma-separated names to leave out")
    parser.add_argument("program", nargs="+", type=pathlib.Path)
    return parser.parse_args()


def main():
    options = parse_arguments()
    left_out = set(options.without.split(","))
    programs = [
        program
        for path in options.program
        for program in programs_in(path)
        if program.stem not in left_out
    ]
    comparison = Comparison(options)
    for program in programs:
        comparison.compare(program)
    comparison.summary(len(programs))
    return comparison.exit_status()


if __name__ == "__main__":
    sys.exit(main())
