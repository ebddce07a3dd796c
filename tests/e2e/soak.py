#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many programs at once, again and again, each to its right result.

    tests/e2e/soak.py                              100 rounds of 50 programs: 4 minutes on a quiet machine of 2 cores
    tests/e2e/soak.py --rounds 2 --at-once 8       what ctest does

A round starts all its programs in the same moment, under one manager, and waits for all. The first of
them has eight threads on one context; the others take turns. Each must print what it prints natively,
and end the same. Ways in (library, loader) alternate. Exit status: 0 when every run was right.
"""

import argparse
import itertools
import pathlib
import sys
import tempfile
import threading
import time

from compare import Run, difference, run

THREADS = "thread_storm"
OTHERS = ("victim", "transfers", "events", "maps", "kernel_args", "buffers", "shared_queue")
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


class Soak:
    """One manager, and what its programs should print."""

    def __init__(self, options, socket):
        self.options = options
        self.ava = [str(options.bin / "ava"), "run", "--socket", socket, "--via"]
        self.right = {}
        self.ways = itertools.cycle(("library", "icd"))
        self.others = itertools.cycle(OTHERS)
        self.runs = 0
        self.failures = 0
        self.longest = 0.0

    def program(self, name):
        return str(self.options.bin / "e2e" / name)

    def learn(self):
        """Runs each program natively. False: one of them fails already."""
        for name in (THREADS, *OTHERS):
            self.right[name] = run([self.program(name)], self.options.timeout)
            if self.right[name].status != 0:
                print(f"{name} fails natively: {self.right[name].ending()}")
                return False
        return True

    def round(self, number):
        """Starts its programs together; reports those that went wrong."""
        names = [THREADS] + [next(self.others) for _ in range(self.options.at_once - 1)]
        commands = [self.ava + [next(self.ways), "--", self.program(name)] for name in names]
        results = [None] * len(names)
        together = threading.Barrier(len(names))

        def one(index):
            together.wait()
            results[index] = run(commands[index], self.options.timeout)

        start = time.monotonic()
        threads = [threading.Thread(target=one, args=(index,)) for index in range(len(names))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.count(number, names, results, time.monotonic() - start)

    def count(self, number, names, results: list[Run], seconds):
        wrong = 0
        for name, result in zip(names, results):
            self.runs += 1
            self.longest = max(self.longest, result.seconds)
            if not result.same_as(self.right[name]):
                wrong += 1
                print(f"round {number}: {name} differs\n{difference(self.right[name], result)}")
        self.failures += wrong
        print(f"round {number}: {len(names) - wrong} right, {wrong} wrong, {seconds:.1f} s", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bin", type=pathlib.Path, default=SOURCE / "build/release/bin")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds for one run: a hang")
    return parser.parse_args()


def main():
    options = parse_arguments()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ava-soak-") as directory:
        socket = f"{directory}/avad.sock"
        soak = Soak(options, socket)
        if not soak.learn():
            return 2
        for number in range(1, options.rounds + 1):
            soak.round(number)
        run([str(options.bin / "ava"), "stop", "--socket", socket], options.timeout)
    print(
        f"{options.rounds} rounds of {options.at_once} programs: {soak.runs} runs, {soak.failures} failures, "
        f"{time.monotonic() - start:.0f} s, the longest run {soak.longest:.1f} s"
    )
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main())
