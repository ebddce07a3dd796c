// SPDX-License-Identifier: Apache-2.0
#include "ava/base/path.h"

#include <gtest/gtest.h>

namespace ava {
namespace {

TEST(NormalPath, LeavesOutWhatSaysNothing) {
  EXPECT_EQ(NormalPath("/a//b/./c/"), "/a/b/c");
  EXPECT_EQ(NormalPath("/"), "/");
  EXPECT_EQ(NormalPath("/a/../b"), "/b");
}

TEST(NormalPath, StaysBelowTheRoot) {
  EXPECT_EQ(NormalPath("/../../etc"), "/etc");
  EXPECT_EQ(NormalPath("/a/../../../b/.."), "/");
}

TEST(AbsolutePath, IsRelativeToTheDirectory) {
  EXPECT_EQ(AbsolutePath("/home/u", "x.h"), "/home/u/x.h");
  EXPECT_EQ(AbsolutePath("/home/u", "../../../../x.h"), "/x.h");
  EXPECT_EQ(AbsolutePath("/home/u", "/x.h"), "/x.h");
}

}  // namespace
}  // namespace ava
