// SPDX-License-Identifier: Apache-2.0

// docs/lapis.md is the language's reference: it has every word.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "lapis/syntax/keywords.h"

namespace lapis::driver {
namespace {

TEST(Reference, HasEveryWord) {
  std::ifstream file("docs/lapis.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const syntax::Keyword& keyword : syntax::AllKeywords()) {
    const std::string word(keyword.word);
    const bool is_there =
        text.find('`' + word) != std::string::npos || text.find(word + " /") != std::string::npos;
    EXPECT_TRUE(is_there) << word << ' ' << PlaceName(keyword.place);
  }
}

}  // namespace
}  // namespace lapis::driver
