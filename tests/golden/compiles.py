#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles what cava makes of a golden's spec: a guest library and a server that no compiler takes are no output.

What the specs name and would define in files of their own is in spec_code.h.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

# A guest library is compiled without these; see AvaApi.cmake.
GUEST_OPTIONS = ["-fno-exceptions", "-fno-rtti"]
OPTIONS = ["-std=c++23", "-fsyntax-only", "-D_GNU_SOURCE", "-DFMT_HEADER_ONLY=1", "-Wall", "-Wextra",
           "-Wno-missing-field-initializers", "-Werror"]


def generate(cava, folder, output):
    """Writes the files of folder/spec.lapis, and returns the API's name, which is the folder's."""
    spec = ["spec.lapis", "--root", str(folder)]
    subprocess.run([cava, "build", *spec, "-o", str(output / folder.name)], check=True)
    return folder.name


def compiles(compiler, source, folder, includes, options):
    command = [compiler, *OPTIONS, *options, "-include", str(folder.parent / "spec_code.h"), f"-I{folder}"]
    command += [f"-I{include}" for include in includes] + [str(source)]
    return subprocess.run(command, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cava", required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("feature", help="folder of tests/golden")
    options = parser.parse_args()
    folder = pathlib.Path(__file__).resolve().parent / options.feature
    with tempfile.TemporaryDirectory() as directory:
        output = pathlib.Path(directory)
        api = generate(options.cava, folder, output)
        includes = [folder.parent.parent.parent, output]
        guest = compiles(options.compiler, output / api / "guest.cc", folder, includes, GUEST_OPTIONS)
        server = compiles(options.compiler, output / api / "server.cc", folder, includes, [])
    return 0 if guest and server else 1


if __name__ == "__main__":
    sys.exit(main())
