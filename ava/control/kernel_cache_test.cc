// SPDX-License-Identifier: Apache-2.0
#include "ava/control/kernel_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ava::control {
namespace {

namespace fs = std::filesystem;

// Writes as PoCL does: directories 0700, files 0600.
void WriteLikePocl(const std::string& path, const std::string& text, const CacheOwner& owner) {
  const fs::path directory = fs::path(path).parent_path();
  fs::create_directories(directory);
  std::ofstream(path) << text;
  chmod(directory.c_str(), 0700);
  chmod(path.c_str(), 0600);
  if (owner.change) {
    ASSERT_EQ(chown(directory.c_str(), owner.uid, owner.uid), 0);
    ASSERT_EQ(chown(path.c_str(), owner.uid, owner.uid), 0);
  }
}

class KernelCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ava-cache-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
    if (geteuid() == 0) {
      first_ = {.change = true, .uid = 61001};
      second_ = {.change = true, .uid = 61002};
    }
  }
  void TearDown() override { fs::remove_all(top_); }

  KernelCache Cache() { return KernelCache(top_, 1000, "avad"); }
  std::string View(std::uint64_t session, const CacheOwner& owner) {
    const auto view = Cache().CreateView(session, owner);
    EXPECT_TRUE(view.has_value()) << view.error().message();
    EXPECT_TRUE(Cache().FillView(session, owner).has_value());
    return *view;
  }
  void Close(std::uint64_t session, const CacheOwner& owner, const CacheLimits& limits = {}) {
    const auto closed = Cache().CloseView(session, owner, limits);
    EXPECT_TRUE(closed.has_value()) << closed.error().message();
  }

  std::string top_;
  CacheOwner first_;
  CacheOwner second_;
};

TEST_F(KernelCacheTest, TheNextWorkerFindsWhatTheFirstBuilt) {
  const std::string first = View(1, first_);
  WriteLikePocl(first + "/DA/key/program.bc", "code", first_);
  Close(1, first_);
  EXPECT_FALSE(fs::exists(first));

  const std::string second = View(2, second_);
  struct stat status{};
  ASSERT_EQ(stat((second + "/DA/key/program.bc").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, geteuid());
  EXPECT_EQ(status.st_mode & 07777, 0644U);
  EXPECT_EQ(status.st_nlink, 2U);
  ASSERT_EQ(stat((second + "/DA/key").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, second_.change ? second_.uid : geteuid());
  Close(2, second_);
}

TEST_F(KernelCacheTest, UnfinishedAndEmptyFilesAreNotKept) {
  const std::string view = View(1, first_);
  WriteLikePocl(view + "/DA/key/program.bc_zFX5dt.temp", "half", first_);
  WriteLikePocl(view + "/tempfile_L9S6pv.so", "half", first_);
  WriteLikePocl(view + "/DA/key/last_accessed", "", first_);
  Close(1, first_);
  EXPECT_TRUE(fs::exists(top_ + "/1000/entries/DA/key"));
  EXPECT_TRUE(fs::is_empty(top_ + "/1000/entries/DA/key"));
}

TEST_F(KernelCacheTest, LinksOutOfTheViewAreNotFollowed) {
  std::ofstream(top_ + "/secret") << "secret";
  const std::string view = View(1, first_);
  fs::create_symlink(top_ + "/secret", view + "/link.bc");
  fs::create_directory_symlink(top_, view + "/up");
  fs::create_hard_link(top_ + "/secret", view + "/hard.bc");
  Close(1, first_);
  EXPECT_TRUE(fs::is_empty(top_ + "/1000/entries"));
  EXPECT_TRUE(fs::exists(top_ + "/secret"));
}

TEST_F(KernelCacheTest, TheFirstOfTwoStays) {
  const std::string first = View(1, first_);
  const std::string second = View(2, second_);
  WriteLikePocl(first + "/DA/program.bc", "one", first_);
  WriteLikePocl(second + "/DA/program.bc", "two", second_);
  Close(1, first_);
  Close(2, second_);
  std::string text;
  std::ifstream(top_ + "/1000/entries/DA/program.bc") >> text;
  EXPECT_EQ(text, "one");
}

TEST_F(KernelCacheTest, TheOldestGoWhenTheLimitIsReached) {
  const std::string view = View(1, first_);
  for (int i = 0; i < 5; ++i) {
    const std::string path = view + "/D" + std::to_string(i) + "/program.bc";
    WriteLikePocl(path, "code", first_);
    const timespec used[2] = {{1000 + i, 0}, {1000 + i, 0}};
    ASSERT_EQ(utimensat(0, path.c_str(), used, 0), 0);
  }
  Close(1, first_, {.files = 2, .bytes = 1 << 20});
  EXPECT_FALSE(fs::exists(top_ + "/1000/entries/D2"));
  EXPECT_TRUE(fs::exists(top_ + "/1000/entries/D3/program.bc"));
  EXPECT_TRUE(fs::exists(top_ + "/1000/entries/D4/program.bc"));
}

TEST_F(KernelCacheTest, RemovesTheViewsOfAKilledManagerAndNoOthers) {
  View(1, first_);
  const KernelCache other(top_, 1000, "avad-other");
  ASSERT_TRUE(other.CreateView(7, first_).has_value());
  EXPECT_TRUE(RemoveViews(top_, "avad").has_value());
  EXPECT_FALSE(fs::exists(Cache().ViewPath(1)));
  EXPECT_TRUE(fs::exists(other.ViewPath(7)));
}

}  // namespace
}  // namespace ava::control
