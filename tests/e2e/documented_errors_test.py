#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of documented_errors.py."""

import unittest

import documented_errors as checked

TABLE = """# A comment.
* | OUT_OF_HOST_MEMORY | depends
clA clB | INVALID_VALUE | swept
clA | INVALID_DEVICE | swept, several cores
clB | INVALID_EVENT | cannot be
clC | none | returns an address
"""
LIBRARY = {"clA", "clB", "clC"}
ALL = {("clA", "INVALID_VALUE"), ("clB", "INVALID_VALUE"), ("clA", "INVALID_DEVICE")}


def found(pairs, library=frozenset(LIBRARY), cores=2):
    table, functions = checked.parse_table(TABLE)
    return list(checked.problems(table, functions, set(library), pairs, cores))


class DocumentedErrors(unittest.TestCase):
    def test_says_nothing_when_all_is_right(self):
        self.assertEqual(found(ALL), [])

    def test_misses_what_is_swept_and_does_not_occur(self):
        self.assertEqual(
            found(ALL - {("clB", "INVALID_VALUE")}), ["clB: no sweep provokes INVALID_VALUE"]
        )

    def test_asks_for_several_cores_only_where_there_are(self):
        pairs = ALL - {("clA", "INVALID_DEVICE")}
        self.assertEqual(found(pairs, cores=1), [])
        self.assertEqual(found(pairs), ["clA: no sweep provokes INVALID_DEVICE"])

    def test_names_what_occurs_against_its_reason(self):
        self.assertEqual(
            found(ALL | {("clB", "INVALID_EVENT")}),
            ["clB: INVALID_EVENT occurs, although: cannot be"],
        )

    def test_compares_the_functions_with_the_library(self):
        self.assertEqual(
            found(ALL, {"clA", "clB", "clD"}), ["clD has no line", "clC is not exported"]
        )

    def test_refuses_a_line_that_is_none_and_an_error_twice(self):
        for text in ("clA | INVALID_VALUE", "clA | X | swept\nclA | X | no"):
            with self.assertRaises(ValueError):
                checked.parse_table(text)

    def test_reads_codes_and_side_effects_but_not_labels(self):
        output = (
            "clA, not blocking | CL_LABEL | CL_INVALID_VALUE\n"
            "clB | x | CL_SUCCESS | exact CL_INVALID_EVENT, zero CL_SUCCESS\n"
            "  binary status CL_INVALID_BINARY\n"
        )
        self.assertEqual(
            checked.parse_sweep(output) - {("clB", "SUCCESS")},
            {("clA", "INVALID_VALUE"), ("clB", "INVALID_EVENT")},
        )


if __name__ == "__main__":
    unittest.main()
