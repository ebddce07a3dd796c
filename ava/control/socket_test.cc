// SPDX-License-Identifier: Apache-2.0
#include "ava/control/socket.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>

#include "ava/base/fd_passing.h"

namespace ava::control {
namespace {

class SocketTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ava-socket-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ + "/avad.sock";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
  std::string path_;
};

TEST_F(SocketTest, KnowsWhoConnects) {
  const auto listener = ListenOn(path_, Audience::kOwner);
  ASSERT_TRUE(listener.has_value()) << listener.error().message();
  const auto guest = ConnectTo(path_);
  ASSERT_TRUE(guest.has_value());
  const UniqueFd accepted(accept(listener->get(), nullptr, nullptr));
  const auto peer = PeerOf(accepted.get());
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->uid, geteuid());
  EXPECT_EQ(peer->pid, getpid());
}

TEST_F(SocketTest, OnlyTheAudienceGetsIn) {
  struct stat status{};
  const auto owner = ListenOn(path_, Audience::kOwner);
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto all = ListenOn(directory_ + "/all.sock", Audience::kEverybody);
  ASSERT_EQ(stat((directory_ + "/all.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0666, 0666U);
}

TEST_F(SocketTest, AStaleSocketIsReplacedAndALiveOneIsNot) {
  {
    ASSERT_TRUE(ListenOn(path_, Audience::kOwner).has_value());
  }
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_EQ(ConnectTo(path_).error().code(), ErrorCode::kUnavailable);
  const auto listener = ListenOn(path_, Audience::kOwner);
  ASSERT_TRUE(listener.has_value());
  const auto second = ListenOn(path_, Audience::kOwner);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
}

TEST_F(SocketTest, AbstractNamesNeedNoFile) {
  const std::string name = "@ava-test-" + std::to_string(getpid());
  const auto listener = ListenOn(name, Audience::kEverybody);
  ASSERT_TRUE(listener.has_value()) << listener.error().message();
  EXPECT_TRUE(ConnectTo(name).has_value());
  EXPECT_FALSE(ListenOn(name, Audience::kEverybody).has_value());
}

TEST_F(SocketTest, AFileThatIsNoSocketIsLeftAlone) {
  EXPECT_FALSE(ListenOn("/etc/passwd", Audience::kOwner).has_value());
  RemoveSocket("/etc/passwd");
  EXPECT_TRUE(std::filesystem::exists("/etc/passwd"));
}

TEST_F(SocketTest, WhatHasTakenItsPlaceIsNotRemoved) {
  const auto first = ListenOn(path_, Audience::kOwner);
  ASSERT_TRUE(first.has_value());
  const SocketFile file = SocketFileAt(path_);
  std::filesystem::rename(path_, path_ + ".old");  // keeps its inode from being used again
  const auto second = ListenOn(path_, Audience::kOwner);
  ASSERT_TRUE(second.has_value());
  RemoveSocket(path_, file);
  EXPECT_TRUE(std::filesystem::exists(path_));
  RemoveSocket(path_, SocketFileAt(path_));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SocketTest, SomebodyElsesIsNeitherUsedNorRemoved) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a socket away";
  const auto listener = ListenOn(path_, Audience::kEverybody);
  ASSERT_TRUE(listener.has_value());
  ASSERT_EQ(chown(path_.c_str(), 61999, 61999), 0);
  EXPECT_EQ(ConnectTo(path_).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(ListenOn(path_, Audience::kOwner).error().code(), ErrorCode::kInvalid);
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(SocketTest, APeekedPacketStaysWithItsDescriptors) {
  std::array<int, 2> fds{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()), 0);
  const UniqueFd ours(fds[0]);
  const UniqueFd theirs(fds[1]);
  std::array<std::byte, 8> buffer{};
  EXPECT_EQ(PeekPacket(ours.get(), buffer), -EAGAIN);
  const std::array text = {std::byte{1}, std::byte{2}};
  const std::array<std::span<const std::byte>, 1> parts = {std::span<const std::byte>(text)};
  const std::array passed = {theirs.get()};
  ASSERT_EQ(SendPacket(theirs.get(), parts, passed), 0);
  EXPECT_EQ(PeekPacket(ours.get(), buffer), 2);
  EXPECT_EQ(PeekPacket(ours.get(), buffer), 2);
  EXPECT_EQ(ReceivePacket(ours.get(), buffer).fd_count, 1U);
}

}  // namespace
}  // namespace ava::control
