// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/guest_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace ava::worker {
namespace {

namespace fs = std::filesystem;

class GuestFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    before_ = fs::current_path();
    char name[] = "/tmp/ava-guest-files-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    top_ = name;
    for (const char* directory : {"files", "own", "other"}) fs::create_directory(top_ / directory);
    Make({});
  }
  void TearDown() override {
    fs::current_path(before_);
    fs::remove_all(top_);
  }

  void Make(GuestFiles::Limits limits) {
    files_ = std::make_unique<GuestFiles>(GuestFiles::Setup{
        .root = top_ / "files", .own = {top_ / "own"}, .compiling = nullptr, .limits = limits});
  }
  Result<void> Put(const char* path, const char* text) {
    return files_->Put(path, text, std::strlen(text));
  }
  // What a compiler reads at `path`; "-": nothing.
  std::string Read(const std::string& path) {
    const auto resolved = files_->Resolve(path.c_str());
    if (!resolved.has_value()) return "-";
    std::ifstream file(*resolved);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void Write(const fs::path& path, const char* text) { std::ofstream(path) << text; }

  fs::path before_;
  fs::path top_;
  std::unique_ptr<GuestFiles> files_;
};

TEST_F(GuestFilesTest, AnswersWithTheGuestsFile) {
  ASSERT_TRUE(Put("/home/u/a.h", "mine"));
  EXPECT_EQ(Read("/home/u/a.h"), "mine");
  EXPECT_EQ(Read("/home/u/x/../a.h"), "mine");
  ASSERT_TRUE(Put("/home/u/a.h", "changed"));
  EXPECT_EQ(Read("/home/u/a.h"), "changed");
}

TEST_F(GuestFilesTest, KeepsWhatHasNotChanged) {
  ASSERT_TRUE(Put("/a.h", "same"));
  struct stat first{};
  struct stat second{};
  ASSERT_EQ(stat((top_ / "files/a.h").c_str(), &first), 0);
  ASSERT_TRUE(Put("/a.h", "same"));
  ASSERT_EQ(stat((top_ / "files/a.h").c_str(), &second), 0);
  EXPECT_EQ(first.st_ino, second.st_ino);
}

TEST_F(GuestFilesTest, NeverAnswersWithTheMachinesFile) {
  ASSERT_TRUE(fs::exists("/etc/passwd"));
  EXPECT_EQ(Read("/etc/passwd"), "-");
  ASSERT_TRUE(Put("/etc/passwd", "the guest's"));
  EXPECT_EQ(Read("/etc/passwd"), "the guest's");
}

TEST_F(GuestFilesTest, LeavesTheVendorItsOwn) {
  Write(top_ / "own/vendor.h", "vendor");
  Write(top_ / "other/host.h", "host");
  EXPECT_EQ(Read(top_ / "own/vendor.h"), "vendor");
  EXPECT_EQ(Read(top_ / "other/../own/vendor.h"), "vendor");
  EXPECT_EQ(Read(top_ / "own/../other/host.h"), "-");
  fs::create_symlink(top_ / "other/host.h", top_ / "own/link.h");
  EXPECT_EQ(Read(top_ / "own/link.h"), "-");
  fs::create_directory(top_ / "own-not");
  Write(top_ / "own-not/host.h", "host");
  EXPECT_EQ(Read(top_ / "own-not/host.h"), "-");
}

TEST_F(GuestFilesTest, ReadsRelativePathsWhereTheGuestIs) {
  ASSERT_TRUE(Put("/home/u/a.h", "near"));
  ASSERT_TRUE(Put("/b.h", "top"));
  ASSERT_TRUE(files_->Enter("/home/u/deep"));
  EXPECT_EQ(fs::current_path(), top_ / "files/home/u/deep");
  EXPECT_EQ(Read("../a.h"), "near");
  EXPECT_EQ(Read("absent/../../a.h"), "near");
  Write(top_ / "host.h", "host");
  EXPECT_EQ(Read("../../../../host.h"), "-");
  EXPECT_EQ(Read("../../../../../../../b.h"), "top");
  EXPECT_EQ(Read(""), "-");
}

TEST_F(GuestFilesTest, ForgetsWhatIsAbsent) {
  ASSERT_TRUE(Put("/a.h", "a"));
  ASSERT_TRUE(Put("/b.h", "b"));
  const std::string paths = std::string("/a.h") + '\0' + "/never.h" + '\0';
  files_->Remove(paths.data(), paths.size());
  EXPECT_EQ(Read("/a.h"), "-");
  EXPECT_EQ(Read("/b.h"), "b");
}

TEST_F(GuestFilesTest, StaysBelowItsRoot) {
  ASSERT_TRUE(Put("/../../escaped.h", "x"));
  EXPECT_FALSE(fs::exists(top_ / "escaped.h"));
  EXPECT_EQ(Read("/escaped.h"), "x");
  fs::create_directory_symlink(top_ / "other", top_ / "files/link");
  EXPECT_FALSE(Put("/link/a.h", "x"));
  EXPECT_FALSE(files_->Enter("/link"));
  EXPECT_TRUE(fs::is_empty(top_ / "other"));
  Write(top_ / "other/a.h", "host");
  fs::create_symlink(top_ / "other/a.h", top_ / "files/a.h");
  ASSERT_TRUE(Put("/a.h", "x"));  // replaces the link
  EXPECT_EQ(fs::file_size(top_ / "other/a.h"), 4U);
}

TEST_F(GuestFilesTest, FollowsTheGuestFromFileToDirectory) {
  ASSERT_TRUE(Put("/a", "file"));
  ASSERT_TRUE(Put("/a/b", "below"));
  EXPECT_EQ(Read("/a/b"), "below");
}

TEST_F(GuestFilesTest, HoldsSoManyBytes) {
  Make({.bytes = 10});
  ASSERT_TRUE(Put("/a.h", "12345"));
  ASSERT_TRUE(Put("/b.h", "12345"));
  const auto refused = Put("/c.h", "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(refused.error().message(),
            "'/c.h': a session's builds read 11 bytes of files, and kGuestFilesBytesMax is 10: "
            "include less, or start anew");
  ASSERT_TRUE(Put("/b.h", "1234"));  // A change counts for what it adds.
  ASSERT_TRUE(Put("/c.h", "1"));
  files_->Remove("/a.h", 5);
  ASSERT_TRUE(Put("/d.h", "12345"));
}

TEST_F(GuestFilesTest, HoldsSoManyFilesAndDirectories) {
  Make({.files = 3});
  ASSERT_TRUE(Put("/d/a.h", "1"));
  ASSERT_TRUE(Put("/d/b.h", "1"));
  ASSERT_TRUE(Put("/d/b.h", "2"));
  const auto refused = Put("/d/c.h", "1");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("kGuestFilesMax is 3"), std::string::npos);
  EXPECT_FALSE(files_->Enter("/e"));
  EXPECT_FALSE(fs::exists(top_ / "files/e"));
}

TEST_F(GuestFilesTest, RefusesWhatIsNoFile) {
  EXPECT_FALSE(files_->Put(nullptr, "x", 1));
  EXPECT_FALSE(files_->Put("/a.h", nullptr, 1));
  EXPECT_FALSE(Put("/", "x"));
  EXPECT_FALSE(files_->Enter(nullptr));
  files_->Remove(nullptr, 8);
  EXPECT_TRUE(files_->Put("/empty.h", nullptr, 0));
  EXPECT_EQ(Read("/empty.h"), "");
}

TEST_F(GuestFilesTest, WithoutARootThereAreNone) {
  GuestFiles none{{}};
  EXPECT_EQ(none.Put("/a.h", "", 0).error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace ava::worker
