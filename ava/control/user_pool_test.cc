// SPDX-License-Identifier: Apache-2.0
#include "ava/control/user_pool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace ava::control {
namespace {

class UserPoolTest : public testing::Test {
 protected:
  void SetUp() override { file_ = testing::TempDir() + "ava-users-" + std::to_string(getpid()); }
  void TearDown() override { unlink(file_.c_str()); }
  UserPool Open() { return std::move(UserPool::Open(61000, 61002, file_)).value(); }

  std::string file_;
};

TEST_F(UserPoolTest, GivesEachUserOnce) {
  UserPool pool = Open();
  EXPECT_EQ(pool.Take().value(), 61000U);
  EXPECT_EQ(pool.Take().value(), 61001U);
  EXPECT_EQ(pool.Take().value(), 61002U);
  const auto none = pool.Take();
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(none.error().message(), "all 3 users for workers are in use: raise 'worker.uids'");
}

TEST_F(UserPoolTest, PrefersOneThatWasFreeForLonger) {
  UserPool pool = Open();
  pool.Give(pool.Take().value());
  EXPECT_EQ(pool.Take().value(), 61001U);
}

TEST_F(UserPoolTest, TwoManagersShareTheRange) {
  UserPool one = Open();
  UserPool other = Open();
  EXPECT_EQ(one.Take().value(), 61000U);
  EXPECT_EQ(other.Take().value(), 61001U);
  EXPECT_EQ(one.Take().value(), 61002U);
  EXPECT_FALSE(other.Take().has_value());
  one.Give(61000);
  EXPECT_EQ(other.Take().value(), 61000U);
}

}  // namespace
}  // namespace ava::control
