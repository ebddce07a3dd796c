// SPDX-License-Identifier: Apache-2.0

// Each keyword has a page in docs/lapis, whose examples do what the page says. tools/regold puts
// into the pages what cava says now.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "lapis/driver/compile.h"
#include "lapis/model/dump.h"
#include "lapis/syntax/keywords.h"
#include "tests/language/page.h"

namespace lapis::syntax {

// In a test's name.
void PrintTo(const Keyword& keyword, std::ostream* out) {
  *out << keyword.word << ' ' << PlaceName(keyword.place);
}

}  // namespace lapis::syntax

namespace lapis {
namespace {

using syntax::Keyword;
using syntax::Place;

const std::string kFolder = "docs/lapis";
const std::string kExample = "example.lapis";

std::optional<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool IsUpdate() {
  return std::getenv("LAPIS_UPDATE_GOLDENS") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

std::string PageOf(const Keyword& keyword) {
  return std::string(syntax::PlaceWord(keyword.place)) + "-" + std::string(keyword.word) + ".md";
}

driver::Input InputOf(const std::string& text) {
  return {.spec = kExample,
          .root = "specs/toy",
          .read = [text](const std::string& path) -> std::optional<std::string> {
            if (path == "specs/toy/" + kExample) return text;
            return ReadWhole(path);
          },
          .memory = {},
          .open_facts_are_errors = true};
}

std::string Check(const std::string& text) {
  return driver::Compilation(InputOf(text)).diagnostics().Text();
}

std::string Model(const std::string& text) {
  return model::Dump(driver::Compilation(InputOf(text)).api(), model::Detail::kAll);
}

class Pages : public testing::TestWithParam<Keyword> {
 protected:
  Pages() : page_(kFolder + '/' + PageOf(GetParam())) {}

  void ExpectBlock(std::size_t number, const Block& expected) {
    if (IsUpdate()) page_.Rewrite(number, expected);
    const Block block = page_.Blocks().at(number);
    EXPECT_EQ(block.language, expected.language) << "tools/regold";
    EXPECT_EQ(block.text, expected.text) << "if that is meant, run tools/regold";
  }

  Page page_;
};

TEST_P(Pages, SayWhatTheKeywordDoes) {
  ASSERT_TRUE(page_.is_there()) << kFolder << '/' << PageOf(GetParam()) << " is missing";
  EXPECT_EQ(page_.Title(), "# `" + std::string(GetParam().word) + "` " +
                               std::string(syntax::PlaceName(GetParam().place)));
  EXPECT_NE(page_.Summary(), "") << "after the title comes the syntax, and then a sentence";
}

TEST_P(Pages, HaveAnExampleThatIsAcceptedAndNeedsTheKeyword) {
  const std::vector<Block> blocks = page_.Blocks();
  ASSERT_EQ(blocks.size(), 4U) << "see tests/language/page.h";
  EXPECT_EQ(blocks[0].language, "lapis");
  const std::string spec = blocks[0].text;
  ASSERT_EQ(Check(spec), "");
  const std::string without = Without(GetParam().word, spec);
  ASSERT_NE(without, spec) << "the example does not use the keyword";
  const std::string said = Check(without);
  if (!said.empty()) {
    ExpectBlock(1, {"text", said});
    return;
  }
  const std::string difference = Difference(Model(without), Model(spec));
  EXPECT_NE(difference, "") << "the keyword changes nothing";
  ExpectBlock(1, {"diff", difference});
}

TEST_P(Pages, HaveAnExampleThatIsRefused) {
  const std::vector<Block> blocks = page_.Blocks();
  ASSERT_EQ(blocks.size(), 4U) << "see tests/language/page.h";
  EXPECT_EQ(blocks[2].language, "lapis");
  const std::string said = Check(blocks[2].text);
  EXPECT_NE(said.find("error: "), std::string::npos) << said;
  ExpectBlock(3, {"text", said});
}

std::vector<Keyword> All() {
  const auto all = syntax::AllKeywords();
  return {all.begin(), all.end()};
}

// What docs/lapis/README.md has to say.
std::string Index() {
  std::string text =
      "# The words of Lapis\n\n"
      "Each page says what a word does, has a spec that needs it and one that is refused, and what "
      "`cava` says of\n"
      "both; the tests compare. `cava explain WORD` prints it. The specs speak of "
      "[toy.h](../../specs/toy/toy.h).\n"
      "What holds for all of the language is in [lapis.md](../lapis.md).\n";
  std::optional<Place> last;
  for (const Keyword& keyword : All()) {
    if (last != keyword.place)
      text += "\n## Words " + std::string(syntax::PlaceName(keyword.place)) +
              "\n\n| word | |\n|---|---|\n";
    last = keyword.place;
    text += "| [" + std::string(keyword.word) + "](" + PageOf(keyword) + ") | " +
            Page(kFolder + '/' + PageOf(keyword)).Summary() + " |\n";
  }
  return text;
}

TEST(Index, NamesEveryPage) {
  const std::string path = kFolder + "/README.md";
  if (IsUpdate()) std::ofstream(path, std::ios::binary) << Index();
  EXPECT_EQ(ReadWhole(path).value_or(""), Index()) << "run tools/regold";
}

TEST(Index, HasNoPageWithoutAKeyword) {
  std::set<std::string> known = {"README.md"};
  for (const Keyword& keyword : All()) known.insert(PageOf(keyword));
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    EXPECT_TRUE(known.contains(entry.path().filename())) << entry.path();
}

INSTANTIATE_TEST_SUITE_P(Each, Pages, testing::ValuesIn(All()), [](const auto& test) {
  return std::string(syntax::PlaceWord(test.param.place)) + "_" + std::string(test.param.word);
});

}  // namespace
}  // namespace lapis
