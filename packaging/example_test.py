#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Somebody who has only an installed AvA makes a virtual device of a library of their own: packaging/example.

    example_test.py --bin build/release/bin [TEST ...]
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
from manager_lib import Place, check, run_tests, wait_until

HERE = pathlib.Path(__file__).resolve().parent
FUNCTIONS = {"tally_create", "tally_add", "tally_sorted", "tally_summarize", "tally_release"}
NEEDED_BY_GUESTS = {"libc.so.6", "ld-linux-x86-64.so.2"}


class Outside(Place):
    """An AvA in a prefix that has been moved, and the example outside of the tree; made once, for all tests."""

    directory_of_all = None

    def __init__(self, built_bin):
        self.build = pathlib.Path(built_bin).resolve().parent
        if Outside.directory_of_all is None:
            Outside.directory_of_all = tempfile.TemporaryDirectory(prefix="ava-example-test-")
            self.make(pathlib.Path(Outside.directory_of_all.name))
        self.outside = pathlib.Path(Outside.directory_of_all.name)
        self.prefix = self.outside / "ava"
        self.example = self.outside / "example"
        super().__init__(self.prefix / "bin")

    def make(self, outside):
        outside.chmod(0o755)  # workers are other users
        first = outside / "first"
        subprocess.run(["cmake", "--install", self.build, "--prefix", first], check=True, stdout=subprocess.DEVNULL)
        first.rename(outside / "ava")
        shutil.copytree(outside / "ava/share/doc/ava-dev/examples/tally", outside / "example")

    def do(self, *command, **variables):
        run = subprocess.run([str(word) for word in command], cwd=self.example, env=os.environ | variables,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        check(run.returncode == 0, f"{command}:\n{run.stdout}")
        return run.stdout

    def start_manager(self, *settings):
        self.ava("stop")
        file = self.directory / "avad.toml"
        file.write_text("\n".join(["[worker]", *settings]) + "\n")
        # The one before may hold its lock for a little longer.
        start = ("avad", "--socket", self.socket, "--config", str(file))
        wait_until(lambda: self.run(*start).returncode == 0, "a manager starts")
        wait_until(lambda: self.ava("ps").returncode == 0, "the manager answers")

    def runs_from(self, build):
        """The program does the same natively and virtually, and its calls went through the worker."""
        program = build / "program"
        native = self.run(str(program))
        check(native.returncode == 0 and "100002 from -1.000" in native.output, native.output + native.errors)
        vendor = build / "vendor/libtally.so.1"
        self.start_manager(f'libraries = ["{build}/lib"]', f'vendor = {{ tally = "{vendor}" }}')
        stats = self.directory / "stats.json"
        environment = self.environment() | {"LD_LIBRARY_PATH": str(build / "lib/ava/guest")}
        virtual = self.ava("run", "--stats", str(stats), "--", str(program), env=environment)
        check(virtual.returncode == 0 and virtual.output == native.output, virtual.output + virtual.errors)
        check(virtual.errors == "", virtual.errors)
        called = {entry["name"] for entry in json.loads(stats.read_text())["totals"]["functions"] if entry["calls"]}
        check(called == FUNCTIONS, f"calls of {called}")


def needed_by(library):
    dynamic = subprocess.run(["readelf", "--dynamic", "--wide", library], check=True, capture_output=True, text=True)
    return {line.split("[")[1].rstrip("]") for line in dynamic.stdout.splitlines() if "(NEEDED)" in line}


def built_by_cmake(place):
    build = place.example / "by-cmake"
    if not build.exists():
        place.do("cmake", "-S", ".", "-B", build, f"-DCMAKE_PREFIX_PATH={place.prefix}")
        place.do("cmake", "--build", build)
    return build


def test_cmake_makes_it(place):
    build = built_by_cmake(place)
    check(needed_by(build / "lib/ava/guest/libtally.so.1") <= NEEDED_BY_GUESTS, "it needs no more than libc")
    tests = place.do("ctest", "--test-dir", build)
    check("tally_guest_library" in tests, tests)
    place.runs_from(build)


def test_pkg_config_makes_it(place):
    build = place.example / "by-make"
    place.do("make", f"BUILD={build}", f"CAVA={place.prefix}/bin/cava",
             PKG_CONFIG_PATH=str(place.prefix / "lib/pkgconfig"))
    place.do(place.prefix / "lib/cmake/Ava/check_guest_library.py", "--reference", build / "vendor/libtally.so.1",
             build / "lib/ava/guest/libtally.so.1")
    place.runs_from(build)


def test_installed_beside_ava_it_is_found(place):
    build = built_by_cmake(place)
    installed = place.do("cmake", "--install", build, "--prefix", place.prefix)
    for file in ("lib/ava/libava-tally-server.so", "lib/ava/guest/libtally.so.1"):
        check(f"{place.prefix}/{file}" in installed, installed)
    place.start_manager(f'vendor = {{ tally = "{build}/vendor/libtally.so.1" }}')
    virtual = place.ava("run", "--", str(build / "program"))
    check(virtual.returncode == 0 and "100002 from -1.000" in virtual.output, virtual.output + virtual.errors)
    without_ava = place.run(str(build / "program"))
    check(virtual.output == without_ava.output, without_ava.output)
    # OpenCL is still there.
    buffers = place.ava("run", "--via", "library", "--", str(place.build / "bin/e2e/buffers"))
    check(buffers.returncode == 0, buffers.errors)


def test_an_api_that_is_not_there_says_what_is_missing(place):
    build = built_by_cmake(place)
    place.start_manager(f'libraries = ["{place.directory}"]')
    environment = place.environment() | {"LD_LIBRARY_PATH": str(build / "lib/ava/guest")}
    run = place.ava("run", "--", str(build / "program"), env=environment)
    check("create: -4" in run.output, run.output)
    check(f"'libava-tally-server.so' is not in {place.directory}" in run.errors, run.errors)
    check("worker.libraries" in run.errors, run.errors)
    place.start_manager(f'libraries = ["{build}/lib"]', f'vendor = {{ tally = "{place.directory}/none.so" }}')
    run = place.ava("run", "--", str(build / "program"), env=environment)
    check(f"{place.directory}/none.so" in run.errors, run.errors)


def test_a_missing_compiler_is_named(place):
    compiler = place.prefix / "bin/cava"
    hidden = compiler.rename(place.prefix / "cava")
    try:
        run = place.run("cmake", "-S", str(place.example), "-B", str(place.example / "none"),
                        f"-DCMAKE_PREFIX_PATH={place.prefix}")
        check(run.returncode != 0 and "ava-compiler" in run.errors, run.output + run.errors)
    finally:
        hidden.rename(compiler)


def test_no_file_names_a_directory_of_the_build(place):
    prefix = place.outside / "dev"
    subprocess.run(["cmake", "--install", place.build, "--prefix", prefix, "--component", "dev", "--strip"], check=True,
                   stdout=subprocess.DEVNULL)
    for path in (path for path in prefix.rglob("*") if path.is_file()):
        for directory in (HERE.parent, place.build, prefix):
            check(str(directory).encode() not in path.read_bytes(), f"{path} names {directory}")


if __name__ == "__main__":
    sys.exit(run_tests(__doc__, globals(), Outside))
