// SPDX-License-Identifier: Apache-2.0

// Every diagnostic has a bad example, what cava says of it, and a page that shows both and a good
// one.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>

#include "lapis/diag/catalog.h"
#include "lapis/diag/diagnostics.h"
#include "lapis/driver/compile.h"

namespace lapis {
namespace {

constexpr const char* kFolder = "tests/errors";

std::optional<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// What `cava check` prints for this text, under the name of the example.
std::string Check(const std::string& name, const std::string& text) {
  const driver::Compilation compilation(
      {.spec = name,
       .root = kFolder,
       .read = [&](const std::string& path) -> std::optional<std::string> {
         if (path == std::string(kFolder) + '/' + name) return text;
         return ReadWhole(path);
       },
       .memory = {},
       .open_facts_are_errors = true});
  return compilation.diagnostics().Text();
}

// The last ```lapis block of a page.
std::string GoodExample(const std::string& page) {
  const std::string fence = "```lapis\n";
  const std::size_t begin = page.rfind(fence);
  if (begin == std::string::npos) return {};
  const std::size_t text = begin + fence.size();
  return page.substr(text, page.find("```", text) - text);
}

class Catalogue : public testing::TestWithParam<diag::Message> {};

TEST_P(Catalogue, HasABadExampleThatSaysExactlyThis) {
  const std::string name = diag::Name(GetParam().number);
  const std::string base = std::string(kFolder) + '/' + name;
  const auto example = ReadWhole(base + ".lapis");
  ASSERT_TRUE(example) << base << ".lapis is missing";
  const std::string said = Check(name + ".lapis", *example);
  EXPECT_NE(said.find("[" + name + "]"), std::string::npos) << said;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): tests have one thread.
  if (std::getenv("LAPIS_UPDATE_GOLDENS")) std::ofstream(base + ".stderr") << said;
  EXPECT_EQ(said, ReadWhole(base + ".stderr").value_or(""));
}

TEST_P(Catalogue, HasAPageWithBothExamples) {
  const std::string name = diag::Name(GetParam().number);
  const auto page = ReadWhole("docs/errors/" + name + ".md");
  ASSERT_TRUE(page) << "docs/errors/" << name << ".md is missing";
  const auto example = ReadWhole(std::string(kFolder) + '/' + name + ".lapis");
  const auto said = ReadWhole(std::string(kFolder) + '/' + name + ".stderr");
  ASSERT_TRUE(example && said);
  EXPECT_NE(page->find("```lapis\n" + *example + "```"), std::string::npos)
      << "the page quotes another example";
  EXPECT_NE(page->find("```text\n" + *said + "```"), std::string::npos)
      << "the page quotes another message";
  EXPECT_EQ(Check("good.lapis", GoodExample(*page)).find("[" + name + "]"), std::string::npos);
}

TEST(Numbers, NumbersAreUniqueAndAscend) {
  EXPECT_TRUE(std::ranges::is_sorted(diag::kCatalog, std::less_equal<>(), &diag::Message::number));
  std::set<int> numbers;
  for (const diag::Message& message : diag::kCatalog)
    EXPECT_TRUE(numbers.insert(message.number).second);
}

TEST(Numbers, HasNoExampleWithoutADiagnostic) {
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string stem = entry.path().stem().string();
    if (!stem.starts_with("lapis-")) continue;
    EXPECT_TRUE(std::ranges::any_of(diag::kCatalog, [&](const auto& m) {
      return diag::Name(m.number) == stem;
    })) << stem;
  }
}

std::vector<diag::Message> Live() {
  std::vector<diag::Message> live;
  std::ranges::copy_if(diag::kCatalog, std::back_inserter(live), [](const diag::Message& m) {
    return m.severity != diag::Severity::kRetired;
  });
  return live;
}

INSTANTIATE_TEST_SUITE_P(Live, Catalogue, testing::ValuesIn(Live()), [](const auto& test) {
  return "lapis" + std::to_string(test.param.number);
});

}  // namespace
}  // namespace lapis
