// SPDX-License-Identifier: Apache-2.0
#include "ava/control/lock.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

namespace ava::control {
namespace {

class LockTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ava-lock-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ + "/run/avad.lock";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
  std::string path_;
};

TEST_F(LockTest, HasOneHolder) {
  const auto first = ManagerLock::Acquire(path_, 0700, 0);
  ASSERT_TRUE(first.has_value()) << first.error().message();
  const auto second = ManagerLock::Acquire(path_, 0700, 30);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
}

TEST_F(LockTest, IsFreeAfterItsHolderIsGone) {
  {
    ASSERT_TRUE(ManagerLock::Acquire(path_, 0700, 0).has_value());
  }
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(ManagerLock::Acquire(path_, 0700, 0).has_value());
}

TEST_F(LockTest, RemovesItsFile) {
  const auto lock = ManagerLock::Acquire(path_, 0700, 0);
  ASSERT_TRUE(lock.has_value());
  lock->RemoveFile();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LockTest, LeavesAFileAloneThatIsNotItsOwn) {
  auto first = ManagerLock::Acquire(path_, 0700, 0);
  ASSERT_TRUE(first.has_value());
  first->RemoveFile();
  const auto second = ManagerLock::Acquire(path_, 0700, 0);
  ASSERT_TRUE(second.has_value());
  first->RemoveFile();
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(LockTest, MakesItsDirectoryForItselfAlone) {
  const auto lock = ManagerLock::Acquire(path_, 0700, 0);
  ASSERT_TRUE(lock.has_value());
  struct stat status{};
  ASSERT_EQ(lstat((directory_ + "/run").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
}

TEST_F(LockTest, IsNotTakenInADirectoryOfSomebodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  std::filesystem::create_directory(directory_ + "/run");
  ASSERT_EQ(chown((directory_ + "/run").c_str(), 61999, 61999), 0);
  const auto lock = ManagerLock::Acquire(path_, 0700, 0);
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().code(), ErrorCode::kInvalid);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace ava::control
