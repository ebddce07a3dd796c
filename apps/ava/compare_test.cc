// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/compare.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace ava::cli {
namespace {

std::string Differences(std::string_view native, std::string_view virtual_output,
                        const Rules& rules = {}) {
  std::string text;
  for (const Difference& difference : Compare(native, virtual_output, rules).differences) {
    text += (difference.native ? "-" : "+") + difference.line + ";";
  }
  return text;
}

TEST(Compare, EqualOutputsHaveNoDifferences) {
  EXPECT_EQ(Differences("a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(Differences("", ""), "");
  EXPECT_TRUE(Compare("a\n", "a\n", {}).allowed);
}

TEST(Compare, FindsTheFewestLines) {
  EXPECT_EQ(Differences("a\nb\nc\n", "a\nx\nc\n"), "-b;+x;");
  EXPECT_EQ(Differences("a\nb\n", "b\n"), "-a;");
  EXPECT_EQ(Differences("", "a\n"), "+a;");
  EXPECT_EQ(Differences("a\nb\nc\nd\n", "b\nc\nd\ne\n"), "-a;+e;");
}

TEST(Compare, RulesAllowLinesWithAReason) {
  const auto rules =
      ParseRules("# about clinfo\nmax 1\n^UUID [0-9]+$ # random at each start\n", "f");
  ASSERT_TRUE(rules.has_value()) << rules.error().message();
  EXPECT_TRUE(Compare("UUID 1\n", "UUID 2\n", *rules).allowed);
  EXPECT_FALSE(Compare("UUID 1\n", "UUID x\n", *rules).allowed);
  EXPECT_FALSE(Compare("UUID 1\nUUID 3\n", "UUID 2\n", *rules).allowed) << "two lines, not one";
  EXPECT_EQ(Compare("UUID 1\n", "", *rules).differences[0].reason, "random at each start");
}

TEST(Compare, AReplacedLineCountsOnce) {
  EXPECT_EQ(Compare("a\nb\nc\n", "a\nx\nc\n", {}).lines, 1U);
  EXPECT_EQ(Compare("a\nb\nc\n", "a\nx\ny\nc\n", {}).lines, 2U);
  EXPECT_EQ(Compare("a\nb\nc\n", "b\nc\nd\n", {}).lines, 2U);
  EXPECT_EQ(Compare("a\nb\nc\nd\n", "x\nb\ny\nd\n", {}).lines, 2U);
}

TEST(Compare, RulesNeedReasons) {
  EXPECT_EQ(ParseRules("UUID\n", "f.allow").error().message(),
            "f.allow:1: a rule is 'EXPRESSION # REASON': this one gives no reason");
  EXPECT_FALSE(ParseRules("( # open\n", "f").has_value());
  EXPECT_FALSE(ParseRules("max many\n", "f").has_value());
}

TEST(Compare, OutputsWithoutAnythingInCommonAreReportedWhole) {
  std::string a;
  std::string b;
  for (int i = 0; i < 2000; ++i) {
    a += "a" + std::to_string(i) + "\n";
    b += "b" + std::to_string(i) + "\n";
  }
  EXPECT_EQ(Compare(a, b, {}).differences.size(), 4000U);
}

// What a comparison says is true: the first output, edited so, is the second.
TEST(Compare, EditsLeadFromOneToTheOther) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string a;
    std::string b;
    for (int i = 0; i < 12; ++i) {
      if (random() % 4 != 0) a += std::string(1, static_cast<char>('a' + random() % 3)) + "\n";
      if (random() % 4 != 0) b += std::string(1, static_cast<char>('a' + random() % 3)) + "\n";
    }
    std::size_t removed = 0;
    std::size_t added = 0;
    for (const Difference& difference : Compare(a, b, {}).differences) {
      (difference.native ? removed : added) += 1;
    }
    EXPECT_EQ(a.size() / 2 - removed, b.size() / 2 - added);
  }
}

}  // namespace
}  // namespace ava::cli
