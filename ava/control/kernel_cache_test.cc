// SPDX-License-Identifier: Apache-2.0
#include "ava/control/kernel_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "ava/control/session_mount.h"

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

constexpr StorageLimits kLimits = {.bytes = 1 << 20, .files = 200};

// How a view is made: by links or, in a mount namespace of this test's, by an overlay.
class KernelCacheTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ava-cache-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
    if (geteuid() == 0) {
      first_ = {.change = true, .uid = 61001};
      second_ = {.change = true, .uid = 61002};
    }
    if (GetParam() && !EnterOwnMounts().has_value()) GTEST_SKIP() << "may not mount";
  }
  void TearDown() override {
    for (const auto& [session, cache] : open_) {
      Unmount(cache.ViewPath(session));
      Unmount(cache.ViewPath(session));
    }
    fs::remove_all(top_);
  }

  KernelCache Cache() { return KernelCache(top_, 1000, "avad"); }
  std::string View(std::uint64_t session, const CacheOwner& owner) {
    KernelCache cache = Cache();
    const auto view =
        cache.CreateView(session, owner, GetParam() ? std::optional(kLimits) : std::nullopt);
    EXPECT_TRUE(view.has_value()) << view.error().message();
    EXPECT_EQ(cache.is_mounted(), GetParam());
    EXPECT_TRUE(cache.FillView(session, owner).has_value());
    open_.insert_or_assign(session, std::move(cache));
    return *view;
  }
  void Close(std::uint64_t session, const CacheOwner& owner, const CacheLimits& limits = {}) {
    const auto closed = open_.at(session).CloseView(session, owner, limits);
    EXPECT_TRUE(closed.has_value()) << closed.error().message();
    EXPECT_FALSE(fs::exists(open_.at(session).ViewPath(session)));
    open_.erase(session);
  }
  // What the next worker would see: path and text of each file.
  std::map<std::string, std::string> Kept() {
    const std::string view = View(99, second_);
    std::map<std::string, std::string> kept;
    for (const auto& entry : fs::recursive_directory_iterator(view)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream(entry.path()) >> kept[fs::relative(entry.path(), view).string()];
    }
    Close(99, second_);
    return kept;
  }
  // Names below the store's directory that are generations.
  std::vector<std::string> Generations() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(top_ + "/1000/layers")) {
      if (entry.is_directory()) names.push_back(entry.path().filename().string());
    }
    return names;
  }

  std::string top_;
  CacheOwner first_;
  CacheOwner second_;
  std::map<std::uint64_t, KernelCache> open_;
};

INSTANTIATE_TEST_SUITE_P(Views, KernelCacheTest, testing::Bool(),
                         [](const auto& way) { return way.param ? "Mounted" : "Linked"; });

TEST_P(KernelCacheTest, TheNextWorkerFindsWhatTheFirstBuilt) {
  const std::string first = View(1, first_);
  WriteLikePocl(first + "/DA/key/program.bc", "code", first_);
  Close(1, first_);

  const std::string second = View(2, second_);
  struct stat status{};
  ASSERT_EQ(stat((second + "/DA/key/program.bc").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, geteuid());
  EXPECT_EQ(status.st_mode & 07777, 0644U);
  // Beside it the worker may make more.
  ASSERT_EQ(stat((second + "/DA/key").c_str(), &status), 0);
  const bool owns = status.st_uid == (second_.change ? second_.uid : geteuid());
  EXPECT_TRUE(owns || (status.st_mode & 0777) == 0777);
  Close(2, second_);
}

TEST_P(KernelCacheTest, WhatIsBuiltBesideAnEntryIsKeptToo) {
  WriteLikePocl(View(1, first_) + "/DA/key/program.bc", "code", first_);
  Close(1, first_);
  WriteLikePocl(View(2, second_) + "/DA/key/8-1-1/kernel.so", "more", second_);
  Close(2, second_);
  EXPECT_EQ(Kept(), (std::map<std::string, std::string>{{"DA/key/program.bc", "code"},
                                                        {"DA/key/8-1-1/kernel.so", "more"}}));
}

TEST_P(KernelCacheTest, UnfinishedAndEmptyFilesAreNotKept) {
  const std::string view = View(1, first_);
  WriteLikePocl(view + "/DA/key/program.bc_zFX5dt.temp", "half", first_);
  WriteLikePocl(view + "/tempfile_L9S6pv.so", "half", first_);
  WriteLikePocl(view + "/DA/key/last_accessed", "", first_);
  Close(1, first_);
  EXPECT_TRUE(Kept().empty());
}

TEST_P(KernelCacheTest, LinksOutOfTheViewAreNotFollowed) {
  std::ofstream(top_ + "/secret") << "secret";
  const std::string view = View(1, first_);
  fs::create_symlink(top_ + "/secret", view + "/link.bc");
  fs::create_directory_symlink(top_, view + "/up");
  std::error_code not_across_file_systems;
  fs::create_hard_link(top_ + "/secret", view + "/hard.bc", not_across_file_systems);
  Close(1, first_);
  EXPECT_TRUE(Kept().empty());
  EXPECT_TRUE(fs::exists(top_ + "/secret"));
}

TEST_P(KernelCacheTest, TheFirstOfTwoStays) {
  const std::string first = View(1, first_);
  const std::string second = View(2, second_);
  WriteLikePocl(first + "/DA/program.bc", "one", first_);
  WriteLikePocl(second + "/DA/program.bc", "two", second_);
  Close(1, first_);
  Close(2, second_);
  EXPECT_EQ(Kept(), (std::map<std::string, std::string>{{"DA/program.bc", "one"}}));
}

TEST_P(KernelCacheTest, TheOldestGoWhenTheLimitIsReached) {
  for (int i = 0; i < 5; ++i) {
    const std::string path = View(1, first_) + "/D" + std::to_string(i) + "/program.bc";
    WriteLikePocl(path, "code", first_);
    const timespec used[2] = {{1000 + i, 0}, {1000 + i, 0}};
    ASSERT_EQ(utimensat(0, path.c_str(), used, 0), 0);
    Close(1, first_, {.files = i < 4 ? 2048U : 2U, .bytes = 1 << 20});
  }
  EXPECT_EQ(Kept(), (std::map<std::string, std::string>{{"D3/program.bc", "code"},
                                                        {"D4/program.bc", "code"}}));
}

// Many sessions, each with something new: layers become one again, and what a session sees stays.
TEST_P(KernelCacheTest, KeepsFewLayersAndNoGenerationThatNobodyUses) {
  WriteLikePocl(View(1, first_) + "/D0/program.bc", "code", first_);
  Close(1, first_);
  const std::string old = View(2, first_);
  for (int i = 1; i < 40; ++i) {
    WriteLikePocl(View(3, second_) + "/D" + std::to_string(i) + "/program.bc", "code", second_);
    Close(3, second_);
  }
  EXPECT_EQ(Kept().size(), 40U);
  EXPECT_LE(Generations().size(), 2U);  // the newest, and the one below the second session's view
  EXPECT_TRUE(fs::exists(old + "/D0/program.bc"));
  Close(2, first_);
  for (int i = 40; i < 60; ++i) {
    WriteLikePocl(View(3, second_) + "/D" + std::to_string(i) + "/program.bc", "code", second_);
    Close(3, second_);
  }
  EXPECT_EQ(Generations().size(), 1U);
  EXPECT_EQ(Kept().size(), 60U);
}

// A tmpfs counts what is written of them, a disk what they seem to have.
TEST_P(KernelCacheTest, FilesWithHolesAreNotFilledUp) {
  const std::string view = View(1, first_);
  WriteLikePocl(view + "/DA/program.bc", "code", first_);
  WriteLikePocl(view + "/DB/holes.bc", "code", first_);
  ASSERT_EQ(truncate((view + "/DB/holes.bc").c_str(), 1 << 30), 0);
  Close(1, first_);
  const bool moved = !GetParam() && !first_.change;
  EXPECT_EQ(Kept().size(), moved ? 2U : 1U);
}

// Of two layers one may have a file where the other has a directory: both cannot come into the next
// generation, and everything else does.
TEST_P(KernelCacheTest, AFileInADirectorysPlaceStopsNothing) {
  WriteLikePocl(View(1, first_) + "/DA/name", "file", first_);
  Close(1, first_);
  const std::string view = View(2, second_);
  fs::remove(view + "/DA/name");
  WriteLikePocl(view + "/DA/name/below", "code", second_);
  Close(2, second_);
  for (std::uint64_t session = 3; session < 40; ++session) {
    const std::string number = std::to_string(session);
    WriteLikePocl(View(session, first_) + "/DA/key" + number + "/program.bc", "code", first_);
    Close(session, first_);
  }
  EXPECT_EQ(Kept().count("DA/key39/program.bc"), 1U);
}

TEST_P(KernelCacheTest, ADirectoryOfFilesWithHolesIsNotMade) {
  const std::string view = View(1, first_);
  WriteLikePocl(view + "/DA/key/program.bc", "code", first_);
  WriteLikePocl(view + "/DA/other/sparse", "x", first_);
  fs::resize_file(view + "/DA/other/sparse", 64 << 10);
  Close(1, first_);
  if (!first_.change) GTEST_SKIP() << "a user's own files are moved";
  EXPECT_FALSE(fs::exists(top_ + "/1000/layers/1/1/DA/other"));
  EXPECT_TRUE(fs::exists(top_ + "/1000/layers/1/1/DA/key"));
}

TEST_P(KernelCacheTest, OneSessionBringsNoMoreThanTheLimits) {
  const std::string view = View(1, first_);
  for (int i = 0; i < 9; ++i)
    WriteLikePocl(view + "/D" + std::to_string(i) + "/program.bc", "code", first_);
  fs::create_directories(view + "/empty/of/files");
  Close(1, first_, {.files = 100, .bytes = 12});
  EXPECT_EQ(Kept().size(), 3U);
  int directories = 0;
  for (const auto& entry : fs::recursive_directory_iterator(top_ + "/1000/layers"))
    directories +=
        entry.path().filename().string().starts_with("D") || entry.path().filename() == "empty";
  EXPECT_EQ(directories, 3) << "those of files that were taken";
}

TEST_P(KernelCacheTest, AnOldGenerationGoesWithItsLastSession) {
  WriteLikePocl(View(1, first_) + "/D0/program.bc", "code", first_);
  Close(1, first_);
  View(2, first_);
  for (int i = 1; i < 20; ++i) {
    WriteLikePocl(View(3, second_) + "/D" + std::to_string(i) + "/program.bc", "code", second_);
    Close(3, second_);
  }
  Close(2, first_);
  View(4, second_);
  Close(4, second_);
  EXPECT_EQ(Generations().size(), 1U);
}

TEST_P(KernelCacheTest, AViewIsCurrentUntilSomethingComes) {
  View(1, first_);
  View(2, second_);
  Close(2, second_);
  EXPECT_TRUE(open_.at(1).IsCurrent());
  WriteLikePocl(View(2, second_) + "/DA/program.bc", "code", second_);
  Close(2, second_);
  EXPECT_FALSE(open_.at(1).IsCurrent());
}

// Or else the directories are looked at from outside: tree_usage.h.
TEST_P(KernelCacheTest, WhatIsNewIsLimitedByTheKernel) {
  const std::string view = View(1, first_);
  std::ofstream file(view + "/large");
  for (int i = 0; i < 3; ++i) file << std::string(1 << 19, 'x');
  EXPECT_EQ(file.flush().good(), !GetParam());
}

TEST_P(KernelCacheTest, RemovesTheViewsOfAKilledManagerAndNoOthers) {
  View(1, first_);
  KernelCache other(top_, 1000, "avad-other");
  ASSERT_TRUE(other.CreateView(7, first_).has_value());
  Unmount(Cache().ViewPath(1));  // as the kernel does when the namespace goes
  Unmount(Cache().ViewPath(1));
  EXPECT_TRUE(RemoveViews(top_, "avad").has_value());
  EXPECT_FALSE(fs::exists(Cache().ViewPath(1)));
  EXPECT_TRUE(fs::exists(other.ViewPath(7)));
}

}  // namespace
}  // namespace ava::control
