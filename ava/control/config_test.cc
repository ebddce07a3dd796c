// SPDX-License-Identifier: Apache-2.0
#include "ava/control/config.h"

#include <gtest/gtest.h>

#include <fstream>
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
vendor = "/opt/vendor/libOpenCL.so"
uids = [70000, 70010]
environment = ["POCL_*", "CUDA_CACHE_*"]
landlock = "required"
)",
                                  "avad.toml", config);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  EXPECT_EQ(config.socket, "@ava");
  EXPECT_EQ(config.sessions_max, 3);
  EXPECT_EQ(config.sessions_per_user_max, 128);
  EXPECT_EQ(config.VendorOf("opencl"), "/opt/vendor/libOpenCL.so");
  EXPECT_EQ(config.uid_first, 70000U);
  EXPECT_EQ(config.uid_last, 70010U);
  EXPECT_EQ(config.environment.size(), 2U);
  EXPECT_TRUE(config.landlock_required);
}

TEST(Config, HasAVendorForEachApi) {
  Config config;
  const auto parsed =
      ParseConfig("[worker]\nvendor = { tally = '/opt/libtally.so' }\n", "avad.toml", config);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  EXPECT_EQ(config.VendorOf("tally"), "/opt/libtally.so");
  EXPECT_EQ(config.VendorOf("opencl"), "");
  EXPECT_EQ(ErrorOf("[worker]\nvendor = 3\n"),
            "avad.toml:2:10: 'worker.vendor' must be a text in quotes, or a table of one for each "
            "API");
  EXPECT_EQ(ErrorOf("[worker]\nvendor = { tally = 3 }\n"),
            "avad.toml:2:20: 'worker.vendor.tally' must be a text in quotes");
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

TEST(Config, SetsTheScheduler) {
  Config config;
  const auto parsed = ParseConfig(R"(
[scheduler]
policy = "priority"
quantum_us = 500
[[tenants]]
user = "root"
weight = 3
priority = 2
[[tenants]]
user = 1234
cap = 0.25
commands_per_second = 100.0
)",
                                  "avad.toml", config);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  const policy::Settings settings = config.Scheduling();
  EXPECT_EQ(settings.policy->name, "priority");
  EXPECT_EQ(settings.quantum_ns, 500'000);
  EXPECT_EQ(settings.tenants.at(0).weight, 3);
  EXPECT_EQ(settings.tenants.at(0).priority, 2);
  EXPECT_EQ(settings.tenants.at(1234).cap, 0.25);
  EXPECT_EQ(settings.tenants.at(1234).commands_per_second, 100);
}

TEST(Config, NamesWhatIsWrongOfTheScheduler) {
  EXPECT_EQ(ErrorOf("[scheduler]\npolicy = \"lottery\"\n"),
            "avad.toml:2:10: 'scheduler.policy' must be one of \"fair\", \"priority\", \"fifo\", "
            "\"none\"");
  EXPECT_EQ(ErrorOf("[[tenants]]\nweight = 2\n"), "avad.toml:1:1: 'tenants' needs a 'user'");
  EXPECT_EQ(ErrorOf("[[tenants]]\nuser = 5\n[[tenants]]\nuser = 5\n"),
            "avad.toml:3:1: 'tenants' has user 5 twice");
  EXPECT_EQ(ErrorOf("[[tenants]]\nuser = 5\nweight = 0\n"),
            "avad.toml:3:10: 'tenants.weight' must be a number from 1e-06 to 1000000");
  EXPECT_EQ(ErrorOf("[[tenants]]\nuser = \"nobody-of-this-name\"\n"),
            "avad.toml:2:8: 'tenants.user' must be a user of this machine, by name or by number");
  EXPECT_EQ(ErrorOf("[[tenants]]\nuser = 5\nshare = 2\n"),
            "avad.toml:3:9: 'tenants.share' is not a setting");
  EXPECT_EQ(ErrorOf("[tenants]\nuser = 5\n"),
            "avad.toml:1:1: 'tenants' must be written [[tenants]], once for each");
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

// The installed file: each setting is a comment with its default.
TEST(Config, AcceptsEachSettingOfTheInstalledFile) {
  std::ifstream file("packaging/avad.toml");
  std::string text;
  int settings = 0;
  for (std::string line; std::getline(file, line);) {
    const bool setting = line.starts_with("# ") && line.find(" = ") != std::string::npos;
    const bool section = line.starts_with("# [[");
    settings += setting ? 1 : 0;
    text += (setting || section ? line.substr(2) : line) + "\n";
  }
  EXPECT_EQ(settings, 35);
  Config config;
  const auto parsed = ParseConfig(text, "avad.toml", config);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();

  const Config standard;
  EXPECT_EQ(config.idle_exit_seconds, standard.idle_exit_seconds);
  EXPECT_EQ(config.sessions_max, standard.sessions_max);
  EXPECT_EQ(config.sessions_per_user_max, standard.sessions_per_user_max);
  EXPECT_EQ(config.arena_bytes, standard.arena_bytes);
  EXPECT_EQ(config.directory_bytes, standard.directory_bytes);
  EXPECT_EQ(config.directory_files, standard.directory_files);
  EXPECT_EQ(config.watchdog_seconds, standard.watchdog_seconds);
  EXPECT_EQ(config.warm_per_user, standard.warm_per_user);
  EXPECT_EQ(config.warm_seconds, standard.warm_seconds);
  EXPECT_EQ(config.device_memory_session, standard.device_memory_session);
  EXPECT_EQ(config.policy, standard.policy);
  EXPECT_EQ(config.quantum_us, standard.quantum_us);
  EXPECT_EQ(config.in_flight_us, standard.in_flight_us);
  EXPECT_EQ(config.freeze, standard.freeze);
  EXPECT_EQ(config.tenants.at(1000), policy::TenantRules{});
  EXPECT_EQ(config.device_memory_user, standard.device_memory_user);
  EXPECT_EQ(config.uid_first, standard.uid_first);
  EXPECT_EQ(config.uid_last, standard.uid_last);
  EXPECT_EQ(config.worker_processes, standard.worker_processes);
  EXPECT_EQ(config.worker_descriptors, standard.worker_descriptors);
  EXPECT_EQ(config.landlock_required, standard.landlock_required);
}

TEST(Config, TheInstalledFileSetsNothing) {
  Config config;
  ASSERT_TRUE(LoadConfig("packaging/avad.toml", config).has_value());
  EXPECT_EQ(config.socket, "");
  EXPECT_EQ(config.sessions_max, Config().sessions_max);
}

}  // namespace
}  // namespace ava::control
