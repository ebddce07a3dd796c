#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that what the documentation points to exists: relative links, and files and directories named in `code`."""

import argparse
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
# A path of ours: begins with a top-level directory and has no blank, placeholder or wildcard in it.
NAMED = re.compile(r"`((?:lapis|ava|apps|specs|tests|bench|docs|cmake|tools)/[\w./-]*\w/?)(?::\d+)?`")


def problems(root, path, text):
    """The offences of one document."""
    for number, line in enumerate(text.splitlines(), 1):
        for target in LINK.findall(line):
            if not re.match(r"[a-z]+:", target) and not (root / path).parent.joinpath(target).exists():
                yield f"{path}:{number}: error: the link '{target}' leads nowhere"
        for name in NAMED.findall(line):
            if not (root / name).exists():
                yield f"{path}:{number}: error: there is no '{name}'"


def documents(root):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                            cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in listed.splitlines() if (root / name).is_file()})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    errors = [error for path in documents(root)
              for error in problems(root, path, (root / path).read_text(encoding="utf-8"))]
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
