// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <string>

#include "lapis/driver/explanations.h"

namespace lapis::driver {
namespace {

TEST(Explain, HasThePageOfADiagnostic) {
  EXPECT_TRUE(ExplanationsOf("lapis-0033").starts_with("# lapis-0033: "));
}

TEST(Explain, HasAWordsPages) {
  EXPECT_TRUE(ExplanationsOf("async").starts_with("# `async` of a function\n"));
  EXPECT_EQ(ExplanationsOf("ava_async"), ExplanationsOf("async"));
}

TEST(Explain, HasOneForEachPlaceOfAWord) {
  const std::string text = ExplanationsOf("invalid");
  EXPECT_TRUE(text.starts_with("# `invalid` of a type\n"));
  EXPECT_NE(text.find("\n\n# `invalid` of an argument\n"), std::string::npos);
}

TEST(Explain, SuggestsWhatIsNear) {
  EXPECT_EQ(ExplanationsOf("asinc"), "");
  EXPECT_EQ(NearestExplained("asinc"), "; did you mean 'async'?");
  EXPECT_EQ(NearestExplained("lapis-033"), "; did you mean 'lapis-0033'?");
}

}  // namespace
}  // namespace lapis::driver
