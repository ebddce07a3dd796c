// SPDX-License-Identifier: Apache-2.0
#include "ava/base/text.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace ava {
namespace {

TEST(Text, FormatCutsOffAndTerminates) {
  std::array<char, 6> out;
  EXPECT_EQ(FormatText(out, "%s %d", "abc", 12345), 5U);
  EXPECT_STREQ(out.data(), "abc 1");
}

TEST(Text, SetClearsTheRest) {
  std::array<char, 8> out;
  out.fill('x');
  SetText(out, "ab");
  EXPECT_EQ(std::string_view(out.data(), out.size()), std::string_view("ab\0\0\0\0\0\0", 8));
  SetText(out, "0123456789");
  EXPECT_STREQ(out.data(), "0123456");
}

TEST(Text, UntrustedTextEndsAtTheArray) {
  const std::array<char, 4> full = {'a', 'b', 'c', 'd'};
  EXPECT_EQ(TextUntrusted(full), "abcd");
  const std::array<char, 4> ended = {'a', '\0', 'c', 'd'};
  EXPECT_EQ(TextUntrusted(ended), "a");
}

TEST(Text, Patterns) {
  EXPECT_TRUE(MatchesPattern("POCL_*", "POCL_DEBUG"));
  EXPECT_TRUE(MatchesPattern("POCL_*", "POCL_"));
  EXPECT_FALSE(MatchesPattern("POCL_*", "XPOCL_DEBUG"));
  EXPECT_TRUE(MatchesPattern("*_DEBUG", "A_DEBUG_DEBUG"));
  EXPECT_FALSE(MatchesPattern("*_DEBUG", "A_DEBUG_"));
  EXPECT_TRUE(MatchesPattern("A*B*C", "AxxBCyBzC"));
  EXPECT_TRUE(MatchesPattern("HOME", "HOME"));
  EXPECT_FALSE(MatchesPattern("HOME", "HOMES"));
  EXPECT_FALSE(MatchesPattern("", "x"));
  EXPECT_TRUE(MatchesPattern("**", ""));
}

TEST(Text, ErrnoTextIsNeverNull) {
  EXPECT_STREQ(ErrnoText(EACCES), "Permission denied");
  EXPECT_STREQ(ErrnoText(98765), "unknown error");
}

}  // namespace
}  // namespace ava
