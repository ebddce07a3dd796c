#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every #include keeps to layers.txt.

  ava/transport/shm_ring.cc:2: error: module "transport" may not include "router/policy.h" (see layers.txt)

Prints one line for each offence and exits 1 if there is any.
"""

import argparse
import dataclasses
import pathlib
import re
import sys

SOURCE_SUFFIXES = {".h", ".cc", ".c"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# The emitters' templates hold includes of the code that they write, not of their own.
RAW_STRING = re.compile(r'R"([^\s()\\]{0,16})\((.*?)\)\1"', re.DOTALL)
# Tests and what only tests include.
TEST_FILE = re.compile(r"(_test\.(cc|h)|/(fake_\w+|testing)\.h)$")
# What libc, the kernel and the C++ library bring: no module has to ask for those.
SYSTEM_HEADER = re.compile(
    r"^([a-z0-9_]+|[a-z0-9_]+\.h|(arpa|asm|linux|net|netinet|sys)/[\w./-]+|cxxabi\.h|sanitizer/\w+\.h)$")


@dataclasses.dataclass
class Module:
    path: str
    modules: list
    libraries: list


class Layers:
    """layers.txt, read and checked."""

    def __init__(self, text, name="layers.txt"):
        self.modules = {}           # path -> Module, in the file's order
        self.libraries = {}         # name -> include prefixes
        self.headers = {}           # file or "directory/" -> libraries that headers there may show
        self.generated = {}         # include prefix -> module path
        self.errors = []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            if words:
                self._read(words, f"{name}:{number}")

    def _read(self, words, where):
        kind, *rest = words
        if kind == "library":
            self.libraries[rest[0]] = rest[1:]
        elif kind == "module":
            self._read_module(rest, where)
        elif kind == "header":
            self.headers[rest[0]] = self._known(rest[2:], self.libraries, "library", where)
        elif kind == "generated":
            self.generated[rest[0]] = rest[1]
        else:
            self.errors.append(f"{where}: error: unknown word '{kind}'")

    def _read_module(self, words, where):
        path, _, *rest = words
        bar = rest.index("|") if "|" in rest else len(rest)
        modules = self._known(rest[:bar], self.modules, "earlier module", where)
        libraries = self._known(rest[bar + 1:], self.libraries, "library", where)
        self.modules[path] = Module(path, modules, libraries)

    def _known(self, names, table, what, where):
        for name in names:
            if name not in table:
                self.errors.append(f"{where}: error: '{name}' is no {what}")
        return names

    def module_of(self, path):
        """The module that a file's path lies in, or None."""
        candidates = [m for m in self.modules if path.startswith(m + "/")]
        return max(candidates, key=len, default=None)

    def library_of(self, include):
        for name, prefixes in self.libraries.items():
            if any(include == p or (p.endswith("/") and include.startswith(p)) for p in prefixes):
                return name
        return None

    def may_show(self, header, library):
        return any(header == name or (name.endswith("/") and header.startswith(name))
                   for name, libraries in self.headers.items() if library in libraries)

    def is_above(self, module, other):
        order = list(self.modules)
        return order.index(other) < order.index(module)


def without_raw_strings(text):
    """The text with raw strings emptied; line numbers stay."""
    return RAW_STRING.sub(lambda match: '""' + "\n" * match[0].count("\n"), text)


def short_names(module, include):
    """Leaves out the directory that both have in common: 'transport', 'router/policy.h'."""
    group, _, rest = module.partition("/")
    if rest and include.startswith(group + "/"):
        return rest, include[len(group) + 1:]
    return module, include


class Checker:
    def __init__(self, root, layers):
        self.root = root
        self.layers = layers
        self.errors = list(layers.errors)

    def check_file(self, path):
        module = self.layers.module_of(path)
        if module is None:
            self.errors.append(f'{path}:1: error: "{pathlib.PurePath(path).parent}" is no module of layers.txt')
            return
        text = (self.root / path).read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(without_raw_strings(text).splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            check = self._check_ours if match[1] == '"' else self._check_theirs
            problem = check(path, self.layers.modules[module], match[2])
            if problem:
                self.errors.append(f"{path}:{number}: error: {problem} (see layers.txt)")

    def _check_ours(self, path, module, include):
        other = self._module_of_include(include)
        if other is None:
            return f'"{include}" is not a path from the root of the repository'
        if other == module.path or other in module.modules:
            return None
        if TEST_FILE.search(path) and self.layers.is_above(module.path, other):
            return None
        name, include = short_names(module.path, include)
        return f'module "{name}" may not include "{include}"'

    def _module_of_include(self, include):
        for prefix, module in self.layers.generated.items():
            if include.startswith(prefix):
                return module
        return self.layers.module_of(include) if (self.root / include).is_file() else None

    def _check_theirs(self, path, module, include):
        library = self.layers.library_of(include)
        if library is None:
            if SYSTEM_HEADER.match(include):
                return None
            return f"<{include}> belongs to no library"
        if library == "gtest" and TEST_FILE.search(path):
            return None
        if path.endswith(".h") and not self.layers.may_show(path, library):
            return f"a header may not include <{include}> of library '{library}'"
        if path.endswith(".h") or library in module.libraries:
            return None
        name, _ = short_names(module.path, module.path)
        return f'module "{name}" may not use library \'{library}\': <{include}>'


def source_files(root, layers):
    tops = sorted({module.split("/")[0] for module in layers.modules})
    for top in tops:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in SOURCE_SUFFIXES and path.is_file():
                yield path.relative_to(root).as_posix()


def check(root):
    """All errors of the tree under root."""
    layers = Layers((root / "layers.txt").read_text(encoding="utf-8"))
    checker = Checker(root, layers)
    for path in source_files(root, layers):
        checker.check_file(path)
    return checker.errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    errors = check(parser.parse_args().root)
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
