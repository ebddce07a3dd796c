#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_docs.py."""

import pathlib
import tempfile
import unittest

import check_docs


class CheckDocs(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        (self.root / "docs").mkdir()
        (self.root / "docs/wire.md").touch()
        (self.root / "ava").mkdir()

    def check(self, text):
        return list(check_docs.problems(self.root, "docs/a.md", text))

    def test_accepts_what_exists(self):
        self.assertEqual([], self.check("[wire](wire.md#ring), `docs/wire.md:12`, `ava/`, [x](https://example.org/y)"))

    def test_reports_a_dead_link(self):
        self.assertEqual(["docs/a.md:2: error: the link 'ring.md' leads nowhere"], self.check("\n[ring](ring.md)"))

    def test_reports_a_file_that_is_gone(self):
        self.assertEqual(["docs/a.md:1: error: there is no 'ava/ring.h'"], self.check("see `ava/ring.h`"))

    def test_leaves_patterns_and_commands_alone(self):
        self.assertEqual([], self.check("`ava/*/x.h`, `tools/test --all`, `build/release/bin/ava`"))


if __name__ == "__main__":
    unittest.main()
