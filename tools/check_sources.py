#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what no compiler, formatter or linter sees: licence lines, header guards, TODO kinds, file length."""

import argparse
import pathlib
import re
import sys

import check_layers

LINES_MAX = 500
SPDX = "SPDX-License-Identifier: Apache-2.0"
VAGUE_TODO = re.compile(r"\b(TODO(?!\([a-z-]+\): )|FIXME|XXX)\b")


def check_text(path, text):
    """The offences of one file."""
    lines = text.splitlines()
    if not lines or SPDX not in lines[0]:
        yield f"{path}:1: error: the first line is not '// {SPDX}'"
    if path.endswith(".h") and "#pragma once" not in lines[:4]:
        yield f"{path}:2: error: no '#pragma once' below the licence line"
    if len(lines) > LINES_MAX:
        yield f"{path}:{len(lines)}: error: {len(lines)} lines, the limit is {LINES_MAX}: split it by noun"
    for number, line in enumerate(lines, 1):
        if VAGUE_TODO.search(line):
            yield f"{path}:{number}: error: a TODO says its kind: 'TODO(perf): ...'"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    layers = check_layers.Layers((root / "layers.txt").read_text(encoding="utf-8"))
    errors = [error
              for path in check_layers.source_files(root, layers)
              for error in check_text(path, (root / path).read_text(encoding="utf-8", errors="replace"))]
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
