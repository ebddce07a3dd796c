// SPDX-License-Identifier: Apache-2.0
#include "ava/control/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace ava::control {
namespace {

TEST(Log, WhatAWorkerSaysStaysOneLineWithoutControlCharacters) {
  std::string pattern = testing::TempDir() + "ava-log-XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const std::string file = pattern + "/log";
  {
    const auto log = Log::Open(file);
    ASSERT_TRUE(log.has_value());
    log->Info("session 1: harmless\n2026-01-01 session 2: forged\r\x1b[2J{}");
  }
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  std::filesystem::remove_all(pattern);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_NE(text.find("harmless?2026-01-01 session 2: forged??[2J{}"), std::string::npos) << text;
}

}  // namespace
}  // namespace ava::control
