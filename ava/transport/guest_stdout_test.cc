// SPDX-License-Identifier: Apache-2.0
//
// A standard output that the program exchanges, from the guest's end of a session to the worker's.
#include "ava/transport/guest_stdout.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "ava/transport/test_session.h"

namespace ava::transport {
namespace {

using namespace std::chrono_literals;

// Puts a pipe in the place of the standard output, for one scope.
class StdoutPipe {
 public:
  StdoutPipe() : before_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    out = UniqueFd(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
  }
  StdoutPipe(const StdoutPipe&) = delete;
  StdoutPipe& operator=(const StdoutPipe&) = delete;
  ~StdoutPipe() { dup2(before_.get(), STDOUT_FILENO); }

  UniqueFd out;

 private:
  UniqueFd before_;
};

class Stdout : public testing::Test {
 protected:
  // The number of the standard output that the next command is about; 0: there is no command.
  std::uint32_t NextCommand() {
    CommandBuffer buffer = MakeCommandBuffer();
    if (session_.worker().Receive(buffer, 0s) != WorkerChannel::Next::kCommand) return 0;
    const ReceivedCommand command = CommandIn(buffer);
    EXPECT_EQ(command.header.function, wire::kSessionStdout);
    return static_cast<std::uint32_t>(command.argument);
  }

  TestSession session_;
};

TEST_F(Stdout, IsNotPassedWhileItStaysTheSame) {
  session_.guest().FollowStdout();
  EXPECT_EQ(NextCommand(), 0U);
}

TEST_F(Stdout, IsPassedWhenItWasExchanged) {
  const StdoutPipe pipe;
  session_.guest().FollowStdout();
  session_.guest().FollowStdout();
  const std::uint32_t number = NextCommand();
  if (number == 0) GTEST_SKIP() << "this system has no pidfd_getfd()";
  const UniqueFd passed = session_.worker().TakeStdout(number);
  ASSERT_TRUE(passed);
  EXPECT_EQ(write(passed.get(), "x", 1), 1);
  char seen = 0;
  EXPECT_EQ(read(pipe.out.get(), &seen, 1), 1);
  EXPECT_EQ(seen, 'x');
  EXPECT_EQ(NextCommand(), 0U) << "once is enough";
}

TEST_F(Stdout, IsLetGoOf) {
  const StdoutPipe pipe;
  session_.guest().LetGoOfStdout();
  EXPECT_EQ(NextCommand(), 0U) << "it was not passed";
  session_.guest().FollowStdout();
  const std::uint32_t number = NextCommand();
  if (number == 0) GTEST_SKIP() << "this system has no pidfd_getfd()";
  session_.guest().LetGoOfStdout();
  EXPECT_EQ(NextCommand(), wire::kNoStdout);
  session_.guest().LetGoOfStdout();
  EXPECT_EQ(NextCommand(), 0U) << "once is enough";
  session_.guest().FollowStdout();
  EXPECT_EQ(NextCommand(), number + 1) << "the worker need not have kept it";
}

// What may still print keeps the one let go of: for what comes now the worker must be told.
TEST_F(Stdout, IsTheFirstAgainAfterItWasLetGoOf) {
  {
    const StdoutPipe pipe;
    session_.guest().FollowStdout();
    if (NextCommand() == 0) GTEST_SKIP() << "this system has no pidfd_getfd()";
    session_.guest().LetGoOfStdout();
    EXPECT_EQ(NextCommand(), wire::kNoStdout);
  }
  session_.guest().FollowStdout();
  CommandBuffer buffer = MakeCommandBuffer();
  ASSERT_EQ(session_.worker().Receive(buffer, 0s), WorkerChannel::Next::kCommand);
  EXPECT_EQ(CommandIn(buffer).argument, wire::kFirstStdout);
}

TEST_F(Stdout, IsExchangedMoreOftenThanTheWorkerKeepsThem) {
  constexpr std::uint32_t kTimes = 3 * wire::kStdoutsWaitingMax;
  std::uint32_t passed = 0;
  std::thread program([&] {
    for (std::uint32_t i = 0; i < kTimes; i += 2) {
      const StdoutPipe one;
      session_.guest().FollowStdout();
      const StdoutPipe other;
      session_.guest().FollowStdout();
    }
    passed = kTimes;
    session_.guest().LetGoOfStdout();
  });
  std::uint32_t taken = 0;
  for (std::uint32_t number = 0; number != wire::kNoStdout;) {
    CommandBuffer buffer = MakeCommandBuffer();
    ASSERT_EQ(session_.worker().Receive(buffer, 10s), WorkerChannel::Next::kCommand);
    number = static_cast<std::uint32_t>(CommandIn(buffer).argument);
    if (number != wire::kNoStdout && session_.worker().TakeStdout(number)) ++taken;
  }
  program.join();
  EXPECT_EQ(taken, passed);
}

TEST_F(Stdout, IsNothingWhenItWasClosed) {
  const StdoutPipe pipe;
  close(STDOUT_FILENO);
  session_.guest().FollowStdout();
  const std::uint32_t number = NextCommand();
  if (number == 0) GTEST_SKIP() << "this system has no pidfd_getfd()";
  const UniqueFd passed = session_.worker().TakeStdout(number);
  ASSERT_TRUE(passed);
  EXPECT_EQ(write(passed.get(), "x", 1), 1) << "nobody sees it";
}

}  // namespace
}  // namespace ava::transport
