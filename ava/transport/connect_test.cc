// SPDX-License-Identifier: Apache-2.0
//
// The guest's half of the hand-shake, against a manager that says what the test wants.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ava/base/fd_passing.h"
#include "ava/base/text.h"
#include "ava/transport/address.h"
#include "ava/transport/guest_channel.h"
#include "ava/transport/test_session.h"
#include "ava/wire/handshake.h"

namespace ava::transport {
namespace {

constexpr std::array<unsigned char, 32> kDigest = {1, 2, 3};

// Only between threads: nobody else reads the environment then.
void SetVariable(const char* name, const char* value) {
  if (value != nullptr) {
    setenv(name, value, 1);  // NOLINT(concurrency-mt-unsafe)
  } else {
    unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  }
}

class ConnectTest : public testing::Test {
 protected:
  void SetUp() override {
    url_ = "unix:@ava-connect-test-" + std::to_string(getpid());
    UnixAddress address;
    ASSERT_TRUE(ParseUrl(url_, address, error_));
    listener_.Reset(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(
        bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address.name), address.bytes), 0);
    ASSERT_EQ(listen(listener_.get(), 4), 0);
  }
  void TearDown() override {
    if (manager_.joinable()) manager_.join();
  }

  // Takes one Hello and then calls `answer` with the connection.
  void StartManager(std::function<void(int)> answer) {
    manager_ = std::thread([this, answer = std::move(answer)] {
      const UniqueFd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      packet_.resize(wire::kHelloBytesMax);
      ReceivedPacket packet = ReceivePacket(connection.get(), packet_);
      packet_.resize(packet.bytes > 0 ? static_cast<std::size_t>(packet.bytes) : 0);
      fds_ = packet.fd_count;
      answer(connection.get());
    });
  }
  static wire::Welcome WelcomeWith(wire::WelcomeStatus status, std::string_view reason) {
    wire::Welcome welcome = {};
    welcome.magic = wire::kWelcomeMagic;
    welcome.abi_version = wire::kAbiVersion;
    welcome.status = static_cast<std::uint32_t>(status);
    SetText(welcome.reason, reason);
    return welcome;
  }
  static void Send(int connection, const wire::Welcome& welcome, std::span<const int> fds = {}) {
    const std::span<const std::byte> part = std::as_bytes(std::span(&welcome, 1));
    EXPECT_EQ(SendPacket(connection, std::span(&part, 1), fds), 0);
  }
  // A session whose worker's end stays with the test.
  void Accept(int connection) {
    Result<UniqueFd> memory = CreateSessionMemory({.arena_bytes = std::uint64_t{2} << 20});
    SessionSockets sockets = MakeSessionSockets();
    const std::array<int, 2> fds = {memory->get(), sockets.guest.get()};
    Send(connection, WelcomeWith(wire::WelcomeStatus::kAccepted, ""), fds);
    auto worker = OpenWorkerChannel(memory->Release(), sockets.worker.Release());
    ASSERT_TRUE(worker.has_value());
    worker_ = *std::move(worker);
  }

  GuestChannel* Connect(const char* const* environment = nullptr) {
    GuestChannel* channel = transport::Connect({.url = url_.c_str(),
                                                .api = "toy",
                                                .digest = kDigest.data(),
                                                .functions = 17,
                                                .environment = environment},
                                               events_, error_);
    if (manager_.joinable()) manager_.join();
    return channel;
  }
  wire::Hello GotHello() {
    wire::Hello hello = {};
    EXPECT_GE(packet_.size(), sizeof hello);
    std::memcpy(&hello, packet_.data(), sizeof hello);
    return hello;
  }

  std::string url_;
  UniqueFd listener_;
  std::thread manager_;
  std::vector<std::byte> packet_;
  std::size_t fds_ = 0;
  RecordingEvents events_;
  std::unique_ptr<WorkerChannel> worker_;
  std::array<char, 400> error_ = {};
};

TEST_F(ConnectTest, GetsASession) {
  SetVariable("AVA_RUN_ID", "run-1");
  SetVariable("AVA_TEST_ONE", "1");
  SetVariable("AVA_TEST_TWO", "");
  SetVariable("AVA_STRICT", "1");
  SetVariable("AVA_WATCHDOG_MS", "1500");
  StartManager([this](int connection) { Accept(connection); });
  const std::array<const char*, 3> patterns = {"AVA_TEST_*", "NOT_SET", nullptr};
  GuestChannel* channel = Connect(patterns.data());
  ASSERT_NE(channel, nullptr) << error_.data();
  SetVariable("AVA_STRICT", nullptr);

  const wire::Hello hello = GotHello();
  EXPECT_EQ(hello.magic, wire::kHelloMagic);
  EXPECT_EQ(hello.abi_version, wire::kAbiVersion);
  EXPECT_EQ(TextUntrusted(hello.api), "toy");
  EXPECT_EQ(std::memcmp(hello.digest, kDigest.data(), kDigest.size()), 0);
  EXPECT_EQ(TextUntrusted(hello.run_id), "run-1");
  EXPECT_EQ(hello.functions, 17U);
  EXPECT_EQ(hello.watchdog_ms, 1500U);
  EXPECT_EQ(hello.flags, wire::kHelloStrict | wire::kHelloStdout | wire::kHelloStderr);
  EXPECT_EQ(fds_, 2U);
  const std::string tail(reinterpret_cast<const char*>(packet_.data()) + sizeof hello,
                         packet_.size() - sizeof hello);
  const std::string environment = tail.substr(0, hello.environment_bytes);
  EXPECT_NE(environment.find(std::string("AVA_TEST_ONE=1\0", 15)), std::string::npos);
  EXPECT_NE(environment.find(std::string("AVA_TEST_TWO=\0", 14)), std::string::npos);
  EXPECT_EQ(environment.find("PATH="), std::string::npos);
  std::array<char, 4096> directory = {};
  ASSERT_NE(getcwd(directory.data(), directory.size()), nullptr);
  EXPECT_EQ(tail.substr(hello.environment_bytes), directory.data());

  EXPECT_TRUE(channel->Submit(TestSession::HeaderFor(3), {}));
  CommandBuffer buffer = MakeCommandBuffer();
  EXPECT_EQ(worker_->Receive(buffer, std::chrono::seconds(5)), WorkerChannel::Next::kCommand);
  Disconnect(channel);
}

TEST_F(ConnectTest, TakesTheUrlFromTheEnvironment) {
  SetVariable("AVA_URL", url_.c_str());
  StartManager([this](int connection) { Accept(connection); });
  GuestChannel* channel =
      transport::Connect({.api = "toy", .digest = kDigest.data(), .functions = 1}, events_, error_);
  SetVariable("AVA_URL", nullptr);
  ASSERT_NE(channel, nullptr) << error_.data();
  Disconnect(channel);
}

TEST_F(ConnectTest, SaysWhyItWasRefused) {
  StartManager([](int connection) {
    Send(connection,
         WelcomeWith(wire::WelcomeStatus::kRefused, "the specs differ: build both sides from one"));
  });
  EXPECT_EQ(Connect(), nullptr);
  EXPECT_STREQ(error_.data(),
               "the manager refused the session: the specs differ: build both sides from one");
}

TEST_F(ConnectTest, SaysThatThereIsNoRoom) {
  StartManager([](int connection) {
    Send(connection, WelcomeWith(wire::WelcomeStatus::kBusy,
                                 "256 sessions are open, the limit is 256: try again later"));
  });
  EXPECT_EQ(Connect(), nullptr);
  EXPECT_STREQ(
      error_.data(),
      "the manager has no room now: 256 sessions are open, the limit is 256: try again later");
}

TEST_F(ConnectTest, ManagerThatGoesAway) {
  StartManager([](int) {});
  EXPECT_EQ(Connect(), nullptr);
  EXPECT_STREQ(error_.data(),
               "the manager closed the connection without an answer: look at its log");
}

TEST_F(ConnectTest, ManagerThatIsNone) {
  StartManager([](int connection) { EXPECT_EQ(send(connection, "hello", 5, MSG_NOSIGNAL), 5); });
  EXPECT_EQ(Connect(), nullptr);
  EXPECT_STREQ(error_.data(),
               "what listens there is not a manager of AvA, or one of another version");
}

TEST_F(ConnectTest, DescriptorsAreMissing) {
  StartManager(
      [](int connection) { Send(connection, WelcomeWith(wire::WelcomeStatus::kAccepted, "")); });
  EXPECT_EQ(Connect(), nullptr);
  EXPECT_STREQ(error_.data(),
               "the manager sent 0 descriptors instead of 2: are too many files open?");
}

TEST_F(ConnectTest, MemoryThatIsNone) {
  StartManager([](int connection) {
    const UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
    const SessionSockets sockets = MakeSessionSockets();
    const std::array<int, 2> fds = {file.get(), sockets.guest.get()};
    Send(connection, WelcomeWith(wire::WelcomeStatus::kAccepted, ""), fds);
  });
  EXPECT_EQ(Connect(), nullptr);
  EXPECT_STREQ(error_.data(),
               "the session's memory cannot be used: it is not sealed against resizing");
}

TEST_F(ConnectTest, NobodyListens) {
  listener_.Reset();
  url_ = "unix:/nonexistent/avad.sock";
  EXPECT_EQ(Connect(), nullptr);
  EXPECT_STREQ(error_.data(),
               "no manager to reach: connect('/nonexistent/avad.sock'): No such file or directory: "
               "start the program "
               "with 'ava run -- PROGRAM', or start avad");
}

TEST_F(ConnectTest, UnknownUrl) {
  url_ = "carrier-pigeon:coop";
  EXPECT_EQ(Connect(), nullptr);
  EXPECT_STREQ(
      error_.data(),
      "URL 'carrier-pigeon:coop' is of no kind known here: write 'unix:/path' or 'unix:@name'");
}

TEST_F(ConnectTest, TooMuchEnvironment) {
  SetVariable("AVA_TEST_HUGE", std::string(70000, 'x').c_str());
  StartManager([](int) {});
  const std::array<const char*, 2> patterns = {"AVA_TEST_*", nullptr};
  EXPECT_EQ(Connect(patterns.data()), nullptr);
  SetVariable("AVA_TEST_HUGE", nullptr);
  EXPECT_STREQ(error_.data(),
               "the environment variables that 'toy' reads take more than 65536 bytes: unset some");
}

TEST_F(ConnectTest, SocketsStayAwayFromClosedStandardDescriptors) {
  const UniqueFd kept_stdin(dup(STDIN_FILENO));
  StartManager([this](int connection) { Accept(connection); });
  close(STDIN_FILENO);
  GuestChannel* channel = Connect();
  const bool stdin_is_free = fcntl(STDIN_FILENO, F_GETFD) < 0;
  dup2(kept_stdin.get(), STDIN_FILENO);
  ASSERT_NE(channel, nullptr) << error_.data();
  EXPECT_TRUE(stdin_is_free);
  Disconnect(channel);
}

TEST(Address, PathsAndAbstractNames) {
  std::array<char, 300> error = {};
  std::array<char, 120> text = {};
  UnixAddress address;
  ASSERT_TRUE(ParseUrl("unix:/run/ava/avad.sock", address, error));
  EXPECT_STREQ(address.text(text), "/run/ava/avad.sock");
  ASSERT_TRUE(ParseUrl("unix:@name", address, error));
  EXPECT_EQ(address.name.sun_path[0], '\0');
  EXPECT_EQ(address.bytes, offsetof(sockaddr_un, sun_path) + 5);
  EXPECT_STREQ(address.text(text), "@name");
  EXPECT_FALSE(ParseUrl("unix:", address, error));
  EXPECT_FALSE(ParsePath(std::string(108, 'x'), address, error));
  EXPECT_NE(std::string_view(error.data()).find("has 108 bytes, it must have between 1 and 107"),
            std::string_view::npos);
  EXPECT_TRUE(ParsePath(std::string(107, 'x'), address, error));
}

}  // namespace
}  // namespace ava::transport
