// SPDX-License-Identifier: Apache-2.0

#include "lapis/driver/spec_lines.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace lapis::driver {
namespace {

namespace fs = std::filesystem;

class SpecLinesTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_ / "api/tests"); }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }
  int Lines(const model::Api& api) const {
    return SpecLines({.root = root_.string(), .spec = "api/api.lapis"}, api);
  }

  fs::path root_ =
      fs::path(testing::TempDir()) /
      ("spec_lines_" + std::to_string(testing::UnitTest::GetInstance()->random_seed()) +
       testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(SpecLinesTest, AreThoseOfTheFolderWithoutItsTests) {
  Write("api/api.lapis", "one\ntwo\n");
  Write("api/more.h", "three\n");
  Write("api/tests/a.cc", "not\n");
  Write("api/more_test.cc", "not\n");
  EXPECT_EQ(Lines({}), 3);
}

TEST_F(SpecLinesTest, AreAlsoThoseOfNamedFilesWhereverTheyLieOnceEach) {
  Write("api/api.lapis", "one\n");
  Write("guest.txt", "two\nthree\n");
  Write("both.h", "four\n");
  Write("api/own.h", "five\n");
  model::Api api;
  api.code.push_back(
      {.side = model::CodeBlock::Side::kGuest, .code = "", .file = "../guest.txt", .where = {}});
  api.preamble = {"#include \"both.h\"", "# include \"own.h\"", "#include <stddef.h>",
                  "#include \"api/../both.h\"", "#define X \"both.h\""};
  EXPECT_EQ(Lines(api), 5);
}

}  // namespace
}  // namespace lapis::driver
