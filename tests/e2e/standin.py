#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program on the stand-in vendor library, natively (preloaded) and virtually (under the worker).

Both must print the same and end the same, through both ways in; and the program must have found what
plain PoCL lacks.
"""

import os
import pathlib
import subprocess
import sys

from manager_lib import Place, check, wait_until


def native(program, library):
    environment = os.environ | {"LD_PRELOAD": library}
    return subprocess.run([program], env=environment, capture_output=True, text=True, timeout=300, check=False)


def main():
    bin_directory, library, program, *expected = sys.argv[1:]
    alone = native(program, library)
    check(alone.returncode == 0, f"native: status {alone.returncode}, {alone.stderr}")
    for text in expected:
        check(text in alone.stdout, f"'{text}' is not in what it prints natively:\n{alone.stdout}")
    with Place(bin_directory) as place:
        config = pathlib.Path(place.directory, "avad.toml")
        config.write_text(f'[worker]\nvendor = "{library}"\n')
        place.run("avad", "--socket", place.socket, "--config", str(config))
        wait_until(lambda: place.ava("ps").returncode == 0, "the manager answers")
        for way in ("library", "icd"):
            run = place.ava("run", "--via", way, "--", program, timeout=300)
            check(run.returncode == 0, f"{way}: status {run.returncode}, {run.errors}")
            check(run.output == alone.stdout, f"{way}: natively\n{alone.stdout}\nvirtually\n{run.output}")
    print(f"same both ways in: {program}")


if __name__ == "__main__":
    main()
