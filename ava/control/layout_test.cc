// SPDX-License-Identifier: Apache-2.0
#include "ava/control/layout.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ava::control {
namespace {

TEST(Layout, RootUsesTheSystemsDirectories) {
  const Surroundings root{.uid = 0, .home = "/root", .xdg_runtime = "/run/user/0"};
  EXPECT_EQ(DefaultSocket(root), kRootSocket);
  EXPECT_EQ(DefaultCacheDirectory(root), "/var/cache/ava");
  EXPECT_EQ(DefaultLogFile(root), "/var/log/ava/avad.log");
}

TEST(Layout, UsersUseTheirOwn) {
  Surroundings user{.uid = 1000, .home = "/home/u", .xdg_runtime = "/run/user/1000"};
  EXPECT_EQ(DefaultSocket(user), "/run/user/1000/ava/avad.sock");
  EXPECT_EQ(DefaultCacheDirectory(user), "/home/u/.cache/ava");
  user.xdg_runtime.clear();
  EXPECT_EQ(DefaultSocket(user), "/tmp/ava-1000/avad.sock");
}

TEST(Layout, EachSocketHasANameOfItsOwn) {
  const Surroundings root{.uid = 0};
  EXPECT_EQ(ManagerName(kRootSocket, root), "avad");
  EXPECT_NE(ManagerName("@a", root), ManagerName("@b", root));
  EXPECT_EQ(ManagerName("@a", root), ManagerName("@a", root));
}

TEST(Layout, UrlsNameSockets) {
  EXPECT_EQ(UrlOfSocket("@ava"), "unix:@ava");
  EXPECT_EQ(SocketOfUrl("unix:/run/ava/avad.sock"), "/run/ava/avad.sock");
  EXPECT_EQ(SocketOfUrl("tcp:host:1"), "");
}

TEST(Layout, LibrariesStandBesideThePrograms) {
  const Surroundings installed{.uid = 0, .program_directory = "/usr/bin"};
  EXPECT_EQ(LibraryDirectories(installed).front(), "/usr/lib/ava");
  EXPECT_EQ(LibraryDirectories(installed).back(), "/usr/local/lib/ava");
  const Surroundings elsewhere{.uid = 0, .program_directory = "/opt/ava/bin"};
  EXPECT_EQ(LibraryDirectories(elsewhere).back(), "/opt/ava/lib");
  EXPECT_EQ(FindIn({"/nonexistent", "/etc"}, "passwd"), "/etc/passwd");
  EXPECT_EQ(FindIn({"/nonexistent"}, "passwd"), "");
}

class Prefix : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "ava-prefix-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    prefix_ = pattern;
    surroundings_.program_directory = prefix_ / "bin";
  }
  void TearDown() override { std::filesystem::remove_all(prefix_); }

  std::string Make(const char* file) {
    const std::filesystem::path path = prefix_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "#";
    return path;
  }

  std::filesystem::path prefix_;
  Surroundings surroundings_;
};

TEST_F(Prefix, TheWorkerLiesWithTheLibrariesOrBesideThePrograms) {
  EXPECT_EQ(WorkerProgram(surroundings_), (prefix_ / "bin/ava-worker").string());
  const std::string installed = Make("lib/ava/ava-worker");
  EXPECT_EQ(WorkerProgram(surroundings_), installed);
  const std::string built = Make("bin/ava-worker");
  EXPECT_EQ(WorkerProgram(surroundings_), built);
}

TEST_F(Prefix, SettingsAreRootsAndOfTheSamePrefix) {
  surroundings_.uid = 0;
  EXPECT_EQ(DefaultConfigFile(surroundings_), "");
  const std::string file = Make("etc/ava/avad.toml");
  EXPECT_EQ(DefaultConfigFile(surroundings_), file);
  surroundings_.uid = 1000;
  EXPECT_EQ(DefaultConfigFile(surroundings_), "");
}

}  // namespace
}  // namespace ava::control
