// SPDX-License-Identifier: Apache-2.0
#include "ava/control/event_loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "ava/base/unique_fd.h"

namespace ava::control {
namespace {

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
  Pair() {
    std::array<int, 2> fds{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) == 0) {
      ours = UniqueFd(fds[0]);
      theirs = UniqueFd(fds[1]);
    }
  }
};

TEST(EventLoop, CallsAsOftenAsThereIsSomethingToRead) {
  EventLoop loop;
  const Pair pair;
  std::string read;
  const auto handle = loop.WhenReadable(pair.ours.get(), [&] {
    char byte = 0;
    if (recv(pair.ours.get(), &byte, 1, 0) == 1) read += byte;
    if (read.size() == 3) loop.Stop();
  });
  for (const char* byte : {"a", "b", "c"}) ASSERT_EQ(send(pair.theirs.get(), byte, 1, 0), 1);
  loop.Run();
  EXPECT_EQ(read, "abc");
}

TEST(EventLoop, SeesThatThePeerIsGone) {
  EventLoop loop;
  Pair pair;
  bool gone = false;
  const auto handle = loop.WhenReadable(pair.ours.get(), [&] {
    char byte = 0;
    gone = recv(pair.ours.get(), &byte, 1, MSG_DONTWAIT) == 0;
    loop.Stop();
  });
  pair.theirs.Reset();
  loop.Run();
  EXPECT_TRUE(gone);
}

TEST(EventLoop, AHandlerMayDropItsOwnHandle) {
  EventLoop loop;
  const Pair pair;
  int calls = 0;
  EventLoop::Handle handle = loop.WhenReadable(pair.ours.get(), [&] {
    ++calls;
    handle.reset();
  });
  ASSERT_EQ(send(pair.theirs.get(), "x", 1, 0), 1);
  const auto end = loop.After(20'000'000, [&] { loop.Stop(); });
  loop.Run();
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, DescriptorsOutliveTheirHandles) {
  EventLoop loop;
  const Pair pair;
  {
    const auto handle = loop.WhenReadable(pair.ours.get(), [] {});
  }
  EXPECT_EQ(send(pair.ours.get(), "x", 1, 0), 1);
}

TEST(EventLoop, TimersRepeatUntilDropped) {
  EventLoop loop;
  int ticks = 0;
  EventLoop::Handle handle = loop.Every(1'000'000, [&] {
    if (++ticks == 3) loop.Stop();
  });
  loop.Run();
  EXPECT_EQ(ticks, 3);
}

TEST(EventLoop, SignalsArriveInTheLoop) {
  EventLoop loop;
  const auto handle = loop.OnSignals({SIGUSR1}, [&] { loop.Stop(); });
  raise(SIGUSR1);
  loop.Run();
}

TEST(WorkQueue, WorksElsewhereAndAnswersInTheLoop) {
  EventLoop loop;
  WorkQueue queue(loop);
  std::thread::id worked;
  std::thread::id answered;
  queue.Do([&] { worked = std::this_thread::get_id(); },
           [&] {
             answered = std::this_thread::get_id();
             loop.Stop();
           });
  loop.Run();
  EXPECT_NE(worked, std::this_thread::get_id());
  EXPECT_EQ(answered, std::this_thread::get_id());
}

}  // namespace
}  // namespace ava::control
