// SPDX-License-Identifier: Apache-2.0

// Goldens: one folder a feature, with spec.lapis, api.h, the model as ir.json.golden, and
// <file>.golden for those generated files whose text is worth reading. tools/regold rewrites them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "lapis/driver/compile.h"
#include "lapis/emit/emit.h"
#include "lapis/model/brief.h"
#include "lapis/model/dump.h"

namespace lapis {
namespace {

const std::string kFolder = "tests/golden";

std::optional<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// "": compare only. "all": also write files that are not there yet.
std::string Update() {
  const char* update =
      std::getenv("LAPIS_UPDATE_GOLDENS");  // NOLINT(concurrency-mt-unsafe): one thread.
  return update ? update : "";
}

void ExpectGolden(const std::string& path, const std::string& text) {
  if (!Update().empty()) std::ofstream(path, std::ios::binary) << text;
  const auto golden = ReadWhole(path);
  ASSERT_TRUE(golden) << path << " is missing: run tools/regold";
  EXPECT_EQ(*golden, text) << path << " differs: if that is meant, run tools/regold";
}

driver::Input InputOf(const std::string& feature, const std::string& spec) {
  return {.spec = spec,
          .root = kFolder + '/' + feature,
          .read = ReadWhole,
          .memory = {},
          .open_facts_are_errors = false};
}

std::vector<std::string> Features() {
  std::vector<std::string> features;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (std::filesystem::exists(entry.path() / "spec.lapis"))
      features.push_back(entry.path().filename());
  }
  std::ranges::sort(features);
  return features;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, Model) {
  const driver::Compilation compilation(InputOf(GetParam(), "spec.lapis"));
  ASSERT_EQ(compilation.diagnostics().Text(), "");
  ExpectGolden(kFolder + '/' + GetParam() + "/ir.json.golden",
               model::Dump(compilation.api(), model::Detail::kAll));
}

TEST_P(Golden, GeneratedText) {
  const driver::Compilation compilation(InputOf(GetParam(), "spec.lapis"));
  ASSERT_EQ(compilation.diagnostics().Text(), "");
  for (auto* const emitter : {emit::EmitWire, emit::EmitGuest, emit::EmitServer}) {
    for (const emit::OutputFile& file : emitter(compilation.api())) {
      const std::string golden = kFolder + '/' + GetParam() + '/' + file.path + ".golden";
      if (Update() == "all" || std::filesystem::exists(golden)) ExpectGolden(golden, file.text);
    }
  }
}

TEST_P(Golden, IsTheSameTwice) {
  const driver::Compilation first(InputOf(GetParam(), "spec.lapis"));
  const driver::Compilation second(InputOf(GetParam(), "spec.lapis"));
  EXPECT_EQ(first.api().digest, second.api().digest);
  EXPECT_EQ(first.api().digest.size(), 64U);
}

INSTANTIATE_TEST_SUITE_P(Feature, Golden, testing::ValuesIn(Features()),
                         [](const auto& test) { return test.param; });

// A changed heuristic shows here what it does to a whole API.
TEST(Inference, OfOpenClFromItsHeaderAlone) {
  const driver::Compilation compilation(InputOf("inference", "opencl.lapis"));
  ASSERT_EQ(compilation.diagnostics().Text(), "");
  std::string text;
  for (const model::Function& function : compilation.api().functions)
    text += model::Brief(function) + '\n';
  ExpectGolden(kFolder + "/inference/opencl.brief.golden", text);
}

}  // namespace
}  // namespace lapis
