#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What 'cmake --install' puts into a prefix is complete, and works there.

    install_test.py --bin build/release/bin [TEST ...]
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
from manager_lib import Place, check, run_tests, wait_until

COMPONENTS = {
    "runtime": {
        "bin/ava",
        "bin/avad",
        "etc/ava/avad.toml",
        "lib/ava/ava-worker",
        "lib/ava/libava-opencl-server.so",
        "lib/systemd/system/avad.service",
        "lib/systemd/system/avad.socket",
        "share/ava/diff/clinfo.allow",
        "share/bash-completion/completions/ava",
        "share/doc/ava-runtime/copyright",
        "share/man/man1/ava.1",
        "share/man/man5/avad.toml.5",
        "share/man/man8/avad.8",
    },
    "guest": {
        "etc/OpenCL/vendors/ava.icd",
        "lib/ava/ava.icd",
        "lib/ava/guest/libOpenCL.so",
        "lib/ava/guest/libOpenCL.so.1",
        "lib/ava/guest/libOpenCL.so.1.0.0",
        "lib/ava/guest/libava-opencl-icd.so",
        "share/doc/ava-guest/copyright",
    },
    "compiler": {
        "bin/cava",
        "share/ava/specs/opencl/both.h",
        "share/ava/specs/opencl/guest.cc",
        "share/ava/specs/opencl/opencl.lapis",
        "share/ava/specs/opencl/opencl_ava.h",
        "share/ava/specs/opencl/server.cc",
        "share/bash-completion/completions/cava",
        "share/doc/ava-compiler/copyright",
        "share/man/man1/cava.1",
    },
    "dev": {
        "lib/cmake/Ava/AvaApi.cmake",
        "lib/cmake/Ava/AvaConfig.cmake",
        "lib/cmake/Ava/AvaConfigVersion.cmake",
        "lib/cmake/Ava/check_guest_library.py",
        "lib/libava-guest-runtime.a",
        "lib/libava-worker-runtime.a",
        "lib/pkgconfig/ava-guest-runtime.pc",
        "lib/pkgconfig/ava-worker-runtime.pc",
        "share/doc/ava-dev/copyright",
        "share/doc/ava-dev/examples/tally/CMakeLists.txt",
        "share/doc/ava-dev/examples/tally/Makefile",
        "share/doc/ava-dev/examples/tally/README.md",
        "share/doc/ava-dev/examples/tally/program.c",
        "share/doc/ava-dev/examples/tally/tally.lapis",
        "share/doc/ava-dev/examples/tally/vendor/tally.c",
        "share/doc/ava-dev/examples/tally/vendor/tally.h",
        "share/doc/ava-dev/examples/tally/vendor/tally.map",
    },
}


def install(build, prefix, *options):
    subprocess.run(["cmake", "--install", build, "--prefix", prefix, *options], check=True,
                   stdout=subprocess.DEVNULL)


def files_below(directory):
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}


def headers_below(directory):
    """What generated code includes; a test below tells whether they are all there."""
    return {file for file in files_below(directory) if file.startswith("include/ava/")}


class Installed(Place):
    """A place whose programs are installed ones; they are gone with it."""

    def __init__(self, built_bin):
        self.build = pathlib.Path(built_bin).resolve().parent
        self.program = self.build / "bin/e2e/buffers"
        self.installed = pathlib.Path(tempfile.mkdtemp(prefix="ava-install-test-"))
        self.installed.chmod(0o755)  # workers are other users
        self.prefix = self.installed / "prefix"
        install(self.build, self.prefix)
        super().__init__(self.prefix / "bin")

    def __exit__(self, *unused):
        super().__exit__(*unused)
        shutil.rmtree(self.installed)

    def runs(self, via):
        native = self.run(str(self.program))
        run = self.ava("run", "--via", via, "--", str(self.program))
        check(run.returncode == native.returncode == 0, run.errors + native.errors)
        check(run.output == native.output, run.output)


def test_each_component_has_its_files_and_no_others(place):
    for component, files in COMPONENTS.items():
        prefix = place.installed / component
        install(place.build, prefix, "--component", component)
        headers = headers_below(prefix)
        check(bool(headers) == (component == "dev"), f"{component}: {headers}")
        found = files_below(prefix) - headers
        check(found == files, f"{component}: missing {files - found}, not expected {found - files}")


def test_all_is_the_sum_of_the_components(place):
    found = files_below(place.prefix) - headers_below(place.prefix)
    check(found == set().union(*COMPONENTS.values()), "another component")


def test_the_headers_need_no_others_and_no_tests(place):
    for file in headers_below(place.prefix):
        check("fake_" not in file and "test" not in file, file)
        includes = re.findall(r'^#include [<"](.*)[>"]', (place.prefix / file).read_text(), re.MULTILINE)
        for include in includes:
            ours = include.startswith("ava/")
            check(ours == ("/" in include and not include.startswith("sys/")), f"{file} includes {include}")
            check(not ours or (place.prefix / "include" / include).is_file(), f"{file} includes {include}")


def test_programs_run_both_ways_in(place):
    place.runs("library")
    place.runs("icd")


def test_the_icd_file_names_an_installed_library(place):
    for file in ("etc/OpenCL/vendors/ava.icd", "lib/ava/ava.icd"):
        library = (place.prefix / file).read_text().strip()
        check(library == f"{place.prefix}/lib/ava/guest/libava-opencl-icd.so", library)
        check(pathlib.Path(library).is_file(), f"{library} is there")


def test_a_loader_without_manager_finds_no_platform_of_ours(place):
    environment = dict(os.environ) | {"AVA_URL": "unix:" + str(place.directory / "nobody"),
                                      "OCL_ICD_VENDORS": str(place.prefix / "etc/OpenCL/vendors")}
    devices = place.run("ava", "list-opencl", env=environment)
    check(devices.returncode == 0 and "AvA" not in devices.output, devices.output + devices.errors)


def test_the_doctor_misses_nothing_of_ours(place):
    doctor = place.ava("doctor")
    for what in (f"{place.prefix}/lib/ava/guest/libOpenCL.so.1", f"{place.prefix}/lib/ava/ava.icd",
                 f"{place.prefix}/lib/ava/libava-opencl-server.so", "avad and ava-worker are there"):
        check(what in doctor.output, doctor.output)


def test_diff_finds_its_rules_and_keeps_our_icd_out_of_the_native_run(place):
    if shutil.which("clinfo") is not None:
        vendors = place.directory / "vendors"
        vendors.mkdir()
        for file in (*pathlib.Path("/etc/OpenCL/vendors").glob("*.icd"), place.prefix / "lib/ava/ava.icd"):
            shutil.copy(file, vendors)
        environment = place.environment() | {"OCL_ICD_VENDORS": str(vendors), "AVA_URL": "unix:" + place.socket}
        place.ava("devices")  # starts the manager
        both = place.run("clinfo", "-l", env=environment)
        check(both.output.count("Platform #") == 2, both.output)
        diff = place.ava("diff", "--via", "library", "--", "clinfo", env=environment)
        check(diff.returncode == 0, diff.output + diff.errors)


def test_the_compiler_compiles_the_spec_that_comes_with_it(place):
    spec = place.prefix / "share/ava/specs/opencl/opencl.lapis"
    output = place.directory / "generated"
    cava = place.run("cava", "build", "--root", str(place.prefix / "share/ava"), "-o", str(output), str(spec))
    check(cava.returncode == 0, cava.errors)
    check((output / "guest.cc").stat().st_size > 0, "guest.cc")


def test_settings_of_the_prefix_hold_for_roots_manager(place):
    if not place.root:
        return
    file = place.prefix / "etc/ava/avad.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = file.read_bytes() if file.exists() else None
    file.write_text("[sessions]\nmax = 0\n")
    try:
        refused = place.run("avad", "--foreground", "--socket", place.socket, timeout=60)
        check(refused.returncode != 0 and "avad.toml:2:7" in refused.errors, refused.errors)
    finally:
        file.unlink()
        if kept is not None:
            file.write_bytes(kept)


def test_the_unit_starts_the_installed_manager(place):
    unit = (place.prefix / "lib/systemd/system/avad.service").read_text()
    check(f"ExecStart={place.prefix}/bin/avad --foreground\n" in unit, unit)


def test_what_befalls_one_worker_does_not_end_the_unit(place):
    unit = (place.prefix / "lib/systemd/system/avad.service").read_text().splitlines()
    check("OOMPolicy=continue" in unit, "a worker may be killed for memory")
    check("TasksMax=infinity" in unit, "the workers together have as many processes as each may have")


def start_activated(place, listener):
    """avad, as systemd starts it: the socket is descriptor 3."""
    script = f'exec 3<&{listener.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --foreground'
    return place.start("bash", "-c", script, str(place.bin / "avad"), pass_fds=[listener.fileno()],
                       stderr=subprocess.PIPE)


def test_a_passed_socket_outlives_its_managers(place):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(place.socket)
        listener.listen()
        with start_activated(place, listener) as first:
            place.runs("library")
            check(place.manager()["pid"] != first.pid, "the keeper is the parent")
            check(place.ava("stop").returncode == 0, "stop")
            check(first.wait(timeout=60) == 0, first.stderr.read())
        check(os.path.exists(place.socket), "the socket's file stays")
        early = place.start_ava("devices", stdout=subprocess.PIPE, text=True)
        with start_activated(place, listener) as second:
            output = early.communicate(timeout=60)[0]
            check(early.returncode == 0, f"a guest that came before its manager: {output}")
            second.terminate()
            check(second.wait(timeout=60) == 0, second.stderr.read())
        check(os.path.exists(place.socket), "the socket's file stays after SIGTERM, too")
        wait_until(lambda: not place.session_files(), "no session is left")


if __name__ == "__main__":
    sys.exit(run_tests(__doc__, globals(), Installed))
