#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A program that uses all of the toy library: the same natively and virtually, and with the library's faults switched on.

    toy.py --bin build/release/bin --vendor .../libtoy.so.1 --guest .../lib/ava/guest --program .../toy_program [TEST ...]
"""

import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from compare import SANITIZERS  # noqa: E402  # pylint: disable=wrong-import-position
from manager_lib import Failure, Place, check, wait_until  # noqa: E402  # pylint: disable=wrong-import-position

HEADER = pathlib.Path(__file__).resolve().parent.parent.parent / "specs/toy/toy.h"
# Answered in the guest: local, without effect, or refused.
NOT_CALLED = {"toyFindFunction", "toyStatusText", "toyRetainDevice", "toyReleaseDevice", "toyLaunchFunction"}


class Toy:
    """The toy's library, its virtual one, and the program; with a manager that knows both."""

    def __init__(self, options):
        self.options = options

    def natively(self, *arguments, **variables):
        return subprocess.run([self.options.program, *arguments], env=os.environ | variables, capture_output=True, text=True,
                              timeout=120, check=False)

    def virtually(self, *arguments, options=(), **variables):
        with Place(self.options.bin) as place:
            config = place.directory / "avad.toml"
            libraries = self.options.guest.parent.parent
            config.write_text(f'[worker]\nlibraries = ["{libraries}"]\nvendor = {{ toy = "{self.options.vendor}" }}\n')
            place.run("avad", "--socket", place.socket, "--config", str(config))
            wait_until(lambda: place.ava("ps").returncode == 0, "the manager answers")
            environment = place.environment() | {"LD_LIBRARY_PATH": str(self.options.guest)} | variables
            run = place.ava("run", *options, "--", str(self.options.program), *arguments, env=environment, timeout=120)
            check(not any(words.decode() in run.errors for words in SANITIZERS), run.errors)
            return run


def test_same(toy):
    native = toy.natively()
    check(native.returncode == 0 and native.stderr == "", f"natively: {native.returncode}, {native.stderr}")
    check("computed 12, 34 ... 13" in native.stdout, native.stdout)
    virtual = toy.virtually()
    check(virtual.returncode == 0, f"status {virtual.returncode}: {virtual.errors}")
    check(virtual.output == native.stdout, f"natively\n{native.stdout}\nvirtually\n{virtual.output}\n{virtual.errors}")


def test_all_functions(toy):
    with tempfile.TemporaryDirectory() as directory:
        stats = pathlib.Path(directory, "stats.json")
        run = toy.virtually(options=("--stats", str(stats)))
        check(run.returncode == 0, run.errors)
        called = {entry["name"] for entry in json.loads(stats.read_text())["totals"]["functions"] if entry["calls"]}
    declared = set(re.findall(r"\b(toy[A-Z]\w*)\(", HEADER.read_text()))
    check(called == declared - NOT_CALLED, f"not called {declared - NOT_CALLED - called}, too many {called - declared}")


def test_what_is_not_virtualised_is_not_told(toy):
    program = subprocess.run(["nm", "--dynamic", "--defined-only", toy.options.guest / "libtoy.so.1"], check=True,
                             capture_output=True, text=True)
    check("toyLaunchFunction" in program.stdout and "toyResetDevice" not in program.stdout, program.stdout)


def test_a_fault_is_seen(toy):
    """Comparing is worth something: a library that writes a byte less gives another output, both ways."""
    right, wrong, virtual = toy.natively(), toy.natively(TOY_BUGS="lost-byte"), toy.virtually(TOY_BUGS="lost-byte")
    check(wrong.stdout != right.stdout, "natively the fault does not show")
    check(virtual.output == wrong.stdout, f"natively\n{wrong.stdout}\nvirtually\n{virtual.output}\n{virtual.errors}")


def test_a_failed_event(toy):
    native, virtual = (way("unlucky", TOY_BUGS="failed-event") for way in (toy.natively, toy.virtually))
    check("waited -6, asked 0, it is -8" in native.stdout, native.stdout)
    check(virtual.output == native.stdout, f"natively\n{native.stdout}\nvirtually\n{virtual.output}\n{virtual.errors}")


def test_a_crash_is_not_the_programs(toy):
    """Natively the vendor library takes the program along. Virtually its worker dies, and the program is told."""
    check(toy.natively("unlucky", TOY_BUGS="crash").returncode == -signal.SIGKILL, "natively it does not end")
    # The thread that listened to the worker has ended with it; joined or not, it is gone with the process.
    leaks = os.environ.get("TSAN_OPTIONS", "") + " report_thread_leaks=0"
    virtual = toy.virtually("unlucky", TOY_BUGS="crash", TSAN_OPTIONS=leaks)
    check(virtual.returncode == 0, f"status {virtual.returncode}: {virtual.errors}")
    check("another: -9" in virtual.output, virtual.output)


def test_slow(toy):
    virtual = toy.virtually(TOY_BUGS="slow")
    check(virtual.output == toy.natively().stdout, f"{virtual.output}\n{virtual.errors}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("bin", "vendor", "guest", "program"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("tests", nargs="*", help="names; all if none is given")
    options = parser.parse_args()
    options.guest, options.vendor = options.guest.resolve(), options.vendor.resolve()
    tests = {name.removeprefix("test_"): test for name, test in globals().items() if name.startswith("test_")}
    toy = Toy(options)
    failed = []
    for name in options.tests or tests:
        try:
            tests[name](toy)
            print(f"ok {name}", flush=True)
        except Failure as failure:
            failed.append(name)
            print(f"FAILED {name}: {failure}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
