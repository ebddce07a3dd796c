// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/guest_memory.h"

#include <algorithm>
#include <mutex>

#include "ava/base/futex.h"
#include "ava/transport/block_state.h"

namespace ava::transport {
namespace {

constexpr std::uint32_t kNone = ArenaAllocator::kNone;
constexpr std::uint32_t kUnitBytes = ArenaAllocator::kUnitBytes;
constexpr std::uint64_t kHeaderBytes = sizeof(wire::BlockHeader);

// Blocks that one allocation looks at, unless memory is short.
constexpr int kSweepLooks = 4;

constexpr std::int64_t kDropPollNs = kNanosecondsPerMillisecond;

// A block begins with its header, except that one whose data begins on a page has a whole unit for
// it in front.
constexpr std::uint64_t FrontBytes(std::uint64_t bytes) {
  return bytes >= GuestMemory::kPageAlignedBytes ? kUnitBytes : kHeaderBytes;
}
constexpr std::uint32_t UnitsFor(std::uint64_t bytes) {
  return static_cast<std::uint32_t>(
      (FrontBytes(bytes) + std::max<std::uint64_t>(bytes, 1) + kUnitBytes - 1) / kUnitBytes);
}
constexpr std::uint64_t FrontBytesOfUnits(std::uint32_t units) {
  return units > UnitsFor(GuestMemory::kPageAlignedBytes - 1) ? kUnitBytes : kHeaderBytes;
}
static_assert(UnitsFor(GuestMemory::kPageAlignedBytes - 1) <
              UnitsFor(GuestMemory::kPageAlignedBytes));

// For both forms, since the header ends where the data begins.
std::uint32_t UnitOf(std::uint64_t offset) {
  return static_cast<std::uint32_t>((offset - kHeaderBytes) / kUnitBytes);
}

}  // namespace

GuestMemory::GuestMemory(const SessionMapping& mapping, SegmentCarrier& carrier)
    : base_(mapping.arena()),
      bytes_(mapping.arena_bytes()),
      space_wait_(mapping.control().arena.space_wait),
      commands_read_(mapping.control().command.tail),
      carrier_(carrier),
      segments_(mapping.header().segment_bytes_max) {}

int GuestMemory::Init() { return allocator_.Init(bytes_); }

Block GuestMemory::Allocate(std::uint64_t bytes) {
  if (carrier_.lost()) return {};
  if (bytes <= bytes_ / 4) {
    if (Block block = AllocateFromArena(bytes)) return block;
  }
  return AllocateSegment(bytes);
}

Block GuestMemory::AllocateLasting(std::uint64_t bytes) {
  if (carrier_.lost()) return {};
  bytes = std::max(bytes, kPageAlignedBytes);
  if (bytes <= kLastingArenaBytesMax) {
    if (Block block = TryLastingArena(bytes)) return block;
  }
  EvictedSegments evicted;
  Segment* segment = nullptr;
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    segments_.Sweep(evicted);
    segments_.Reap(commands_read_.load(std::memory_order_acquire));
    segment = segments_.TakeIdleLasting(bytes);
    is_new = segment == nullptr;
    if (is_new) segment = segments_.ReserveLasting(bytes);
    if (segment != nullptr) segments_.MakeLasting(*segment);
  }
  Discard(evicted);
  if (segment == nullptr) return {};
  return is_new ? CreateSegment(*segment) : BlockOf(*segment);
}

// Arena ------------------------------------------------------------------------------------------

Block GuestMemory::TryLastingArena(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  SweepArenaLocked(/*all=*/false);
  const std::uint32_t kept_free = allocator_.units_total() / 2;
  if (allocator_.units_free() < kept_free + UnitsFor(bytes)) return {};
  return TryArenaLocked(bytes);
}

Block GuestMemory::TryArenaLocked(std::uint64_t bytes) {
  constexpr std::uint32_t kPageUnits = kPageBytes / kUnitBytes;
  const std::uint32_t unit = bytes >= kPageAlignedBytes
                                 ? allocator_.Allocate(UnitsFor(bytes), kPageUnits, kPageUnits - 1)
                                 : allocator_.Allocate(UnitsFor(bytes));
  if (unit == kNone) return {};
  const std::uint64_t offset = std::uint64_t{unit} * kUnitBytes + FrontBytes(bytes);
  const std::uint64_t end = (std::uint64_t{unit} + allocator_.UnitsOf(unit)) * kUnitBytes;
  const Block block = {.data = base_ + offset,
                       .bytes = end - offset,
                       .segment = wire::kArenaSegment,
                       .offset = offset};
  SetBlockState(block.data, wire::kBlockHeldByGuest);
  return block;
}

bool GuestMemory::SweepArenaLocked(bool all) {
  bool freed = false;
  std::uint32_t previous = kNone;
  std::uint32_t unit = in_flight_first_;
  for (int looks = 0; unit != kNone && (all || looks < kSweepLooks); ++looks) {
    const std::uint32_t next = allocator_.Link(unit);
    std::byte* data =
        base_ + std::uint64_t{unit} * kUnitBytes + FrontBytesOfUnits(allocator_.UnitsOf(unit));
    if (IsBlockDone(data)) {
      (previous == kNone ? in_flight_first_ : allocator_.Link(previous)) = next;
      if (in_flight_last_ == unit) in_flight_last_ = previous;
      allocator_.Free(unit);
      --in_flight_;
      freed = true;
    } else {
      previous = unit;
    }
    unit = next;
  }
  return freed;
}

bool GuestMemory::TryArena(std::uint64_t bytes, Block& block, bool& worth_waiting) {
  const std::lock_guard lock(mutex_);
  SweepArenaLocked(/*all=*/false);
  block = TryArenaLocked(bytes);
  if (!block && SweepArenaLocked(/*all=*/true)) block = TryArenaLocked(bytes);
  worth_waiting = in_flight_ != 0;
  return static_cast<bool>(block);
}

Block GuestMemory::AllocateFromArena(std::uint64_t bytes) {
  Block block;
  bool worth_waiting = false;
  if (TryArena(bytes, block, worth_waiting)) return block;
  const Deadline deadline = Deadline::In(kArenaWaitMs * kNanosecondsPerMillisecond);
  while (worth_waiting && !carrier_.lost()) {
    AnnounceWait();
    if (TryArena(bytes, block, worth_waiting)) return block;
    if (!worth_waiting || !Wait(deadline)) break;
  }
  return {};
}

// Segments ---------------------------------------------------------------------------------------

Block GuestMemory::BlockOf(const Segment& segment) const {
  SetBlockState(segment.data(), wire::kBlockHeldByGuest);
  return {.data = segment.data(),
          .bytes = segment.data_bytes(),
          .segment = segment.id,
          .offset = kSegmentDataOffset};
}

GuestMemory::SegmentSearch GuestMemory::FindSegment(std::uint64_t bytes, bool may_crowd) {
  EvictedSegments evicted;
  SegmentSearch search;
  {
    const std::lock_guard lock(mutex_);
    segments_.Sweep(evicted);
    segments_.Reap(commands_read_.load(std::memory_order_acquire));
    search.in_flight = segments_.in_flight() != 0;
    search.segment = segments_.TakeIdle(bytes);
    if (search.segment != nullptr) {
      search.found = Found::kIdle;
    } else if (may_crowd || !search.in_flight ||
               segments_.busy_bytes() + bytes <= kSegmentCrowdBytes) {
      search.segment = segments_.Reserve(bytes);
      if (search.segment != nullptr) search.found = Found::kReserved;
      if (search.segment == nullptr && evicted.count == 0) segments_.EvictIdle(evicted);
    }
    search.dropping = segments_.dropping() != 0;
  }
  Discard(evicted);
  return search;
}

Block GuestMemory::AllocateSegment(std::uint64_t bytes) {
  const Deadline crowd_deadline = Deadline::In(kSegmentCrowdWaitMs * kNanosecondsPerMillisecond);
  const Deadline deadline = Deadline::In(kSegmentWaitMs * kNanosecondsPerMillisecond);
  for (bool announced = false;; announced = !announced) {
    const bool may_crowd = crowd_deadline.HasPassed();
    const SegmentSearch search = FindSegment(bytes, may_crowd);
    if (search.found == Found::kIdle) return BlockOf(*search.segment);
    if (search.found == Found::kReserved) return CreateSegment(*search.segment);
    if (carrier_.lost() || deadline.HasPassed() || !(search.in_flight || search.dropping))
      return {};
    if (!announced) {
      AnnounceWait();
    } else if (search.dropping) {
      Wait(Deadline::In(kDropPollNs));  // That the worker has read a drop wakes nobody.
    } else {
      Wait(may_crowd ? deadline : crowd_deadline);
    }
  }
}

Block GuestMemory::CreateSegment(Segment& segment) {
  // Reserved: nobody else touches it.
  if (!carrier_.MakeSegment(segment)) {
    GuestSegments::Unmap(segment);
    const std::lock_guard lock(mutex_);
    segments_.CancelReserve(segment);
    return {};
  }
  const std::lock_guard lock(mutex_);
  segment.state = Segment::State::kTaken;
  return BlockOf(segment);
}

void GuestMemory::Discard(const EvictedSegments& evicted) {
  for (std::uint32_t i = 0; i < evicted.count; ++i) {
    Segment& segment = *evicted.segments[i];
    GuestSegments::Unmap(segment);
    const std::uint64_t dropped_at = carrier_.SendDrop(segment.id);
    const std::lock_guard lock(mutex_);
    segments_.Dropped(segment, dropped_at);
  }
}

// Both -------------------------------------------------------------------------------------------

void GuestMemory::Free(const Block& block) {
  if (!block) return;
  if (block.segment != wire::kArenaSegment) {
    FreeSegment(block.segment);
  } else {
    const std::lock_guard lock(mutex_);
    allocator_.Free(UnitOf(block.offset));
  }
  WakeWaiters();
}

void GuestMemory::FreeSegment(std::uint32_t id) {
  EvictedSegments evicted;
  {
    const std::lock_guard lock(mutex_);
    segments_.Free(segments_.Find(id), evicted);
  }
  Discard(evicted);
}

void GuestMemory::FreeWhenDone(const Block& block) {
  if (!block) return;
  const std::lock_guard lock(mutex_);
  if (block.segment != wire::kArenaSegment) {
    segments_.FreeWhenDone(segments_.Find(block.segment));
    return;
  }
  const std::uint32_t unit = UnitOf(block.offset);
  allocator_.Link(unit) = kNone;
  (in_flight_last_ == kNone ? in_flight_first_ : allocator_.Link(in_flight_last_)) = unit;
  in_flight_last_ = unit;
  ++in_flight_;
}

GuestMemory::Usage GuestMemory::usage() {
  const std::lock_guard lock(mutex_);
  segments_.Reap(commands_read_.load(std::memory_order_acquire));
  return {
      .arena_bytes = std::uint64_t{allocator_.units_total() - allocator_.units_free()} * kUnitBytes,
      .segment_bytes = segments_.bytes(),
      .segments = segments_.count(),
      .in_flight = in_flight_ + segments_.in_flight()};
}

// Waiting ----------------------------------------------------------------------------------------

// Partner of WorkerChannel::MarkBlockDone: it writes the block's state and then looks here; we
// write here and then look at the blocks.
void GuestMemory::AnnounceWait() { space_wait_.exchange(1, std::memory_order_seq_cst); }

bool GuestMemory::Wait(Deadline deadline) {
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  const bool in_time =
      carrier_.lost() ||
      (FutexWait(space_wait_, 1, FutexScope::kShared, deadline) && !deadline.HasPassed());
  sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  return in_time;
}

void GuestMemory::WakeWaiters() {
  if (space_wait_.load(std::memory_order_seq_cst) == 0) return;
  if (space_wait_.exchange(0, std::memory_order_seq_cst) == 0) return;
  FutexWake(space_wait_, kFutexWakeAll, FutexScope::kShared);
}

void GuestMemory::ReplaceByPrivateMemory() {
  const std::lock_guard lock(mutex_);
  segments_.ReplaceByPrivateMemory();
}

void GuestMemory::Abandon() {
  space_wait_.exchange(0, std::memory_order_seq_cst);
  FutexWake(space_wait_, kFutexWakeAll, FutexScope::kShared);
}

}  // namespace ava::transport
