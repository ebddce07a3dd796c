#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_layers.py."""

import pathlib
import tempfile
import unittest

import check_layers

LAYERS = """
library fmt   fmt/
library gtest gtest/ gmock/
module ava/base      :                    | fmt
module ava/transport : ava/base           |
module ava/router    : ava/base           | fmt
module specs/toy     : ava/base           |
module bench         : ava/router         |
header ava/base/format.h : fmt
generated toy/ specs/toy
"""


class CheckLayers(unittest.TestCase):
    def check(self, files, layers=LAYERS):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for name, text in {"layers.txt": layers, "ava/router/policy.h": "", "ava/base/result.h": "",
                               **files}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return check_layers.check(root)

    def test_accepts_what_is_listed(self):
        self.assertEqual([], self.check({
            "ava/transport/ring.cc": '#include "ava/transport/ring.h"\n\n#include <sys/mman.h>\n#include <vector>\n'
                                     '#include "ava/base/result.h"\n',
            "ava/transport/ring.h": "",
            "ava/router/router.cc": "#include <fmt/core.h>\n"}))

    def test_names_the_file_the_line_and_both_modules(self):
        self.assertEqual(
            ['ava/transport/shm_ring.cc:2: error: module "transport" may not include "router/policy.h" '
             "(see layers.txt)"],
            self.check({"ava/transport/shm_ring.cc": '#include <vector>\n#include "ava/router/policy.h"\n'}))

    def test_keeps_full_names_between_groups(self):
        self.assertEqual(
            ['specs/toy/guest.cc:1: error: module "specs/toy" may not include "ava/router/policy.h" (see layers.txt)'],
            self.check({"specs/toy/guest.cc": '#include "ava/router/policy.h"\n'}))

    def test_module_without_a_group(self):
        self.assertEqual([], self.check({"bench/ring.cc": '#include "ava/router/policy.h"\n'}))

    def test_refuses_a_library_that_the_module_may_not_use(self):
        self.assertEqual(
            ["ava/transport/a.cc:1: error: module \"transport\" may not use library 'fmt': <fmt/core.h> "
             "(see layers.txt)"],
            self.check({"ava/transport/a.cc": "#include <fmt/core.h>\n"}))

    def test_refuses_a_library_in_a_header(self):
        self.assertEqual(
            ["ava/router/a.h:1: error: a header may not include <fmt/core.h> of library 'fmt' (see layers.txt)"],
            self.check({"ava/router/a.h": "#include <fmt/core.h>\n"}))

    def test_a_header_may_be_excepted(self):
        self.assertEqual([], self.check({"ava/base/format.h": "#include <fmt/core.h>\n"}))

    def test_all_headers_of_a_directory_may_be_excepted(self):
        self.assertEqual([], self.check({"bench/cases/a.h": "#include <fmt/core.h>\n"},
                                        LAYERS + "header bench/cases/ : fmt\n"))

    def test_refuses_a_library_that_nobody_named(self):
        self.assertEqual(
            ["ava/base/a.cc:1: error: <boost/any.hpp> belongs to no library (see layers.txt)"],
            self.check({"ava/base/a.cc": "#include <boost/any.hpp>\n"}))

    def test_refuses_a_relative_include(self):
        self.assertEqual(
            ['ava/router/a.cc:1: error: "policy.h" is not a path from the root of the repository (see layers.txt)'],
            self.check({"ava/router/a.cc": '#include "policy.h"\n'}))

    def test_a_test_may_use_gtest_and_what_is_above(self):
        self.assertEqual([], self.check({
            "ava/router/a_test.cc": '#include <gtest/gtest.h>\n#include "ava/transport/ring.h"\n',
            "ava/router/fake_ring.h": "#include <gtest/gtest.h>\n",
            "ava/transport/ring.h": ""}))

    def test_a_test_may_not_use_what_is_below(self):
        self.assertEqual(
            ['ava/transport/a_test.cc:1: error: module "transport" may not include "router/policy.h" '
             "(see layers.txt)"],
            self.check({"ava/transport/a_test.cc": '#include "ava/router/policy.h"\n'}))

    def test_generated_headers_belong_to_their_spec(self):
        self.assertEqual([], self.check({"specs/toy/guest.cc": '#include "toy/wire.h"\n'}))

    def test_does_not_look_into_raw_strings(self):
        template = 'auto t = R"cc(\n#include "ava/router/policy.h"\n)cc";\n'
        self.assertEqual([], self.check({"ava/transport/a.cc": template}))
        self.assertEqual(
            ['ava/transport/a.cc:4: error: module "transport" may not include "router/policy.h" (see layers.txt)'],
            self.check({"ava/transport/a.cc": template + '#include "ava/router/policy.h"\n'}))

    def test_refuses_a_directory_that_is_no_module(self):
        self.assertEqual(
            ['ava/extra/a.cc:1: error: "ava/extra" is no module of layers.txt'],
            self.check({"ava/extra/a.cc": ""}))

    def test_layers_cannot_name_a_later_module(self):
        self.assertEqual(
            ["layers.txt:1: error: 'ava/b' is no earlier module"],
            check_layers.Layers("module ava/a : ava/b |\nmodule ava/b : |").errors)


if __name__ == "__main__":
    unittest.main()
