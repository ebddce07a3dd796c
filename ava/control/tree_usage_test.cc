// SPDX-License-Identifier: Apache-2.0
#include "ava/control/tree_usage.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ava::control {
namespace {

namespace fs = std::filesystem;

class TreeUsageTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ava-usage-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
  }
  void TearDown() override { fs::remove_all(top_); }

  void Write(const std::string& name, std::size_t bytes) {
    fs::create_directories(fs::path(top_ + "/" + name).parent_path());
    std::ofstream(top_ + "/" + name) << std::string(bytes, 'x');
  }
  bool Over(std::uint64_t bytes, std::uint64_t files) {
    return IsOverLimits({top_}, geteuid(), {.bytes = bytes, .files = files});
  }

  std::string top_;
};

TEST_F(TreeUsageTest, CountsBytesOfTheWholeTree) {
  Write("a", 100'000);
  Write("b/c", 100'000);
  EXPECT_TRUE(Over(150'000, 100));
  EXPECT_FALSE(Over(400'000, 100));
}

TEST_F(TreeUsageTest, CountsFilesAndDirectories) {
  for (int i = 0; i < 5; ++i) Write("d/" + std::to_string(i), 0);
  EXPECT_TRUE(Over(1 << 20, 5));
  EXPECT_FALSE(Over(1 << 20, 6));
}

TEST_F(TreeUsageTest, CountsSeveralTreesTogether) {
  Write("a/x", 100'000);
  Write("b/x", 100'000);
  const StorageLimits limits{.bytes = 150'000, .files = 100};
  EXPECT_FALSE(IsOverLimits({top_ + "/a"}, geteuid(), limits));
  EXPECT_TRUE(IsOverLimits({top_ + "/a", top_ + "/b"}, geteuid(), limits));
}

TEST_F(TreeUsageTest, EntriesOfTheCacheAreNotTheWorkers) {
  Write("entry", 1'000'000);
  fs::create_directory(top_ + "/view");
  fs::create_hard_link(top_ + "/entry", top_ + "/view/entry");
  EXPECT_FALSE(IsOverLimits({top_ + "/view"}, geteuid(), {.bytes = 100'000, .files = 10}));
}

TEST_F(TreeUsageTest, FollowsNoLinkAndNothingTooDeep) {
  fs::create_directory_symlink("/usr", top_ + "/link");
  EXPECT_FALSE(Over(1 << 20, 10));
  std::string deep = "d";
  for (int i = 0; i < 100; ++i) deep += "/d";
  fs::create_directories(top_ + "/" + deep);
  EXPECT_TRUE(Over(1 << 20, 100'000));
}

}  // namespace
}  // namespace ava::control
