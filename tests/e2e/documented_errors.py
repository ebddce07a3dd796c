#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks documented_errors.txt against what is exported and what the error sweeps provoke natively.

    documented_errors.py --library build/release/lib/ava/guest/libOpenCL.so.1 build/release/bin/e2e/error_sweep_*

Fails when a function of the library has no line, when a line names none, when a swept error does not occur, and when one
that is said not to be provoked does.
"""

import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys

import compare

CODE = re.compile(r"\bCL_[A-Z0-9_]+\b")
SWEPT = "swept"
SWEPT_DIVISIBLE = "swept, several cores"
TIMEOUT_S = 300


def exported(library):
    output = subprocess.run(
        ["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True
    ).stdout
    names = (line.split()[-1].split("@")[0] for line in output.splitlines())
    return {name for name in names if name.startswith("cl")}


def parse_table(text):
    """{(function, error): reason} and the functions; `none` counts for its function only."""
    table, functions = {}, set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split(" | ")]
        if len(fields) != 3 or not all(fields):
            raise ValueError(f"line {number}: not 'functions | errors | reason'")
        for function in fields[0].split():
            functions.add(function)
            for error in fields[1].split():
                if (function, error) in table:
                    raise ValueError(f"line {number}: {function} has {error} twice")
                table[function, error] = fields[2]
    return table, functions


def parse_sweep(output):
    """{(function, error)} of the lines 'function | what is wrong | code | side effects'."""
    pairs = set()
    for line in output.splitlines():
        function, *rest = line.split(" | ")
        name = re.match(r"cl\w+", function)
        for field in rest[1:] if name else ():
            pairs.update((name[0], code.removeprefix("CL_")) for code in CODE.findall(field))
    return pairs


def sweep(programs):
    pairs = set()
    for program in programs:
        run = compare.run_alone(program, [program], TIMEOUT_S)
        if run.status != 0:
            sys.exit(f"{program}: {run.ending()}\n{run.output.decode(errors='replace')[-2000:]}")
        pairs |= parse_sweep(run.output.decode(errors="replace"))
    return pairs


def problems(table, functions, library, pairs, cores):
    for function in sorted(library - functions):
        yield f"{function} has no line"
    for function in sorted(functions - library - {"*"}):
        yield f"{function} is not exported"
    for (function, error), reason in sorted(table.items()):
        occurs = (function, error) in pairs
        if reason == SWEPT_DIVISIBLE and cores < 2:
            continue
        if reason.startswith(SWEPT) and not occurs:
            yield f"{function}: no sweep provokes {error}"
        if not reason.startswith(SWEPT) and occurs:
            yield f"{function}: {error} occurs, although: {reason}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = pathlib.Path(__file__).with_name("documented_errors.txt")
    parser.add_argument("--table", type=pathlib.Path, default=default)
    parser.add_argument("--library", required=True, help="whose functions must all have lines")
    parser.add_argument("sweeps", nargs="+")
    options = parser.parse_args()
    table, functions = parse_table(options.table.read_text())
    pairs = sweep(options.sweeps)
    found = list(
        problems(table, functions, exported(options.library), pairs, os.cpu_count() or 1)
    )
    for problem in found:
        print(f"{options.table}: error: {problem}")
    kinds = collections.Counter(
        "swept" if reason.startswith(SWEPT) else "not provoked"
        for (_, error), reason in table.items()
        if error != "none"
    )
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    print(f"{len(functions - {'*'})} functions; {sum(kinds.values())} documented errors: {counts}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
