#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the programs of limits/ natively and virtually: as much as a device can have of everything.

    tests/e2e/limits.py                           all of them: 11 GiB of free memory, some minutes
    tests/e2e/limits.py --only many_kernels

The output must be the same, both ways in. Of memory, the program and its worker may at no time have more together than twice
what the program has natively, and SLACK_MIB for two processes in the place of one. Memory that both have is counted once.
"""

import argparse
import os
import pathlib
import re
import threading
import time

from compare import difference, programs_in, run
from manager_lib import Place, check, descendants, wait_until

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SLACK_MIB = 256
PERIOD_S = 0.2


def memory_mib(pids):
    """The proportional set size of some processes, the swapped part included."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has ended
        total += sum(int(kib) for kib in re.findall(r"^(?:Pss|SwapPss): +(\d+) kB", text, re.MULTILINE))
    return total / 1024


class Watch:
    """The largest memory that processes had together, looked at every PERIOD_S."""

    def __init__(self, find):
        self.find = find  # () -> {(pid, start time)}
        self.peak = 0.0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.done.wait(PERIOD_S):
            self.peak = max(self.peak, memory_mib(pid for pid, _ in self.find()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.done.set()
        self.thread.join()


def watched(command, find, timeout):
    with Watch(find) as watch:
        result = run(command, timeout)
    return result, watch.peak


def our_own():
    return descendants(os.getpid())


def examine(program, place, options):
    """A line about one program; Failure if anything is not as it must be."""
    command = [str(program)]
    native, native_mib = watched(command, our_own, options.timeout)
    check(native.status == 0, f"{program.name} natively: {native.ending()}\n{native.output.decode()}")
    said = [f"{program.name}: natively {native.seconds:.1f} s, {native_mib:.0f} MiB"]
    for way in ("library", "icd"):
        launcher = [str(options.bin / "ava"), "run", "--socket", place.socket, "--via", way, "--"]
        virtual, mib = watched(launcher + command, lambda: our_own() | place.snapshot()[0], options.timeout)
        check(virtual.same_as(native), f"{program.name}, {way}:\n{difference(native, virtual)}")
        most = 2 * native_mib + SLACK_MIB
        check(mib <= most, f"{program.name}, {way}: {mib:.0f} MiB of memory, more than {most:.0f}")
        said.append(f"{way} {virtual.seconds:.1f} s, {mib:.0f} MiB")
    return "; ".join(said)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=SOURCE / "build/release/bin")
    parser.add_argument("--only", default="", help="names that this regular expression finds")
    parser.add_argument("--timeout", type=float, default=1500.0, help="seconds for one run")
    options = parser.parse_args()
    chosen = [program for program in programs_in(options.bin / "limits") if re.search(options.only, program.name)]
    check(chosen, f"no program in {options.bin / 'limits'} has a name with '{options.only}': see --only, or build")
    with Place(options.bin) as place:
        place.run("avad", "--socket", place.socket)
        wait_until(lambda: place.ava("ps").returncode == 0, "the manager answers")
        for program in chosen:
            print(examine(program, place, options), flush=True)
    print(f"the same: {len(chosen)} programs")


if __name__ == "__main__":
    main()
