#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_sources.py."""

import unittest

import check_sources

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


class CheckSources(unittest.TestCase):
    def check(self, path, text):
        return list(check_sources.check_text(path, text))

    def test_accepts_a_plain_file(self):
        self.assertEqual([], self.check("a.h", LICENCE + "#pragma once\n\n// TODO(perf): measure.\n"))

    def test_wants_the_licence(self):
        self.assertEqual(["a.cc:1: error: the first line is not '// SPDX-License-Identifier: Apache-2.0'"],
                         self.check("a.cc", "int x;\n"))

    def test_wants_pragma_once_in_headers_only(self):
        self.assertEqual(["a.h:2: error: no '#pragma once' below the licence line"], self.check("a.h", LICENCE))
        self.assertEqual([], self.check("a.cc", LICENCE))

    def test_wants_a_kind_at_each_todo(self):
        self.assertEqual(["a.cc:2: error: a TODO says its kind: 'TODO(perf): ...'"],
                         self.check("a.cc", LICENCE + "// TODO: later\n"))

    def test_limits_the_length(self):
        self.assertEqual(["a.cc:501: error: 501 lines, the limit is 500: split it by noun"],
                         self.check("a.cc", LICENCE + "\n" * 500))


if __name__ == "__main__":
    unittest.main()
