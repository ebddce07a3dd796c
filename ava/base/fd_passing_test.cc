// SPDX-License-Identifier: Apache-2.0
#include "ava/base/fd_passing.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "ava/base/unique_fd.h"

namespace ava {
namespace {

class FdPassing : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends = {};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    a_.Reset(ends[0]);
    b_.Reset(ends[1]);
  }

  int Send(std::string_view text, std::span<const int> fds = {},
           SendMode mode = SendMode::kBlocking) {
    const std::array<std::span<const std::byte>, 2> parts = {
        std::as_bytes(std::span(text.substr(0, 1))), std::as_bytes(std::span(text.substr(1)))};
    return SendPacket(a_.get(), parts, fds, mode);
  }

  UniqueFd a_;
  UniqueFd b_;
  std::array<std::byte, 64> buffer_;
};

TEST_F(FdPassing, CarriesPartsAndDescriptors) {
  std::array<int, 2> pipe_ends = {};
  ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
  UniqueFd read_end(pipe_ends[0]);
  UniqueFd write_end(pipe_ends[1]);
  ASSERT_EQ(Send("hello", pipe_ends), 0);

  ReceivedPacket packet = ReceivePacket(b_.get(), buffer_);
  ASSERT_EQ(packet.bytes, 5);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(buffer_.data()), 5), "hello");
  EXPECT_FALSE(packet.truncated);
  ASSERT_EQ(packet.fd_count, 2U);
  EXPECT_NE(fcntl(packet.fds[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  ASSERT_EQ(write(packet.fds[1].get(), "x", 1), 1);
  char got = 0;
  EXPECT_EQ(read(read_end.get(), &got, 1), 1);
  EXPECT_EQ(got, 'x');
}

TEST_F(FdPassing, SaysWhenThePacketDidNotFit) {
  ASSERT_EQ(Send(std::string_view(
                "0123456789012345678901234567890123456789012345678901234567890123456789")),
            0);
  const ReceivedPacket packet = ReceivePacket(b_.get(), buffer_);
  EXPECT_TRUE(packet.truncated);
}

TEST_F(FdPassing, EndOfStream) {
  a_.Reset();
  EXPECT_EQ(ReceivePacket(b_.get(), buffer_).bytes, 0);
}

TEST_F(FdPassing, SendToNobodyIsAnErrorNotASignal) {
  b_.Reset();
  EXPECT_EQ(Send("x!"), EPIPE);
}

TEST_F(FdPassing, DontWaitReturnsWhenTheSocketIsFull) {
  int result = 0;
  while (result == 0) result = Send("xy", {}, SendMode::kDontWait);
  EXPECT_EQ(result, EAGAIN);
}

}  // namespace
}  // namespace ava
