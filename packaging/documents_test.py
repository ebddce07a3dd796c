#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The man pages and the completions know what the programs know: no option, command or setting is missing or too many.

    documents_test.py --bin build/release/bin
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COMMANDS = {
    "ava": ("run", "diff", "devices", "ps", "top", "policy", "doctor", "stop", "version"),
    "cava": ("build", "check", "coverage", "dump", "explain"),
    "avad": (),
}
PAGES = {"ava": "ava.1", "cava": "cava.1", "avad": "avad.8"}
LONG_OPTION = re.compile(r"--[a-z][a-z-]*")


def help_of(program, *words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout


def declared(text):
    """The long options that a help text declares, each at its line's beginning."""
    lines = re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.MULTILINE)
    return set(lines)


def page_text(name):
    return (HERE / "man" / name).read_text().replace("\\-", "-").replace("\\(dq", '"')


def check_program(name, directory):
    program = directory / name
    commands = COMMANDS[name]
    listed = set(re.findall(r"^  ([a-z]+) {2,}", help_of(program), re.MULTILINE))
    if listed != set(commands):
        yield f"{name}: --help lists the commands {sorted(listed)}"
    page = page_text(PAGES[name])
    options = set().union(declared(help_of(program)), *(declared(help_of(program, word)) for word in commands))
    in_page = set(LONG_OPTION.findall(page))
    for option in sorted(options - in_page):
        yield f"{PAGES[name]}: {option} is missing"
    # Another program's option that a page speaks of is named there with that program.
    for option in sorted(in_page - options):
        yield f"{PAGES[name]}: {name} has no {option}"
    for command in commands:
        if not re.search(rf"^\.B {command}$", page, re.MULTILINE):
            yield f"{PAGES[name]}: the command {command} is missing"
    if commands:
        yield from check_completion(name, program, commands)


def check_completion(name, program, commands):
    script = f"""
_init_completion() {{ cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} words=("${{COMP_WORDS[@]}}")
  cword=$COMP_CWORD; }}
_filedir() {{ :; }}
. "{HERE}/completion/{name}"
COMP_WORDS=({name} "$@") COMP_CWORD=$#
_{name}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

    def complete(*words):
        run = subprocess.run(["bash", "-c", script, "bash", *words], check=True, capture_output=True, text=True)
        return set(run.stdout.split())

    if complete("") != set(commands) | {"--help"}:
        yield f"completion of {name}: {sorted(complete(''))}"
    for command in commands:
        offered = complete(command, "--") - {"--"}
        if offered != declared(help_of(program, command)):
            yield f"completion of {name} {command}: {sorted(offered)}"


def check_settings():
    """Each key of the parser stands in the page and in the installed file."""
    source = (HERE.parent / "ava/control/config.cc").read_text()
    keys = set(re.findall(r'\{"([a-z]+\.[a-z_]+)",', source))
    keys |= {f"tenants.{key}" for key in re.findall(r'\{"([a-z_]+)", (?:User|Real|Number)\(', source)}
    if len(keys) < 10:
        yield "config.cc: its keys are not found"
    for name, heading, key in (("man/avad.toml.5", r"^\.SS \[\[?(\w+)\]?\]$", r"^\.TP\n\.B (\w+)$"),
                               ("avad.toml", r"^(?:# )?\[\[?(\w+)\]?\]$", r"^# (\w+) = ")):
        parts = re.split(heading, (HERE / name).read_text(), flags=re.MULTILINE)
        found = {f"{section}.{word}" for section, body in zip(parts[1::2], parts[2::2])
                 for word in re.findall(key, body, re.MULTILINE)}
        for wrong in sorted(found ^ keys):
            yield f"{name}: {wrong} is missing, or no setting"


def check_version():
    """One release has one number, wherever it stands."""
    root = HERE.parent
    version = re.search(r"^project\(ava VERSION (\d+)\.(\d+)\.(\d+) ", (root / "CMakeLists.txt").read_text(), re.MULTILINE)
    text = ".".join(version.groups())
    # Without zeros in front, which would make it octal.
    abi = f"{int(version[1]) * 1_000_000 + int(version[2]) * 1000 + int(version[3]):,}".replace(",", "'")
    for file, words in (("ava/control/manager.h", f'kVersion = "{text}"'),
                        ("ava/worker/server_api.h", f"kServerAbi = {abi};")):
        if words not in (root / file).read_text():
            yield f"{file}: '{words}' is not there"
    for page in sorted((HERE / "man").iterdir()):
        if f'"AvA {text}"' not in page.read_text():
            yield f"{page.name}: it is not of AvA {text}"


def check_roff():
    if shutil.which("groff") is None:
        return
    for page in sorted((HERE / "man").iterdir()):
        run = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(page)], capture_output=True, text=True)
        if run.returncode != 0 or run.stderr:
            yield f"{page.name}: {run.stderr}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    directory = parser.parse_args().bin.resolve()
    errors = [*check_settings(), *check_version(), *check_roff()]
    for name in COMMANDS:
        errors += check_program(name, directory)
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
