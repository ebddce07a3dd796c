// SPDX-License-Identifier: Apache-2.0

#include "lapis/driver/coverage.h"

#include <gtest/gtest.h>

#include <string>

#include "lapis/driver/testing.h"

namespace lapis::driver {
namespace {

TEST(CodeLines, LeavesOutBlanksAndComments) {
  EXPECT_EQ(CodeLines(""), 0);
  EXPECT_EQ(CodeLines("\n  \n// x\n/* a\n b */\n"), 0);
  EXPECT_EQ(CodeLines("a; // x\n/* y */ b;\n\"// no comment\";\n"), 3);
  EXPECT_EQ(CodeLines("a /* b\n c */ d\n"), 2);
}

TEST(CodeLines, CountsLongLinesByWhatTheyFill) {
  EXPECT_EQ(CodeLines(std::string(100, 'x')), 1);
  EXPECT_EQ(CodeLines(std::string(101, 'x')), 2);
  EXPECT_EQ(CodeLines(std::string(250, 'x') + "\ny"), 4);
}

TEST(Coverage, IsWithinALimitOnlyWithAllFunctions) {
  Counts counts;
  counts.functions = 2;
  counts.spec_lines = 8;
  EXPECT_TRUE(IsWithin(counts, 4.0));
  EXPECT_FALSE(IsWithin(counts, 3.9));
  counts.missing = 1;
  EXPECT_FALSE(IsWithin(counts, 4.0));
}

TEST(Coverage, SaysWhoSpokeOfEachFunction) {
  const std::string header =
      "extern \"C\" { int a(void); int b(void); int c(void); int d(void); int e(void); }";
  const auto compiled = testing::Compile(
      "#include \"api.h\"\nname(\"n\");\nsymbols(V, /[a-d]/);\n"
      "rule /[bc]/ { async; }\nc { sync; }\nd { unsupported(1, \"no\"); }\n",
      header);
  ASSERT_EQ(compiled->diagnostics().Text(), "");
  const Counts counts = Count(compiled->api());
  EXPECT_EQ(counts.functions, 5);
  EXPECT_EQ(counts.inferred, 1);
  EXPECT_EQ(counts.ruled, 1);
  EXPECT_EQ(counts.written, 1);
  EXPECT_EQ(counts.unsupported, 1);
  EXPECT_EQ(counts.missing, 1);
}

}  // namespace
}  // namespace lapis::driver
