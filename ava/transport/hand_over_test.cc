// SPDX-License-Identifier: Apache-2.0
//
// The consumer role between several threads of a worker: announced, taken over, taken back.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "ava/base/futex.h"
#include "ava/transport/test_session.h"

namespace ava::transport {
namespace {

using namespace std::chrono_literals;
using Next = WorkerChannel::Next;

constexpr std::uint16_t kQuick = 1;
constexpr std::uint16_t kBlocking = 2;  // returns when the next kRelease has been executed
constexpr std::uint16_t kRelease = 3;

void Answer(ShmWorkerChannel& worker, const ReceivedCommand& command) {
  if (command.header.slot == wire::kNoSlot) return;
  worker.Reply(command.header.slot,
               {.status = 0, .error = 0, .result = command.argument, .produced = 0});
}

std::uint64_t Call(TestSession& session, std::uint16_t function, std::uint64_t argument) {
  const Slot slot = session.guest().AcquireSlot();
  EXPECT_TRUE(session.Submit(function, argument, slot.index));
  const wire::ReplyHeader reply = session.guest().Await(slot);
  session.guest().ReleaseSlot(slot);
  return reply.result;
}

// What a worker does: several threads of which one at a time reads the ring, and gives the role
// away around a call that blocks.
class Workers {
 public:
  Workers(ShmWorkerChannel& channel, int threads) : channel_(channel) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  }
  ~Workers() {
    channel_.Close("test is over");
    for (std::thread& thread : threads_) thread.join();
  }

  std::atomic<int> releases{0};
  std::atomic<int> consumed{0};

 private:
  void Run() {
    CommandBuffer buffer = MakeCommandBuffer();
    while (!channel_.closed()) {
      if (!role_.try_lock()) {
        channel_.WaitForCommand();
        continue;
      }
      Consume(buffer);
    }
  }

  // With the role, which it gives back.
  void Consume(CommandBuffer& buffer) {
    for (;;) {
      const Next next = channel_.Receive(buffer, std::chrono::nanoseconds::max());
      if (next != Next::kCommand) break;
      ++consumed;
      const ReceivedCommand command = CommandIn(buffer);
      if (command.header.function == kRelease) ++releases;
      if (command.header.function == kBlocking) {
        const int before = releases;
        channel_.AnnounceAsleep();
        role_.unlock();
        while (releases == before && !channel_.closed()) std::this_thread::sleep_for(50us);
        Answer(channel_, command);
        if (!role_.try_lock()) return;
        continue;
      }
      Answer(channel_, command);
    }
    role_.unlock();
  }

  ShmWorkerChannel& channel_;
  std::mutex role_;
  std::deque<std::thread> threads_;
};

TEST(HandOver, StandByTakesOverDuringABlockingCall) {
  TestSession session;
  Workers workers(session.worker(), 2);
  for (std::uint64_t round = 0; round < 50; ++round) {
    std::thread waiter([&] { EXPECT_EQ(Call(session, kBlocking, round), round); });
    while (workers.consumed < static_cast<int>(3 * round + 1)) std::this_thread::yield();
    EXPECT_EQ(Call(session, kQuick, 1), 1U);
    EXPECT_EQ(Call(session, kRelease, 2), 2U);
    waiter.join();
  }
}

// The guest looked late: it takes an announcement that was made when its command had been read.
TEST(HandOver, AnAnnouncementThatIsTakenForNothingComesBack) {
  TestSession session;
  ShmWorkerChannel& worker = session.worker();
  CommandBuffer buffer = MakeCommandBuffer();
  std::atomic<std::uint32_t>& wait = session.mapping().control().command.reader_wait;
  ASSERT_TRUE(session.Submit(kQuick, 1));
  ASSERT_EQ(worker.Receive(buffer, 0ns), Next::kCommand);
  worker.AnnounceAsleep();
  std::thread stand_by([&] { EXPECT_TRUE(worker.WaitForCommand()); });
  EXPECT_EQ(RingWriter::TakeAnnouncement(wait, wait), wire::kReaderHandedOver);
  FutexWake(wait, 1, FutexScope::kShared, wire::kReaderHandedOver);
  while ((wait & wire::kReaderWaitMask) != wire::kReaderHandedOver) std::this_thread::yield();
  ASSERT_TRUE(session.Submit(kQuick, 2));
  stand_by.join();
  EXPECT_EQ(worker.Receive(buffer, 0ns), Next::kCommand);
}

TEST(HandOver, CommandPublishedBeforeTheAnnouncementIsNotLost) {
  TestSession session;
  Workers workers(session.worker(), 2);
  for (std::uint64_t round = 0; round < 200; ++round) {
    const Slot slot = session.guest().AcquireSlot();
    // Both are in the ring before the blocking one is even looked at, on some rounds.
    ASSERT_TRUE(session.Submit(kBlocking, round, slot.index));
    ASSERT_TRUE(session.Submit(kRelease, 0));
    EXPECT_EQ(session.guest().Await(slot).result, round);
    session.guest().ReleaseSlot(slot);
  }
}

TEST(HandOver, ManyBlockingCallsAtOnce) {
  TestSession session({}, {.yield_min = 0us, .yield_max = 0us});
  Workers workers(session.worker(), 6);
  std::atomic<bool> stop{false};
  std::thread releaser([&] {
    while (!stop) {
      Call(session, kRelease, 0);
      std::this_thread::sleep_for(100us);
    }
  });
  std::deque<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&session, thread] {
      std::mt19937 random(static_cast<unsigned>(thread));
      for (std::uint64_t i = 0; i < 100; ++i) {
        const std::uint16_t function = random() % 2 == 0 ? kBlocking : kQuick;
        ASSERT_EQ(Call(session, function, i), i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop = true;
  releaser.join();
}

TEST(HandOver, FirstReaderMayTakeTheRoleBack) {
  TestSession session;
  ShmWorkerChannel& worker = session.worker();
  CommandBuffer buffer = MakeCommandBuffer();
  worker.AnnounceAsleep();
  ASSERT_TRUE(session.Submit(kQuick, 1));
  EXPECT_EQ(worker.Receive(buffer, 1s), Next::kCommand);
  std::atomic<bool> returned{false};
  std::thread stand_by([&] { returned = worker.WaitForCommand() || true; });
  ASSERT_TRUE(session.Submit(kQuick, 2));
  std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(returned);  // Somebody has the role: not the stand-by's business.
  EXPECT_EQ(worker.Receive(buffer, 1s), Next::kCommand);
  worker.AnnounceAsleep();
  ASSERT_TRUE(session.Submit(kQuick, 3));
  stand_by.join();
  EXPECT_EQ(worker.Receive(buffer, 1s), Next::kCommand);
  EXPECT_EQ(CommandIn(buffer).argument, 3U);
}

TEST(HandOver, CloseReleasesEveryStandBy) {
  TestSession session;
  std::deque<std::thread> threads;
  std::atomic<int> released{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      EXPECT_FALSE(session.worker().WaitForCommand());
      ++released;
    });
  }
  CommandBuffer buffer = MakeCommandBuffer();
  threads.emplace_back([&] {
    EXPECT_EQ(session.worker().Receive(buffer, std::chrono::nanoseconds::max()), Next::kClosed);
  });
  std::this_thread::sleep_for(10ms);
  session.Disconnect();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(released, 4);
  EXPECT_EQ(session.worker().reason(), "the guest has disconnected");
}

}  // namespace
}  // namespace ava::transport
