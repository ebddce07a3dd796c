// SPDX-License-Identifier: Apache-2.0
#include "ava/control/config.h"

#include <gtest/gtest.h>

#include <string>

namespace ava::control {
namespace {

std::string ErrorOf(std::string_view text) {
  Config config;
  const auto parsed = ParseConfig(text, "avad.toml", config);
  return parsed.has_value() ? "" : parsed.error().message();
}

TEST(Config, SetsWhatTheFileNamesAndNothingElse) {
  Config config;
  const auto parsed = ParseConfig(R"(
[manager]
socket = "@ava"
[sessions]
max = 3
[worker]
uids = [70000, 70010]
environment = ["POCL_*", "CUDA_CACHE_*"]
landlock = "required"
)",
                                  "avad.toml", config);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  EXPECT_EQ(config.socket, "@ava");
  EXPECT_EQ(config.sessions_max, 3);
  EXPECT_EQ(config.sessions_per_user_max, 128);
  EXPECT_EQ(config.uid_first, 70000U);
  EXPECT_EQ(config.uid_last, 70010U);
  EXPECT_EQ(config.environment.size(), 2U);
  EXPECT_TRUE(config.landlock_required);
}

TEST(Config, NamesTheLineOfAnUnknownKey) {
  EXPECT_EQ(ErrorOf("[sessions]\nmaximum = 3\n"),
            "avad.toml:2:11: 'sessions.maximum' is not a setting");
}

TEST(Config, NamesTheLimitsOfANumber) {
  EXPECT_EQ(ErrorOf("[sessions]\nmax = 0\n"),
            "avad.toml:2:7: 'sessions.max' must be a whole number from 1 to 4096");
  EXPECT_EQ(ErrorOf("[sessions]\nmax = \"3\"\n"),
            "avad.toml:2:7: 'sessions.max' must be a whole number from 1 to 4096");
}

TEST(Config, RefusesUsersOfTheSystem) {
  EXPECT_NE(ErrorOf("[worker]\nuids = [0, 10]\n"), "");
  EXPECT_NE(ErrorOf("[worker]\nuids = [61000]\n"), "");
  EXPECT_NE(ErrorOf("[worker]\nuids = [61000, 60000]\n"), "");
}

TEST(Config, RefusesABadFileWhole) {
  Config config;
  EXPECT_FALSE(ParseConfig("[sessions]\nmax = 3\nmax_per_user = -1\n", "avad.toml", config));
  EXPECT_EQ(config.sessions_max, 256);
}

TEST(Config, ReportsWhereTheSyntaxBreaks) {
  EXPECT_EQ(ErrorOf("[sessions\n").substr(0, 12), "avad.toml:1:");
}

TEST(Config, SaysWhichFileIsMissing) {
  Config config;
  const auto loaded = LoadConfig("/nonexistent/avad.toml", config);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().message(), "open('/nonexistent/avad.toml'): No such file or directory");
}

}  // namespace
}  // namespace ava::control
