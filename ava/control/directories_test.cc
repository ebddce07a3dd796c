// SPDX-License-Identifier: Apache-2.0
#include "ava/control/directories.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ava/base/format.h"
#include "ava/base/unique_fd.h"

namespace ava::control {
namespace {

namespace fs = std::filesystem;

class DirectoriesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ava-directories-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
    tree_ = top_ + "/tree";
  }
  void TearDown() override { fs::remove_all(top_); }

  std::string top_;
  std::string tree_;
};

TEST_F(DirectoriesTest, CreatesWithTheMode) {
  const mode_t old = umask(077);
  EXPECT_TRUE(EnsureDirectory(tree_ + "/a/b", 0755).has_value());
  umask(old);
  struct stat status{};
  ASSERT_EQ(stat((tree_ + "/a/b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755U);
  EXPECT_TRUE(EnsureDirectory(tree_ + "/a/b", 0755).has_value());
}

TEST_F(DirectoriesTest, RefusesOneThatOthersMayWrite) {
  fs::create_directory(tree_);
  fs::permissions(tree_, fs::perms::all);
  const auto ensured = EnsureDirectory(tree_, 0700);
  ASSERT_FALSE(ensured.has_value());
  EXPECT_EQ(ensured.error().code(), ErrorCode::kInvalid);
}

TEST_F(DirectoriesTest, RefusesALink) {
  fs::create_directory(top_ + "/real");
  fs::create_directory_symlink(top_ + "/real", tree_);
  const auto ensured = EnsureDirectory(tree_, 0700);
  ASSERT_FALSE(ensured.has_value());
  EXPECT_EQ(ensured.error().code(), ErrorCode::kInvalid);
  EXPECT_NE(ensured.error().message().find("is a symbolic link of user"), std::string::npos);
}

TEST_F(DirectoriesTest, RefusesOneOfSomebodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  ASSERT_EQ(mkdir(tree_.c_str(), 0700), 0);
  ASSERT_EQ(chown(tree_.c_str(), 61999, 61999), 0);
  const auto ensured = EnsureDirectory(tree_, 0700);
  ASSERT_FALSE(ensured.has_value());
  EXPECT_EQ(ensured.error().code(), ErrorCode::kInvalid);
}

TEST_F(DirectoriesTest, RemovesATreeWithoutFollowingLinks) {
  fs::create_directories(top_ + "/kept");
  std::ofstream(top_ + "/kept/file") << "x";
  fs::create_directories(tree_ + "/a/b");
  std::ofstream(tree_ + "/a/b/file") << "x";
  fs::create_directory_symlink(top_ + "/kept", tree_ + "/a/link");
  fs::permissions(tree_ + "/a/b", fs::perms::none);
  EXPECT_TRUE(RemoveTree(tree_).has_value());
  EXPECT_FALSE(fs::exists(tree_));
  EXPECT_TRUE(fs::exists(top_ + "/kept/file"));
}

TEST_F(DirectoriesTest, RemovesATreeDeeperThanAnyPath) {
  fs::create_directories(tree_);
  UniqueFd at(open(tree_.c_str(), O_RDONLY | O_DIRECTORY));
  for (int depth = 0; depth < 400; ++depth) {
    ASSERT_EQ(mkdirat(at.get(), "deeper", 0700), 0);
    at = UniqueFd(openat(at.get(), "deeper", O_RDONLY | O_DIRECTORY));
    ASSERT_TRUE(at);
  }
  const auto removed = RemoveTree(tree_);
  EXPECT_TRUE(removed.has_value()) << removed.error().message();
  EXPECT_FALSE(fs::exists(tree_));
}

TEST_F(DirectoriesTest, RemovesATreeThatSomebodyElseStillFills) {
  if (geteuid() != 0) GTEST_SKIP() << "only root has users to spare";
  constexpr uid_t kUser = 61999;
  constexpr unsigned kFilesMax = 20'000;  // of each process
  const std::string own = tree_ + "/own";
  fs::create_directories(own);
  fs::permissions(top_, fs::perms::owner_all | fs::perms::others_exec);
  ASSERT_EQ(chown(own.c_str(), kUser, kUser), 0);
  std::vector<pid_t> children;
  for (char name = 'a'; name < 'g'; ++name) {
    children.push_back(fork());
    if (children.back() == 0) {
      if (chdir(own.c_str()) != 0 || setgid(kUser) != 0 || setuid(kUser) != 0) _exit(1);
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (unsigned i = 0; i < kFilesMax; ++i)
        close(creat((name + std::to_string(i)).c_str(), 0600));
      for (;;) pause();
    }
  }
  while (fs::is_empty(own)) usleep(1000);
  const UniqueFd seen(open(own.c_str(), O_PATH | O_CLOEXEC));
  const auto removed = RemoveTree(tree_);
  EXPECT_TRUE(removed.has_value()) << removed.error().message();
  EXPECT_FALSE(fs::exists(tree_));
  struct stat status{};
  ASSERT_EQ(fstat(seen.get(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U) << "it was taken away first";
  for (const pid_t child : children) {
    kill(child, SIGKILL);
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
  }
}

TEST_F(DirectoriesTest, WhatIsNotThereIsRemovedAlready) {
  EXPECT_TRUE(RemoveTree(tree_).has_value());
}

}  // namespace
}  // namespace ava::control
