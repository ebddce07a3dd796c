// SPDX-License-Identifier: Apache-2.0
#pragma once

// The shared mapping of one session: its specification.
//
// One memfd per session, created sparse and sealed by the manager (F_SEAL_SHRINK | GROW | SEAL),
// mapped read-write by the guest process and its worker. It is the fast path: nothing below needs a
// system call while both sides are awake.
//
//  kHeaderOffset        +-----------------------------------+
//                       | SessionHeader                     |  manager, at the start; then constant
//  kControlOffset       +-----------------------------------+
//                       | SessionControl                    |
//                       |   command:  head .. writer_wait   |  RingControl, see below
//                       |   upcall:   head .. writer_wait   |  the same, the other way round
//                       |   arena:    space_wait            |  guest sets, worker clears
//                       |   tuning:   reply_yield_us        |  worker; the guest reads
//  kSlotsOffset         +-----------------------------------+
//                       | ReplySlot[kReplySlots]            |  1 KiB each
//                       |   state                           |  guest arms, worker posts
//                       |   reply, inline_data              |  worker
//  kCommandRingOffset   +-----------------------------------+
//                       | command records (record.h)        |  guest
//  kUpcallRingOffset    +-----------------------------------+
//                       | upcall records (record.h)         |  worker
//  kStatisticsOffset    +-----------------------------------+
//                       | StatisticsRow[kStatisticsRows]    |  guest; the manager reads
//  kArenaOffset         +-----------------------------------+
//                       | blocks: BlockHeader, data         |  guest allocates; both write
//  memory_bytes         +-----------------------------------+
//
// Trust. The guest may write any byte of the mapping at any time. The worker therefore copies out
// once, checks the copy, and takes nothing of the layout from here but `arena_bytes`, which it
// compares with the size of the (sealed) file. The guest checks what it reads of the worker's, too,
// but relies on the worker for results.
//
// Rings. `head` and `tail` are free-running byte counts; their difference is what is in the ring,
// their low bits are the place. Records are multiples of 16 bytes, stand in one piece and never
// cross the end: a pad record fills up the rest. Of a pad only the first 8 bytes {u32 bytes, u32
// tag} have a meaning, since it may be 16 bytes long: tag kCommandPadTag or kUpcallPadTag.
//
//   writer: the record's bytes;  head.exchange(seq_cst);  load reader_wait;  wake when not 0
//   reader: reader_wait = asleep;  load head (seq_cst);  sleep when nothing came
//   reader: tail.exchange(seq_cst);  load writer_wait;  wake when set and half is free
//   writer: writer_wait = 1;  load tail (seq_cst);  sleep when still full
//
// Each side first stores what it did, then looks whether the other sleeps; the sleeper first says
// that it will, then looks again. In the total order of these four accesses at least one of them
// sees the other.
//
// Changes (each bumps kAbiVersion in record.h):
//   1  first version
//   2  1024 reply slots instead of 256
//   3  kBlockFailed

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ava/wire/record.h"

namespace ava::wire {

inline constexpr std::uint32_t kSessionMagic = 0x53417641;  // "AvAS"
inline constexpr std::uint32_t kCacheLineBytes = 64;

inline constexpr std::uint32_t kCommandRingBytes = 1U << 20;
inline constexpr std::uint32_t kUpcallRingBytes = 256U << 10;
inline constexpr std::uint32_t kRecordAlignment = 16;
// The second word of a pad: function 0 and flags kCommandPad; kind kUpcallPad and callback 0.
inline constexpr std::uint32_t kCommandPadTag = std::uint32_t{kCommandPad} << 16;
inline constexpr std::uint32_t kUpcallPadTag = kUpcallPad;

// As many guest threads as may wait at the same time. One more waits for a slot first, which may be
// for ever if it is the one that would let the others go: so there are more than programs have
// threads.
inline constexpr std::uint32_t kReplySlots = 1024;
inline constexpr std::uint32_t kReplyInlineBytes = 896;

// Functions of an API, hence columns of the statistics.
inline constexpr std::uint32_t kFunctionsMax = 512;
// A row for each of the first threads of a guest; the last row is shared by all others.
inline constexpr std::uint32_t kStatisticsRows = 128;

inline constexpr std::uint64_t kArenaBytesDefault = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kArenaBytesMin = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kArenaBytesMax = std::uint64_t{16} << 30;
inline constexpr std::uint64_t kArenaAlignment = std::uint64_t{2} << 20;  // of offset and size

// Segments: memfds that the guest makes for objects too large for the arena.
inline constexpr std::uint32_t kArenaSegment = 0;    // the arena's own number in a Blob
inline constexpr std::uint32_t kSegmentsMax = 1024;  // alive at once
// All segments of a session together.
inline constexpr std::uint64_t kSegmentBytesDefault = std::uint64_t{64} << 30;

// Header -----------------------------------------------------------------------------------------
struct SessionHeader {
  std::uint32_t magic;    // kSessionMagic
  std::uint32_t version;  // kAbiVersion
  std::uint64_t session;  // the manager's number of the session
  std::uint64_t memory_bytes;
  std::uint64_t control_offset;
  std::uint64_t slots_offset;
  std::uint64_t command_ring_offset;
  std::uint64_t upcall_ring_offset;
  std::uint64_t statistics_offset;
  std::uint64_t arena_offset;
  std::uint64_t arena_bytes;
  std::uint64_t segment_bytes_max;  // all segments of the session together
  std::uint32_t command_ring_bytes;
  std::uint32_t upcall_ring_bytes;
  std::uint32_t slots;
  std::uint32_t slot_bytes;
  std::uint32_t statistics_rows;
  std::uint32_t functions;  // columns in use
  std::uint64_t reserved;   // 0
};
static_assert(sizeof(SessionHeader) == 120);

// Rings ------------------------------------------------------------------------------------------
// Why a ring's reader does not read now; the low bits of reader_wait. The bits above count
// announcements, so that the word never has an old value again while somebody is about to sleep on
// it. A bit is also the futex bit set of those whom it concerns: the writer clears both bits and
// wakes exactly one of whom it found.
enum ReaderWait : std::uint32_t {
  kReaderAwake = 0,
  kReaderAsleep = 1,      // it sleeps on the word (upcall ring: in poll() on the session socket)
  kReaderHandedOver = 2,  // it is busy elsewhere; one of the stand-by threads is to take over
  kReaderWaitMask = 3,
  kReaderWaitStep = 4,
};

struct RingControl {
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> head;  // writer
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> tail;  // reader
  // ReaderWait; the reader sets, the writer clears.
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> reader_wait;
  // 1: asleep until half of the ring is free; the writer sets, the reader clears.
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> writer_wait;
};
static_assert(sizeof(RingControl) == 256);
static_assert(offsetof(RingControl, tail) == 64 && offsetof(RingControl, reader_wait) == 128);
static_assert(offsetof(RingControl, writer_wait) == 192);

struct ArenaControl {
  // 1: guest threads sleep until a block is done; they set, the worker clears.
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> space_wait;
};
static_assert(sizeof(ArenaControl) == 64);

struct TuningControl {
  // How long a guest thread yields for a reply before it sleeps.
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> reply_yield_us;
};
static_assert(sizeof(TuningControl) == 64);

struct SessionControl {
  RingControl command;  // writer: the guest; reader: the worker
  RingControl upcall;   // writer: the worker; reader: the guest's listener
  ArenaControl arena;
  TuningControl tuning;
};
static_assert(sizeof(SessionControl) == 640);
static_assert(offsetof(SessionControl, upcall) == 256 && offsetof(SessionControl, arena) == 512);
static_assert(offsetof(SessionControl, tuning) == 576);

// Reply slots ------------------------------------------------------------------------------------
//
//            guest: AcquireSlot               worker: reply, inline_data, then state
//   any ----------------------> kSlotArmed ----------------------------------------> kSlotPosted
//                                  |   guest, before it sleeps                            ^
//                                  +---------------------------> kSlotAsleep -------------+
//                                                                        and wakes
//   Session lost: the guest's listener turns armed and asleep into kSlotAbandoned, and wakes.
enum SlotState : std::uint32_t {
  kSlotIdle = 0,
  kSlotArmed = 1,
  kSlotAsleep = 2,
  kSlotPosted = 3,
  kSlotAbandoned = 4,
};

struct alignas(kCacheLineBytes) ReplySlot {
  std::atomic<std::uint32_t> state;  // SlotState; a futex word
  std::uint32_t reserved;
  ReplyHeader reply;
  // Begins in the first cache line, so that a small output costs no second one.
  std::byte inline_data[kReplyInlineBytes];
  std::byte reserved_end[96];
};
static_assert(sizeof(ReplySlot) == 1024);
static_assert(offsetof(ReplySlot, reply) == 8 && offsetof(ReplySlot, inline_data) == 32);

// Statistics -------------------------------------------------------------------------------------
// Calls that the guest answered by itself, which therefore no command tells the worker about.
// Counts are claims.
struct alignas(kCacheLineBytes) StatisticsRow {
  std::uint32_t thread;  // kernel thread id of the owner, 0: not in use
  std::uint32_t shared;  // 1: the last row; more than one writer
  std::uint32_t reserved[14];
  std::uint64_t local_calls[kFunctionsMax];
};
static_assert(sizeof(StatisticsRow) == 4160);
static_assert(offsetof(StatisticsRow, local_calls) == 64);

// `local_calls` of the calling thread's row, as GuestChannel::LocalCalls returns it.
inline void CountLocalCall(std::uint64_t* local_calls, std::uint32_t function) {
  const auto* row = reinterpret_cast<const StatisticsRow*>(
      reinterpret_cast<const std::byte*>(local_calls) - offsetof(StatisticsRow, local_calls));
  std::atomic_ref<std::uint64_t> count(
      local_calls[function < kFunctionsMax ? function : kFunctionsMax - 1]);
  if (row->shared != 0) {
    count.fetch_add(1, std::memory_order_relaxed);
  } else {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}

// Layout -----------------------------------------------------------------------------------------
inline constexpr std::uint64_t kHeaderOffset = 0;
inline constexpr std::uint64_t kControlOffset = 4096;
inline constexpr std::uint64_t kSlotsOffset = 8192;
inline constexpr std::uint64_t kCommandRingOffset = kSlotsOffset + kReplySlots * sizeof(ReplySlot);
inline constexpr std::uint64_t kUpcallRingOffset = kCommandRingOffset + kCommandRingBytes;
inline constexpr std::uint64_t kStatisticsOffset = kUpcallRingOffset + kUpcallRingBytes;
inline constexpr std::uint64_t kStatisticsEnd =
    kStatisticsOffset + kStatisticsRows * sizeof(StatisticsRow);
inline constexpr std::uint64_t kArenaOffset =
    (kStatisticsEnd + kArenaAlignment - 1) & ~(kArenaAlignment - 1);

static_assert(kSlotsOffset >= kControlOffset + sizeof(SessionControl));
static_assert(kCommandRingOffset % 4096 == 0 && kUpcallRingOffset % 4096 == 0 &&
              kStatisticsOffset % 4096 == 0);
static_assert(kCommandRingBytes >= 4 * kRecordBytesMax && kUpcallRingBytes >= 4 * kUpcallBytesMax,
              "half of a ring must hold the largest record and the pad in front of it");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::uint32_t>) == 4 && sizeof(std::atomic<std::uint64_t>) == 8);

}  // namespace ava::wire
