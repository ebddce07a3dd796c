#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs programs that people use, natively and on the virtual device, and writes a table of what came of it.

    tests/programs/run.py --install                       all of them, once; installs what they need
    tests/programs/run.py --repeat 20 --only 'ffmpeg|opencv'
    tests/programs/run.py --table docs/programs.md        replaces the rows of the programs that ran

Each program runs natively once, and must succeed. Then it runs on the virtual device as often as asked, as a library
in the place of libOpenCL.so.1 and as an ICD behind the loader, and each run must print the same and end the same.
"""

import argparse
import dataclasses
import datetime
import functools
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from compare import command_of, difference, run, run_alone  # noqa: E402  # pylint: disable=wrong-import-position

BUILD = ROOT / "build/programs"
WAYS = ("library", "icd")
BEGIN = "<!-- table -->"
HEAD = ("| program | native | as a library | as an ICD | day, commit |", "|---|---|---|---|---|")


@dataclasses.dataclass(frozen=True)
class Program:
    """One program and the Debian packages that it needs."""

    name: str
    path: pathlib.Path
    packages: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    ways: tuple[str, ...] = WAYS
    installer: tuple[str, ...] = ()  # a command, for what is no Debian package

    def is_there(self):
        return self.path.exists()


def programs():
    found = [
        Program("clpeak", HERE.parent / "e2e/clpeak.sh", ("clpeak",)),
        Program("hashcat", HERE.parent / "e2e/hashcat.sh", ("hashcat", "hashcat-data")),
        Program("clFFT", HERE / "clfft.sh", ("clfft-client",)),
        Program("FFmpeg's filters", HERE / "ffmpeg.sh", ("ffmpeg",)),
        Program("OpenCV's T-API", HERE / "opencv.py", ("python3-opencv",)),
        Program("libgpuarray", HERE / "gpuarray.py", ("python3-pygpu", "python3-numpy")),
        Program("ViennaCL", HERE / "viennacl.cc", ("libviennacl-dev", "libboost-dev")),
        Program("Boost.Compute", HERE / "boost_compute.cc", ("libboost-dev",)),
    ]
    for script in sorted((HERE.parent / "e2e/python").glob("*.py")):
        found.append(Program(f"pyopencl: {script.stem}", script, ("python3-pyopencl", "python3-numpy")))
    suite, place = HERE / "pyopencl_suite.sh", str(BUILD / "pyopencl")
    for files in (("test_wrapper.py", "test_enqueue_copy.py", "test_arrays_in_structs.py"),
                  ("test_clmath.py", "test_clrandom.py"), ("test_array.py",), ("test_algorithm.py",)):
        name = " ".join(file.removeprefix("test_").removesuffix(".py") for file in files)
        found.append(Program(f"pyopencl's own tests, from PyPI: {name}", suite, ("python3-venv",), ("run", place, *files),
                             ways=("icd",), installer=(str(suite), "install", place)))
    for test in sorted(pathlib.Path("/usr/bin").glob("clblast_test_*")):
        found.append(Program(f"CLBlast: {test.name.removeprefix('clblast_test_')}", test, ("clblast-tests",)))
    return found


def install(chosen):
    packages = sorted({package for program in chosen for package in program.packages} | {"clblast-tests"})
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=True,
                   env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
    for installer in sorted({program.installer for program in chosen if program.installer}):
        subprocess.run(installer, check=True)


def chosen_of(options):
    return [program for program in programs() if re.search(options.only, program.name)]


def missing_packages(program):
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", ""]
    return [name for name in program.packages
            if subprocess.run(query[:-1] + [name], capture_output=True, text=True).stdout != "installed"]


def built(program, directory):
    """The program to run: a C++ source is compiled first."""
    if program.path.suffix != ".cc":
        return program.path
    binary = pathlib.Path(directory) / program.path.stem
    subprocess.run(["g++", "-O1", "-w", "-DCL_TARGET_OPENCL_VERSION=120", "-DBOOST_COMPUTE_HAVE_THREADS",
                    str(program.path), "-o", str(binary), "-lOpenCL", "-pthread"], check=True)
    return binary


@dataclasses.dataclass
class Result:
    """What came of one program: seconds, and how many runs were right."""

    name: str
    native: float = 0.0
    virtual: dict = dataclasses.field(default_factory=dict)  # way -> (right, runs, median seconds)
    problem: str = ""

    def row(self):
        if self.problem:
            return f"| {self.name} | {self.problem} | | | {origin()} |"
        cells = [self.cell(way) for way in WAYS]
        return f"| {self.name} | {self.native:.1f} s | {' | '.join(cells)} | {origin()} |"

    def cell(self, way):
        if way not in self.virtual:
            return "brings a loader of its own"
        right, runs, seconds = self.virtual[way]
        return f"{right} of {runs} the same, {seconds:.1f} s"

    def is_right(self):
        return not self.problem and all(right == runs for right, runs, _ in self.virtual.values())


def examine(program, options, directory):
    result = Result(program.name)
    lacking = missing_packages(program)
    if lacking or not program.is_there():
        result.problem = f"not installed: {' '.join(lacking)}"
        return result
    path = built(program, directory)
    command = command_of(path) + list(program.arguments)
    native = run_alone(path, command, options.timeout)
    result.native = native.seconds
    if native.status != 0:
        result.problem = f"fails natively: {native.ending()}"
        return result
    for way in program.ways:
        launcher = [str(options.bin / "ava"), "run", "--via", way, "--"]
        runs = [run(launcher + command, options.timeout) for _ in range(options.repeat)]
        wrong = [one for one in runs if not one.same_as(native)]
        if wrong:
            print(difference(native, wrong[0]), flush=True)
        result.virtual[way] = (len(runs) - len(wrong), len(runs), statistics.median(one.seconds for one in runs))
    return result


@functools.cache
def origin():
    """The day and the commit that a row speaks of; with a + if anything but the documents was changed since."""
    def git(*words):
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True).stdout.strip()
    changed = "+" if git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs") else ""
    return f"{datetime.date.today()}, {git('rev-parse', '--short', 'HEAD')}{changed}"


def update_table(path, results):
    """Puts the results' rows in the place of the older ones of the same programs, in the order of `programs()`."""
    text, _, old = path.read_text().partition(BEGIN)
    rows = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ") and not line.startswith(HEAD[0][:10])}
    rows |= {result.name: result.row() for result in results}
    order = {program.name: place for place, program in enumerate(programs())}
    lines = [*HEAD, *(rows[name] for name in sorted(rows, key=lambda name: order.get(name, len(order))))]
    path.write_text(f"{text}{BEGIN}\n\n" + "\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--repeat", type=int, default=1, help="runs each way")
    parser.add_argument("--only", default="", help="names that this regular expression finds")
    parser.add_argument("--timeout", type=float, default=1500.0, help="seconds for one run")
    parser.add_argument("--install", action="store_true", help="install the programs first (as root)")
    parser.add_argument("--table", type=pathlib.Path, help="a Markdown file, in whose table the rows of what ran are replaced")
    options = parser.parse_args()
    if options.install:
        install(chosen_of(options))
    chosen = chosen_of(options)  # again: CLBlast's tests are found once they are installed
    results = []
    with tempfile.TemporaryDirectory() as directory:
        for program in chosen:
            results.append(examine(program, options, directory))
            print(results[-1].row(), flush=True)
            if options.table is not None:
                update_table(options.table, results)
    wrong = [result.name for result in results if not result.is_right()]
    print(f"{len(results)} programs, {len(results) - len(wrong)} the same" + "".join(f", not {name}" for name in wrong))
    return 1 if wrong or not results else 0


if __name__ == "__main__":
    sys.exit(main())
