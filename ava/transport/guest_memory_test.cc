// SPDX-License-Identifier: Apache-2.0
//
// Blocks and segments, with both ends of a session: what the guest allocates, the worker finds.
#include "ava/transport/guest_memory.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "ava/transport/test_session.h"

namespace ava::transport {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

wire::Blob BlobOf(const Block& block) {
  return {.place = static_cast<std::uint32_t>(wire::Place::kArena),
          .segment = block.segment,
          .offset = block.offset,
          .bytes = block.bytes};
}

class Memory : public testing::Test {
 protected:
  ShmGuestChannel& guest() { return session_.guest(); }
  ShmWorkerChannel& worker() { return session_.worker(); }

  // The worker drops the segments that the guest says it does not use any more.
  int HandleDrops() {
    CommandBuffer buffer = MakeCommandBuffer();
    int drops = 0;
    while (worker().Receive(buffer, 0s) == WorkerChannel::Next::kCommand) {
      const ReceivedCommand command = CommandIn(buffer);
      EXPECT_EQ(command.header.function, wire::kSessionDropSegment);
      worker().DropSegment(static_cast<std::uint32_t>(command.argument), false);
      ++drops;
    }
    return drops;
  }

  Block InFlight(std::uint64_t bytes) {
    const Block block = guest().Allocate(bytes);
    EXPECT_TRUE(block);
    guest().MarkInFlight(block);
    guest().FreeWhenDone(block);
    return block;
  }

  TestSession session_{{.arena_bytes = 4 * kMiB, .segment_bytes_max = 40 * kMiB}};
};

TEST_F(Memory, BlocksAreAlignedAndLargeEnough) {
  for (const std::uint64_t bytes :
       {0UL, 1UL, 64UL, 192UL, 193UL, 5000UL, 65471UL, 65472UL, 65536UL, 100000UL, kMiB}) {
    const Block block = guest().Allocate(bytes);
    ASSERT_TRUE(block) << bytes;
    EXPECT_GE(block.bytes, bytes);
    EXPECT_EQ(block.segment, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data) % (bytes >= 65536 ? 4096 : 64), 0U)
        << bytes;
    std::memset(block.data, 0x5a, block.bytes);
    const std::span<std::byte> seen = worker().ArenaUntrusted(BlobOf(block));
    EXPECT_EQ(seen.data(), block.data);
    EXPECT_EQ(seen.size(), block.bytes);
  }
}

TEST_F(Memory, FreesEverything) {
  std::deque<Block> blocks;
  for (std::uint64_t i = 0; i < 40; ++i) blocks.push_back(guest().Allocate(i * 2000));
  for (const Block& block : blocks) guest().Free(block);
  EXPECT_EQ(guest().memory_usage().arena_bytes, 0U);
}

TEST_F(Memory, BlockIsDoneWhenTheWorkerSaysSo) {
  const Block block = guest().Allocate(1000);
  guest().MarkInFlight(block);
  EXPECT_FALSE(guest().IsDone(block));
  worker().MarkBlockDone(BlobOf(block));
  EXPECT_TRUE(guest().IsDone(block));
  guest().Free(block);
  const Block again = guest().Allocate(1000);
  EXPECT_FALSE(guest().IsDone(again));
}

TEST_F(Memory, FreeWhenDoneFreesLater) {
  std::deque<Block> blocks;
  for (int i = 0; i < 10; ++i) blocks.push_back(InFlight(70000));
  EXPECT_EQ(guest().memory_usage().in_flight, 10U);
  for (const Block& block : blocks) worker().MarkBlockDone(BlobOf(block));
  for (int i = 0; i < 5; ++i) guest().Free(guest().Allocate(10));
  EXPECT_EQ(guest().memory_usage().in_flight, 0U);
  EXPECT_EQ(guest().memory_usage().arena_bytes, 0U);
}

TEST_F(Memory, OldBlocksInFlightDoNotHoldUpTheRest) {
  for (int i = 0; i < 6; ++i) InFlight(1000);  // Never done.
  for (int i = 0; i < 1000; ++i) worker().MarkBlockDone(BlobOf(InFlight(100000)));
  EXPECT_EQ(guest().memory_usage().segments, 0U);
}

TEST_F(Memory, WhatLastsLeavesHalfOfTheArena) {
  std::deque<Block> blocks;
  for (int i = 0; i < 4; ++i) {
    blocks.push_back(guest().AllocateLasting(900000));
    ASSERT_TRUE(blocks.back());
    EXPECT_EQ(blocks.back().offset % 4096, 0U);
    EXPECT_EQ(blocks.back().segment == 0, i < 2) << i;
    std::memset(blocks.back().data, 0x5a, 900000);
    EXPECT_EQ(worker().ArenaUntrusted(BlobOf(blocks.back()))[899999], std::byte{0x5a});
  }
  EXPECT_NE(guest().AllocateLasting(kMiB + 1).segment, 0U) << "too large for the arena";
  EXPECT_EQ(guest().Allocate(900000).segment, 0U) << "the other half is for calls";
  EXPECT_EQ(guest().AllocateLasting(1).offset % 4096, 0U) << "however small";
  for (const Block& block : blocks) guest().Free(block);
}

TEST_F(Memory, WhatLastsLeavesHalfOfTheSegments) {
  std::deque<Block> blocks;
  for (Block block; (block = guest().AllocateLasting(3 * kMiB)); blocks.push_back(block)) {
  }
  EXPECT_EQ(blocks.size(), 6U) << "of 40 MiB";
  EXPECT_FALSE(guest().AllocateLasting(3 * kMiB));
  const Block single = guest().Allocate(15 * kMiB);
  EXPECT_TRUE(single) << "without a wait: what lasts is not in flight";
  guest().Free(single);
  for (const Block& block : blocks) {
    guest().MarkInFlight(block);
    guest().FreeWhenDone(block);
  }
  EXPECT_FALSE(guest().AllocateLasting(3 * kMiB)) << "not done yet";
  for (const Block& block : blocks) worker().MarkBlockDone(BlobOf(block));
  EXPECT_TRUE(guest().AllocateLasting(3 * kMiB));
}

TEST_F(Memory, WhatLastsTakesNoMoreOfSegmentsThatCallsHaveLeft) {
  std::deque<Block> blocks;
  for (;;) {
    const Block used = guest().Allocate(3 * kMiB);
    if (used) guest().Free(used);
    const Block block = guest().AllocateLasting(3 * kMiB);
    if (!block) break;
    blocks.push_back(block);
  }
  EXPECT_EQ(blocks.size(), 6U) << "of 40 MiB";
  EXPECT_TRUE(guest().Allocate(15 * kMiB));
}

TEST_F(Memory, WaitsForTheWorkerWhenTheArenaIsFull) {
  std::deque<Block> blocks;
  for (int i = 0; i < 3; ++i) blocks.push_back(InFlight(kMiB));
  // On a busy machine the other thread may come too late, and the guest goes on with a segment.
  Block block = {.segment = 1};
  for (int attempt = 0; attempt < 20 && block.segment != 0; ++attempt) {
    std::thread later([&] {
      std::this_thread::sleep_for(1ms);
      worker().MarkBlockDone(BlobOf(blocks[1]));
    });
    block = guest().Allocate(kMiB);
    later.join();
  }
  EXPECT_EQ(block.offset, blocks[1].offset);
}

TEST_F(Memory, WaitsForAnotherThreadWhenTheArenaIsFull) {
  InFlight(kMiB);
  InFlight(kMiB);
  bool waited = false;
  for (int attempt = 0; attempt < 20 && !waited; ++attempt) {
    const Block held = guest().Allocate(kMiB);
    std::thread later([&] {
      std::this_thread::sleep_for(1ms);
      guest().Free(held);
    });
    const Block block = guest().Allocate(kMiB);
    waited = block.segment == 0 && block.offset == held.offset;
    later.join();
    guest().Free(block);
  }
  EXPECT_TRUE(waited);
}

TEST_F(Memory, GoesOnWithASegmentWhenNobodyFreesInTime) {
  for (int i = 0; i < 3; ++i) InFlight(kMiB);
  const auto before = std::chrono::steady_clock::now();
  const Block block = guest().Allocate(kMiB);
  ASSERT_TRUE(block);
  EXPECT_NE(block.segment, 0U);
  EXPECT_GE(std::chrono::steady_clock::now() - before,
            std::chrono::milliseconds(GuestMemory::kArenaWaitMs));
}

TEST_F(Memory, DoesNotWaitForBlocksThatOnlyTheGuestHolds) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(guest().Allocate(kMiB));
  const Block block = guest().Allocate(kMiB);
  EXPECT_NE(block.segment, 0U);
}

TEST_F(Memory, LargeOnesGetSegments) {
  const Block block = guest().Allocate(3 * kMiB);
  ASSERT_TRUE(block);
  EXPECT_NE(block.segment, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data) % 4096, 0U);
  std::memset(block.data, 0x33, block.bytes);
  const std::span<std::byte> seen = worker().ArenaUntrusted(BlobOf(block));
  ASSERT_EQ(seen.size(), block.bytes);
  EXPECT_NE(seen.data(), block.data);
  EXPECT_EQ(seen[3 * kMiB - 1], std::byte{0x33});
  seen[5] = std::byte{0x44};
  EXPECT_EQ(block.data[5], std::byte{0x44});

  guest().MarkInFlight(block);
  worker().MarkBlockDone(BlobOf(block));
  EXPECT_TRUE(guest().IsDone(block));
}

TEST_F(Memory, IdleSegmentsAreUsedAgain) {
  const Block first = guest().Allocate(3 * kMiB);
  guest().Free(first);
  const Block second = guest().Allocate(2 * kMiB);
  EXPECT_EQ(second.segment, first.segment);
  const Block third = guest().Allocate(2 * kMiB);
  EXPECT_NE(third.segment, first.segment);
  guest().Free(second);
  guest().Free(third);
  EXPECT_EQ(guest().memory_usage().segments, 2U);
  EXPECT_EQ(HandleDrops(), 0);
}

TEST_F(Memory, SegmentsInFlightAreUsedAgainWhenDone) {
  const Block first = InFlight(3 * kMiB);
  worker().MarkBlockDone(BlobOf(first));
  EXPECT_EQ(guest().Allocate(3 * kMiB).segment, first.segment);
}

TEST_F(Memory, IdleSegmentsAreLimited) {
  std::deque<Block> blocks;
  for (std::uint32_t i = 0; i < kIdleSegmentsMax + 3; ++i)
    blocks.push_back(guest().Allocate(2 * kMiB));
  for (const Block& block : blocks) {
    ASSERT_TRUE(block);
    ASSERT_FALSE(worker().ArenaUntrusted(BlobOf(block)).empty());
    guest().Free(block);
  }
  EXPECT_EQ(HandleDrops(), 3);
  EXPECT_EQ(guest().memory_usage().segments, kIdleSegmentsMax);
  EXPECT_TRUE(
      worker()
          .ArenaUntrusted({.place = 2, .segment = blocks.back().segment, .offset = 0, .bytes = 1})
          .data() != nullptr);
}

TEST_F(Memory, IdleSegmentsMakeRoomForAnother) {
  const Block small = guest().Allocate(20 * kMiB);
  guest().Free(small);
  // The limit is the worker's as well, so it must first have read that the old one is gone.
  std::thread later([&] {
    int drops = 0;
    // On a busy machine the guest may not have come to drop it.
    for (int i = 0; i < 5000 && drops == 0; ++i) {
      std::this_thread::sleep_for(1ms);
      drops = HandleDrops();
    }
    EXPECT_EQ(drops, 1);
  });
  EXPECT_TRUE(guest().Allocate(39 * kMiB));
  later.join();
}

TEST_F(Memory, ManySegmentsInARowStayWithinTheWorkersLimits) {
  std::thread worker_thread([&] {
    CommandBuffer buffer = MakeCommandBuffer();
    while (worker().Receive(buffer, std::chrono::nanoseconds::max()) ==
           WorkerChannel::Next::kCommand) {
      const ReceivedCommand command = CommandIn(buffer);
      if (command.header.function == wire::kSessionDropSegment) {
        worker().DropSegment(static_cast<std::uint32_t>(command.argument), false);
        continue;
      }
      wire::Blob blob;
      std::memcpy(&blob, buffer.data() + sizeof command.header, sizeof blob);
      worker().MarkBlockDone(blob);
    }
  });
  for (std::uint64_t i = 0; i < 1500; ++i) {
    const Block block = guest().Allocate((2 + i % 9) * kMiB);
    ASSERT_TRUE(block) << worker().reason();
    const wire::Blob blob = BlobOf(block);
    const std::span<const std::byte> part = std::as_bytes(std::span(&blob, 1));
    guest().MarkInFlight(block);
    ASSERT_TRUE(guest().Submit(TestSession::HeaderFor(1), std::span(&part, 1)));
    guest().FreeWhenDone(block);
  }
  worker().Close("test is over");
  worker_thread.join();
}

TEST_F(Memory, NullBeyondTheLimit) {
  EXPECT_FALSE(guest().Allocate(41 * kMiB));
  EXPECT_FALSE(guest().Allocate(~std::uint64_t{0}));
  EXPECT_TRUE(guest().Allocate(30 * kMiB));
  EXPECT_FALSE(guest().Allocate(30 * kMiB));
}

TEST_F(Memory, WaitsForASegmentInFlight) {
  const Block first = InFlight(30 * kMiB);
  std::thread later([&] {
    std::this_thread::sleep_for(5ms);
    worker().MarkBlockDone(BlobOf(first));
  });
  EXPECT_TRUE(guest().Allocate(30 * kMiB));
  later.join();
}

// One thread plays the worker; the blocks that it was given come back at random.
TEST_F(Memory, RandomAgainstAModel) {
  std::mt19937 engine(3);
  auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  struct Held {
    Block block;
    std::byte fill;
  };
  std::vector<Held> held;
  std::vector<Held> flying;
  auto check = [](const Held& one) {
    return one.block.data[0] == one.fill && one.block.data[one.block.bytes - 1] == one.fill;
  };
  for (int step = 0; step < 6000; ++step) {
    const std::uint32_t choice = random() % 8;
    if (choice < 4) {
      const std::uint64_t bytes =
          random() % 50 == 0 ? 2 * kMiB : random() % (random() % 2 == 0 ? 3000 : 150000);
      if (held.size() + flying.size() > 20) continue;
      Held one = {.block = guest().Allocate(bytes), .fill = static_cast<std::byte>(step)};
      ASSERT_TRUE(one.block);
      ASSERT_GE(one.block.bytes, bytes);
      std::memset(one.block.data, static_cast<int>(one.fill), one.block.bytes);
      held.push_back(one);
    } else if (choice < 6 && !held.empty()) {
      std::swap(held[random() % held.size()], held.back());
      ASSERT_TRUE(check(held.back()));
      if (choice == 4) {
        guest().Free(held.back().block);
      } else {
        guest().MarkInFlight(held.back().block);
        guest().FreeWhenDone(held.back().block);
        flying.push_back(held.back());
      }
      held.pop_back();
    } else if (!flying.empty()) {
      std::swap(flying[random() % flying.size()], flying.back());
      ASSERT_TRUE(check(flying.back()));
      worker().MarkBlockDone(BlobOf(flying.back().block));
      flying.pop_back();
    }
    HandleDrops();
  }
  for (const Held& one : held) guest().Free(one.block);
  for (const Held& one : flying) worker().MarkBlockDone(BlobOf(one.block));
  guest().Free(guest().Allocate(kMiB));
  for (int i = 0; i < 10; ++i) guest().Free(guest().Allocate(1));
  EXPECT_EQ(guest().memory_usage().arena_bytes, 0U);
}

TEST_F(Memory, EightThreadsWithAWorker) {
  std::thread worker_thread([&] {
    CommandBuffer buffer = MakeCommandBuffer();
    while (worker().Receive(buffer, std::chrono::nanoseconds::max()) ==
           WorkerChannel::Next::kCommand) {
      const wire::CommandHeader header = CommandIn(buffer).header;
      if (header.function == wire::kSessionDropSegment) {
        worker().DropSegment(static_cast<std::uint32_t>(CommandIn(buffer).argument), false);
        continue;
      }
      wire::Blob blob;
      std::memcpy(&blob, buffer.data() + sizeof header, sizeof blob);
      const std::span<std::byte> data = worker().ArenaUntrusted(blob);
      ASSERT_EQ(data.size(), blob.bytes);
      ASSERT_EQ(data.front(), data.back());
      worker().MarkBlockDone(blob);
    }
  });
  std::deque<std::thread> threads;
  for (unsigned thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(thread);
      for (int i = 0; i < 300; ++i) {
        const std::uint64_t bytes = i % 100 == 99 ? 2 * kMiB : 1 + random() % 400000;
        const Block block = guest().Allocate(bytes);
        ASSERT_TRUE(block);
        block.data[0] = block.data[block.bytes - 1] = static_cast<std::byte>(i);
        guest().MarkInFlight(block);
        const wire::Blob blob = BlobOf(block);
        const std::span<const std::byte> part = std::as_bytes(std::span(&blob, 1));
        ASSERT_TRUE(guest().Submit(TestSession::HeaderFor(1), std::span(&part, 1)));
        guest().FreeWhenDone(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  worker().Close("test is over");
  worker_thread.join();
}

}  // namespace
}  // namespace ava::transport
