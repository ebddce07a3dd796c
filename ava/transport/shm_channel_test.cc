// SPDX-License-Identifier: Apache-2.0
//
// Both ends together: commands, replies, upcalls, hand-over of the consumer role, and the end of a
// session.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "ava/transport/test_session.h"

namespace ava::transport {
namespace {

using namespace std::chrono_literals;
using Next = WorkerChannel::Next;

constexpr std::chrono::nanoseconds kForever = std::chrono::nanoseconds::max();

// A worker that answers each waited command with its argument plus one, until the session ends.
void Echo(ShmWorkerChannel& worker) {
  CommandBuffer buffer = MakeCommandBuffer();
  while (worker.Receive(buffer, kForever) == Next::kCommand) {
    const ReceivedCommand command = CommandIn(buffer);
    if (command.header.slot == wire::kNoSlot) continue;
    worker.Reply(command.header.slot,
                 {.status = 0, .error = 0, .result = command.argument + 1, .produced = 0});
  }
}

std::uint64_t Call(TestSession& session, std::uint64_t argument) {
  const Slot slot = session.guest().AcquireSlot();
  EXPECT_TRUE(session.Submit(1, argument, slot.index));
  const wire::ReplyHeader reply = session.guest().Await(slot);
  session.guest().ReleaseSlot(slot);
  EXPECT_EQ(reply.status, static_cast<std::uint32_t>(wire::ReplyStatus::kDone));
  return reply.result;
}

TEST(ShmChannel, CarriesACommandUnchanged) {
  TestSession session;
  const std::array<std::byte, 5> first = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                          std::byte{5}};
  const std::array<std::byte, 2> second = {std::byte{6}, std::byte{7}};
  const std::array<std::span<const std::byte>, 3> parts = {first, std::span<const std::byte>(),
                                                           second};
  wire::CommandHeader header = TestSession::HeaderFor(42);
  header.thread = 9;
  ASSERT_TRUE(session.guest().Submit(header, parts));

  CommandBuffer buffer = MakeCommandBuffer();
  ASSERT_EQ(session.worker().Receive(buffer, 1s), Next::kCommand);
  const wire::CommandHeader got = CommandIn(buffer).header;
  EXPECT_EQ(got.bytes, 48U);
  EXPECT_EQ(got.function, 42);
  EXPECT_EQ(got.thread, 9U);
  EXPECT_EQ(got.sequence, 1U);
  const std::array<std::byte, 16> payload = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                             std::byte{5}, std::byte{6}, std::byte{7}};
  EXPECT_EQ(std::memcmp(buffer.data() + sizeof got, payload.data(), payload.size()), 0);
}

TEST(ShmChannel, ReceiveTimesOut) {
  TestSession session;
  CommandBuffer buffer = MakeCommandBuffer();
  EXPECT_EQ(session.worker().Receive(buffer, 0s), Next::kTimeout);
  EXPECT_EQ(session.worker().Receive(buffer, 10us), Next::kTimeout);
  EXPECT_EQ(session.worker().Receive(buffer, 5ms), Next::kTimeout);
}

TEST(ShmChannel, SubmitAllKeepsRecordsTogether) {
  TestSession session;
  std::atomic<bool> stop{false};
  std::atomic<bool> stopped{false};
  std::thread other([&] {
    while (!stop) session.Submit(9, 0);
    stopped = true;
  });
  CommandBuffer buffer = MakeCommandBuffer();
  const std::uint64_t argument = 5;
  const std::span<const std::byte> part = std::as_bytes(std::span(&argument, 1));
  const std::span<const std::span<const std::byte>> parts(&part, 1);
  const std::array<GuestChannel::Record, 3> records = {
      {{.header = TestSession::HeaderFor(1), .parts = parts},
       {.header = TestSession::HeaderFor(2), .parts = parts},
       {.header = TestSession::HeaderFor(3), .parts = parts}}};
  std::thread batches([&] {
    for (int i = 0; i < 200; ++i) session.guest().SubmitAll(records);
    stop = true;
  });
  std::uint16_t before = 0;
  int seen = 0;
  while (seen < 600) {
    ASSERT_EQ(session.worker().Receive(buffer, 5s), Next::kCommand);
    const std::uint16_t function = CommandIn(buffer).header.function;
    ASSERT_TRUE((before != 1 && before != 2) || function == before + 1);
    before = function;
    seen += function <= 3 ? 1 : 0;
  }
  while (!stopped) static_cast<void>(session.worker().Receive(buffer, 1ms));  // it may need room
  other.join();
  batches.join();
}

TEST(ShmChannel, RepliesCarryInlineData) {
  TestSession session;
  const Slot slot = session.guest().AcquireSlot();
  ASSERT_TRUE(session.Submit(1, 0, slot.index));
  CommandBuffer buffer = MakeCommandBuffer();
  ASSERT_EQ(session.worker().Receive(buffer, 1s), Next::kCommand);
  const std::span<std::byte> inline_data = session.worker().SlotInline(slot.index);
  ASSERT_EQ(inline_data.size(), kSlotInlineBytes);
  inline_data.back() = std::byte{77};
  session.worker().Reply(slot.index, {.status = 0, .error = -5, .result = 1, .produced = 2});
  const wire::ReplyHeader reply = session.guest().Await(slot);
  EXPECT_EQ(reply.error, -5);
  EXPECT_EQ(reply.produced, 2U);
  EXPECT_EQ(slot.inline_data[kSlotInlineBytes - 1], std::byte{77});
  session.guest().ReleaseSlot(slot);
}

TEST(ShmChannel, EightThreadsGetTheirOwnReplies) {
  constexpr std::uint64_t kRounds = 500;
  TestSession session;
  std::thread worker([&] { Echo(session.worker()); });
  std::deque<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&session, thread] {
      for (std::uint64_t round = 0; round < kRounds; ++round) {
        const std::uint64_t argument = (thread << 32) | round;
        ASSERT_EQ(Call(session, argument), argument + 1);
        if (round % 3 == 0) session.Submit(2, round);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  session.worker().Close("test is over");
  worker.join();
}

TEST(ShmChannel, KeepsEachThreadsOrderUnderBackPressure) {
  constexpr std::uint32_t kThreads = 8;
  constexpr std::uint64_t kRounds = 800;
  TestSession session;
  std::deque<std::thread> threads;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&session, thread] {
      const std::vector<std::byte> filler(1000 + 500 * thread);
      for (std::uint64_t round = 0; round < kRounds; ++round) {
        wire::CommandHeader header = TestSession::HeaderFor(1);
        header.thread = thread;
        const std::array<std::span<const std::byte>, 2> parts = {
            std::as_bytes(std::span(&round, 1)), filler};
        ASSERT_TRUE(session.guest().Submit(header, parts));
      }
    });
  }
  std::array<std::uint64_t, kThreads> next = {};
  CommandBuffer buffer = MakeCommandBuffer();
  for (std::uint64_t i = 0; i < kThreads * kRounds; ++i) {
    ASSERT_EQ(session.worker().Receive(buffer, 10s), Next::kCommand) << session.worker().reason();
    const ReceivedCommand command = CommandIn(buffer);
    ASSERT_EQ(command.argument, next[command.header.thread]++);
    if (i % 1000 == 0) std::this_thread::sleep_for(2ms);  // Long enough for the ring to fill up.
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ShmChannel, LargestRecordsPass) {
  TestSession session;
  const std::vector<std::byte> largest(wire::kRecordBytesMax - sizeof(wire::CommandHeader),
                                       std::byte{3});
  const std::span<const std::byte> part(largest);
  std::thread submitter([&] {
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(session.guest().Submit(TestSession::HeaderFor(1), std::span(&part, 1)));
      ASSERT_TRUE(session.Submit(2, 1));
    }
  });
  CommandBuffer buffer = MakeCommandBuffer();
  for (int i = 0; i < 80; ++i) ASSERT_EQ(session.worker().Receive(buffer, 5s), Next::kCommand);
  submitter.join();
}

TEST(ShmChannel, WaitsForAFreeSlot) {
  TestSession session;
  std::deque<Slot> slots;
  for (std::uint32_t i = 0; i < kSlotsMax; ++i) slots.push_back(session.guest().AcquireSlot());
  std::atomic<int> got{0};
  std::deque<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const Slot slot = session.guest().AcquireSlot();
      ++got;
      session.guest().ReleaseSlot(slot);
    });
  }
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(got, 0);
  session.guest().ReleaseSlot(slots.back());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(got, 4);
}

TEST(ShmChannel, SleepingWorkerIsWoken) {
  TestSession session({}, {.yield_min = 0us, .yield_max = 0us});
  std::thread worker([&] { Echo(session.worker()); });
  // On a busy machine it may not have come to fall asleep.
  for (std::uint64_t i = 0; i < 10'000 && session.worker().wait_counts().worker_wakeups < 15; ++i) {
    std::this_thread::sleep_for(1ms);
    ASSERT_EQ(Call(session, i), i + 1);
  }
  EXPECT_GE(session.worker().wait_counts().worker_wakeups, 15U);
  session.worker().Close("test is over");
  worker.join();
}

TEST(ShmChannel, SleepingGuestIsWoken) {
  TestSession session;
  // On a busy machine it may not have come to fall asleep.
  for (int i = 0; i < 100 && session.worker().wait_counts().guest_wakeups == 0; ++i) {
    const Slot slot = session.guest().AcquireSlot();
    std::thread waiter([&] { EXPECT_EQ(session.guest().Await(slot).result, 7U); });
    std::this_thread::sleep_for(20ms);
    session.worker().Reply(slot.index, {.status = 0, .error = 0, .result = 7, .produced = 0});
    waiter.join();
    session.guest().ReleaseSlot(slot);
  }
  EXPECT_EQ(session.worker().wait_counts().guest_wakeups, 1U);
}

// Upcalls ----------------------------------------------------------------------------------------

bool SendUpcall(ShmWorkerChannel& worker, std::uint64_t target, std::size_t payload_bytes = 8) {
  std::vector<std::byte> payload(payload_bytes, static_cast<std::byte>(target));
  const std::span<const std::byte> part(payload);
  return worker.Upcall({.bytes = 0, .kind = wire::kUpcallCallback, .callback = 3, .target = target},
                       std::span(&part, 1));
}

TEST(ShmChannelUpcalls, ArriveInOrder) {
  TestSession session;
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(SendUpcall(session.worker(), i, i));
  const auto upcalls = session.events().WaitForUpcalls(100);
  ASSERT_EQ(upcalls.size(), 100U);
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(upcalls[i].header.target, i);
    EXPECT_EQ(upcalls[i].header.callback, 3);
    ASSERT_GE(upcalls[i].payload.size(), i);
    EXPECT_TRUE(i == 0 || upcalls[i].payload[i - 1] == static_cast<std::byte>(i));
  }
}

TEST(ShmChannelUpcalls, WaitWhileTheRingIsFull) {
  constexpr std::uint64_t kUpcalls = 400;
  TestSession session;
  session.events().Hold(true);
  std::atomic<std::uint64_t> sent{0};
  std::thread worker([&] {
    for (std::uint64_t i = 0; i < kUpcalls; ++i) {
      ASSERT_TRUE(SendUpcall(session.worker(), i, i % 2 == 0 ? 2000 : 60000));
      ++sent;
    }
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_LT(sent, 20U);
  session.events().Hold(false);
  worker.join();
  const auto upcalls = session.events().WaitForUpcalls(kUpcalls);
  ASSERT_EQ(upcalls.size(), kUpcalls);
  for (std::uint64_t i = 0; i < kUpcalls; ++i) EXPECT_EQ(upcalls[i].header.target, i);
}

TEST(ShmChannelUpcalls, FromManyThreads) {
  TestSession session;
  std::deque<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&session, thread] {
      for (std::uint64_t i = 0; i < 300; ++i)
        ASSERT_TRUE(SendUpcall(session.worker(), (thread << 32) | i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::array<std::uint64_t, 4> next = {};
  for (const auto& upcall : session.events().WaitForUpcalls(1200)) {
    EXPECT_EQ(upcall.header.target & 0xffffffffU, next[upcall.header.target >> 32]++);
  }
  EXPECT_EQ(next[3], 300U);
}

TEST(ShmChannelUpcalls, SentBeforeTheEndStillArrive) {
  TestSession session;
  ASSERT_TRUE(SendUpcall(session.worker(), 1));
  session.worker().Close("the device is gone");
  EXPECT_EQ(session.events().WaitForLoss(), "the device is gone");
  EXPECT_EQ(session.events().WaitForUpcalls(1).size(), 1U);
}

// Statistics -------------------------------------------------------------------------------------

TEST(ShmChannelStatistics, EachThreadHasARowAndTheRestShareTheLast) {
  TestSession session;
  wire::CountLocalCall(session.guest().LocalCalls(), 5);
  wire::CountLocalCall(session.guest().LocalCalls(), 5);
  EXPECT_EQ(session.mapping().statistics()[0].local_calls[5], 2U);
  std::deque<std::thread> threads;
  for (std::uint32_t i = 0; i < wire::kStatisticsRows + 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round)
        wire::CountLocalCall(session.guest().LocalCalls(), 6);
      std::this_thread::sleep_for(20ms);  // Thread ids are used again: have them alive together.
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t sum = 0;
  for (std::uint32_t row = 0; row < wire::kStatisticsRows; ++row) {
    sum += session.mapping().statistics()[row].local_calls[6];
  }
  EXPECT_EQ(sum, (wire::kStatisticsRows + 8) * 50U);
}

TEST(ShmChannelStatistics, AThreadKeepsItsRowsInTwoSessions) {
  TestSession one;
  TestSession two;
  for (int i = 0; i < 10; ++i) {
    wire::CountLocalCall(one.guest().LocalCalls(), 1);
    wire::CountLocalCall(two.guest().LocalCalls(), 1);
  }
  EXPECT_EQ(one.mapping().statistics()[0].local_calls[1], 10U);
  EXPECT_EQ(two.mapping().statistics()[0].local_calls[1], 10U);
  EXPECT_EQ(two.mapping().statistics()[1].thread, 0U);
}

}  // namespace
}  // namespace ava::transport
