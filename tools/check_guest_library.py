#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a guest library from the outside: what it exports, what it needs, what it is called, how big it is.

It is loaded into other people's programs. A symbol too many shadows one of theirs, one too few does not link,
and a library that it drags in meets theirs.
"""

import argparse
import os
import re
import subprocess
import sys

# ld-linux serves thread-local variables (__tls_get_addr) and is part of libc.
NEEDED_ALLOWED = {"libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


def parse_symbols(nm_output):
    """{'clFinish@@OPENCL_1.0', 'OPENCL_1.0', ...} from 'nm -D --defined-only'."""
    return {line.split()[-1] for line in nm_output.splitlines() if line.strip()}


def parse_dynamic(readelf_output):
    """({needed...}, soname or None) from 'readelf --dynamic'."""
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", readelf_output))
    soname = re.search(r"\(SONAME\).*\[(.+)\]", readelf_output)
    return needed, soname[1] if soname else None


def compare(what, expected, actual):
    for name in sorted(expected - actual):
        yield f"{what} '{name}' is missing"
    for name in sorted(actual - expected):
        yield f"{what} '{name}' should not be there"


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def problems(options):
    symbols = parse_symbols(output_of("nm", "-D", "--defined-only", options.library))
    needed, soname = parse_dynamic(output_of("readelf", "--dynamic", "--wide", options.library))

    if options.reference:
        yield from compare("symbol", parse_symbols(output_of("nm", "-D", "--defined-only", options.reference)), symbols)
        _, expected = parse_dynamic(output_of("readelf", "--dynamic", "--wide", options.reference))
        if soname != expected:
            yield f"SONAME is '{soname}', the real library's is '{expected}'"
    if options.exports:
        yield from compare("symbol", set(options.exports), symbols)
    for library in sorted(needed - NEEDED_ALLOWED):
        yield f"needs '{library}' at run time; only libc is allowed"
    size = os.path.getsize(options.library)
    if size > options.bytes_max:
        yield f"has {size} bytes, the limit is {options.bytes_max}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--reference", help="the real library: same symbols, versions and SONAME")
    parser.add_argument("--exports", nargs="+", help="the exact symbols, where there is no real library")
    parser.add_argument("--bytes-max", type=int, default=4 << 20, help="limit of the file's size")
    options = parser.parse_args()
    found = list(problems(options))
    for problem in found:
        print(f"{options.library}: error: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
