// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/trust.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "ava/base/unique_fd.h"
#include "ava/transport/guest_channel.h"
#include "ava/transport/test_session.h"

namespace ava::transport {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kStranger = 61998;
constexpr uid_t kUser = 61999;

// A listening socket, made by `user`.
UniqueFd ListenAs(uid_t user, const UnixAddress& address) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const uid_t own = geteuid();
  EXPECT_EQ(seteuid(user), 0);
  EXPECT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.name), address.bytes), 0);
  EXPECT_EQ(listen(socket.get(), 4), 0);
  EXPECT_EQ(seteuid(own), 0);
  return socket;
}

class TrustTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can be several users";
    std::string pattern = testing::TempDir() + "ava-trust-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
    fs::permissions(top_, fs::perms::all | fs::perms::sticky_bit);  // as /tmp is
    directory_ = top_ + "/ava-" + std::to_string(kUser);
    path_ = directory_ + "/avad.sock";
  }
  void TearDown() override {
    if (!top_.empty()) fs::remove_all(top_);
  }

  void MakeDirectory(const std::string& path, uid_t owner, mode_t mode = 0755) {
    ASSERT_EQ(mkdir(path.c_str(), mode), 0);
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    ASSERT_EQ(lchown(path.c_str(), owner, owner), 0);
  }
  UnixAddress Address() {
    UnixAddress address;
    EXPECT_TRUE(ParsePath(path_, address, error_));
    return address;
  }
  // What a process of kUser gets; the reason is in error_.
  bool Connects() {
    EXPECT_EQ(seteuid(kUser), 0);
    RecordingEvents events;
    const std::array<unsigned char, 32> digest = {};
    const std::string url = "unix:" + path_;
    GuestChannel* channel = transport::Connect(
        {.url = url.c_str(), .api = "toy", .digest = digest.data(), .functions = 1}, events,
        error_);
    EXPECT_EQ(seteuid(0), 0);
    return channel != nullptr;
  }
  bool PlaceIsTrusted() {
    EXPECT_EQ(seteuid(kUser), 0);
    const bool trusted = IsTrustedPlace(Address(), error_);
    EXPECT_EQ(seteuid(0), 0);
    return trusted;
  }
  bool Says(std::string_view text) const {
    return std::string_view(error_.data()).find(text) != std::string_view::npos;
  }

  std::string top_;
  std::string directory_;
  std::string path_;
  std::array<char, 400> error_ = {};
};

TEST_F(TrustTest, TheUsersOwnAndRoots) {
  MakeDirectory(directory_, kUser, 0700);
  EXPECT_TRUE(PlaceIsTrusted()) << "nothing there yet";
  const UniqueFd own = ListenAs(kUser, Address());
  EXPECT_TRUE(PlaceIsTrusted()) << error_.data();
  ASSERT_EQ(unlink(path_.c_str()), 0);
  const UniqueFd root = ListenAs(0, Address());
  EXPECT_TRUE(PlaceIsTrusted()) << error_.data();
}

TEST_F(TrustTest, ADirectoryThatAStrangerMadeFirst) {
  MakeDirectory(directory_, kStranger);
  const UniqueFd planted = ListenAs(kStranger, Address());
  ASSERT_EQ(chmod(path_.c_str(), 0777), 0);
  EXPECT_FALSE(Connects());
  EXPECT_TRUE(Says("directory '" + directory_ + "' belongs to user 61998, neither root nor user"))
      << error_.data();
  EXPECT_LT(accept4(planted.get(), nullptr, nullptr, SOCK_CLOEXEC), 0)
      << "nobody may even have connected";
}

TEST_F(TrustTest, ALinkThatAStrangerMadeFirst) {
  MakeDirectory(top_ + "/real", kUser);
  fs::create_directory_symlink(top_ + "/real", directory_);
  ASSERT_EQ(lchown(directory_.c_str(), kStranger, kStranger), 0);
  EXPECT_FALSE(PlaceIsTrusted());
  ASSERT_EQ(lchown(directory_.c_str(), kUser, kUser), 0);
  EXPECT_TRUE(PlaceIsTrusted()) << error_.data();
  MakeDirectory(top_ + "/planted", kStranger);
  fs::remove(directory_);
  fs::create_directory_symlink(top_ + "/planted", directory_);
  EXPECT_FALSE(PlaceIsTrusted()) << "root's link to a stranger's directory";
}

TEST_F(TrustTest, AStrangersSocketInASharedDirectory) {
  path_ = top_ + "/avad.sock";
  const UniqueFd planted = ListenAs(kStranger, Address());
  EXPECT_FALSE(Connects());
  EXPECT_TRUE(Says("socket '" + path_ + "' belongs to user 61998")) << error_.data();
}

TEST_F(TrustTest, ADirectoryInWhichAnybodyCanReplaceIt) {
  MakeDirectory(directory_, kUser, 0777);
  EXPECT_FALSE(PlaceIsTrusted());
  EXPECT_TRUE(Says("mode 0777")) << error_.data();
}

TEST_F(TrustTest, AStrangerBehindAnOwnSocket) {
  // The file was given away after listen(): only the kernel still knows who listens.
  path_ = top_ + "/avad.sock";
  const UniqueFd planted = ListenAs(kStranger, Address());
  ASSERT_EQ(chmod(path_.c_str(), 0777), 0);
  ASSERT_EQ(lchown(path_.c_str(), kUser, kUser), 0);
  EXPECT_FALSE(Connects());
  EXPECT_TRUE(Says("a process of user 61998 listens on")) << error_.data();
  path_ = "@ava-trust-test-" + std::to_string(getpid());
  const UniqueFd abstract = ListenAs(kStranger, Address());
  EXPECT_FALSE(Connects());
  EXPECT_TRUE(Says("a process of user 61998 listens on")) << error_.data();
}

}  // namespace
}  // namespace ava::transport
