#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_guest_library.py."""

import unittest

import check_guest_library as checker


class CheckGuestLibrary(unittest.TestCase):
    def test_reads_names_with_versions(self):
        self.assertEqual({"OPENCL_1.0", "clFinish@@OPENCL_1.0"}, checker.parse_symbols(
            "0000000000000000 A OPENCL_1.0\n00000000000034f0 T clFinish@@OPENCL_1.0\n"))

    def test_reads_needed_and_soname(self):
        self.assertEqual(({"libc.so.6", "libm.so.6"}, "libOpenCL.so.1"), checker.parse_dynamic(
            " 0x01 (NEEDED)  Shared library: [libc.so.6]\n"
            " 0x01 (NEEDED)  Shared library: [libm.so.6]\n"
            " 0x0e (SONAME)  Library soname: [libOpenCL.so.1]\n"))

    def test_names_what_is_missing_and_what_is_too_much(self):
        self.assertEqual(["symbol 'a' is missing", "symbol 'c' should not be there"],
                         list(checker.compare("symbol", {"a", "b"}, {"b", "c"})))


if __name__ == "__main__":
    unittest.main()
