// SPDX-License-Identifier: Apache-2.0
#pragma once

// The guest's blocks of bulk data: who holds which part of the arena, which blocks the worker still
// uses, and what happens when memory is short. In that order a request tries: the arena; blocks
// that the worker has meanwhile finished; a wait of at most kArenaWaitMs for one more of those,
// which is the back-pressure on a program that is faster than its device; a segment of its own,
// while busy segments have less than kSegmentCrowdBytes or after a wait of kSegmentCrowdWaitMs; a
// wait of at most kSegmentWaitMs; null.
//
// Why the waits end: blocks may belong to commands that wait for something which the calling thread
// itself is to do next (set a user event). Natively such a program runs on.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ava/base/clock.h"
#include "ava/base/mutex.h"
#include "ava/transport/arena_allocator.h"
#include "ava/transport/guest_channel.h"
#include "ava/transport/guest_segments.h"
#include "ava/transport/session_mapping.h"

namespace ava::transport {

// What memory needs of the channel.
class SegmentCarrier {
 public:
  // Makes a reserved segment's memory and passes its descriptor to the worker. False: there is no
  // memory, or the session is lost; what it has of its memory is the caller's to unmap.
  virtual bool MakeSegment(Segment& segment) = 0;
  // Tells the worker, in the order of commands, that a segment is not used any more. Returns where
  // in the ring that command ends.
  virtual std::uint64_t SendDrop(std::uint32_t id) = 0;
  virtual bool lost() const = 0;

 protected:
  ~SegmentCarrier() = default;
};

class GuestMemory {
 public:
  static constexpr std::int64_t kArenaWaitMs = 20;
  static constexpr std::int64_t kSegmentCrowdWaitMs = 250;
  static constexpr std::int64_t kSegmentWaitMs = 10'000;
  static constexpr std::uint64_t kSegmentCrowdBytes = std::uint64_t{512} << 20;
  // From here up a block's data begins on a page. A header less than 64 KiB, so that a block's
  // number of units tells which form it has.
  static constexpr std::uint64_t kPageAlignedBytes = 65536 - sizeof(wire::BlockHeader);
  static constexpr std::uint64_t kPageBytes = 4096;
  // What lasts and is larger has a segment.
  static constexpr std::uint64_t kLastingArenaBytesMax = std::uint64_t{1} << 20;

  GuestMemory(const SessionMapping& mapping, SegmentCarrier& carrier);

  int Init();  // 0 or an errno

  Block Allocate(std::uint64_t bytes);
  // For an object's life: from the arena while half of that stays free, else a segment, of which
  // half of those that the session may have stay free. Never waits.
  Block AllocateLasting(std::uint64_t bytes);
  void Free(const Block& block);
  void FreeWhenDone(const Block& block);

  // The listener, when the session is lost.
  void Abandon();
  int sleepers() const { return sleepers_.load(std::memory_order_seq_cst); }

  // As SessionMapping's: for the segments.
  void ReplaceByPrivateMemory();

  struct Usage {
    std::uint64_t arena_bytes = 0;    // in use, headers and rounding included
    std::uint64_t segment_bytes = 0;  // of all segments that exist
    std::uint32_t segments = 0;
    std::uint32_t in_flight = 0;  // blocks in FreeWhenDone
  };
  Usage usage();

 private:
  // All …Locked members are called with mutex_ held.
  Block TryArenaLocked(std::uint64_t bytes);
  bool TryArena(std::uint64_t bytes, Block& block, bool& worth_waiting);
  // Frees blocks that the worker is done with: the oldest few, or all.
  bool SweepArenaLocked(bool all);
  Block AllocateFromArena(std::uint64_t bytes);

  enum class Found { kIdle, kReserved, kNothing };
  struct SegmentSearch {
    Found found = Found::kNothing;
    Segment* segment = nullptr;
    bool in_flight = false;  // the worker may finish with one
    bool dropping = false;   // it may read of the end of one
  };
  SegmentSearch FindSegment(std::uint64_t bytes, bool may_crowd);
  Block AllocateSegment(std::uint64_t bytes);
  Block TryLastingArena(std::uint64_t bytes);
  Block CreateSegment(Segment& segment);
  void FreeSegment(std::uint32_t id);
  Block BlockOf(const Segment& segment) const;
  void Discard(const EvictedSegments& evicted);

  // Sleeps until the worker or another thread gives memory back. Announced first, so that the
  // caller can look again between the two.
  void AnnounceWait();
  bool Wait(Deadline deadline);
  void WakeWaiters();

  std::byte* const base_;
  const std::uint64_t bytes_;
  std::atomic<std::uint32_t>& space_wait_;
  const std::atomic<std::uint64_t>& commands_read_;
  SegmentCarrier& carrier_;
  std::atomic<int> sleepers_{0};

  Mutex mutex_;
  ArenaAllocator allocator_;
  GuestSegments segments_;
  // Blocks in FreeWhenDone, oldest first, linked through the allocator's books.
  std::uint32_t in_flight_first_ = ArenaAllocator::kNone;
  std::uint32_t in_flight_last_ = ArenaAllocator::kNone;
  std::uint32_t in_flight_ = 0;
};

}  // namespace ava::transport
