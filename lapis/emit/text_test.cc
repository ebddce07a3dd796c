// SPDX-License-Identifier: Apache-2.0

#include "lapis/emit/text.h"

#include <gtest/gtest.h>

namespace lapis::emit {
namespace {

TEST(Fill, ReplacesInsideALine) {
  EXPECT_EQ(Fill("int $name$ = $value$;\n", {{"name", "a"}, {"value", "1"}}), "int a = 1;\n");
}

TEST(Fill, IndentsWholeLines) {
  EXPECT_EQ(Fill(R"(
{
  $body$
}
)",
                 {{"body", "a;\nb;\n"}}),
            "{\n  a;\n  b;\n}\n");
}

TEST(Fill, DropsALineWithoutContent) {
  EXPECT_EQ(Fill("{\n  $body$\n}\n", {{"body", ""}}), "{\n}\n");
}

TEST(Fill, KeepsPreprocessorLinesAtTheMargin) {
  EXPECT_EQ(Fill("  $body$\n", {{"body", "#line 1 \"x\"\na;\n"}}), "#line 1 \"x\"\n  a;\n");
}

TEST(SpecCode, ReturnsToTheGeneratedFile) {
  const std::string text =
      "// first\n" + SpecCode("return 1;", {.file = "a/x.lapis", .line = 7}) + "// last\n";
  EXPECT_EQ(ResolveLines(text, "guest.cc"),
            "// first\n#line 7 \"a/x.lapis\"\nreturn 1;\n#line 5 \"guest.cc\"\n// last\n");
}

TEST(Quote, EscapesWhatMustBe) { EXPECT_EQ(Quote("a\"b\\c\n"), R"("a\"b\\c\n")"); }

}  // namespace
}  // namespace lapis::emit
