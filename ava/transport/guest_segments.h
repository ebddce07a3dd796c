// SPDX-License-Identifier: Apache-2.0
#pragma once

// Segments: sealed memfds that the guest makes for what is too large for the arena, and passes to
// the worker over the session socket. A segment holds one block: a page with the BlockHeader at its
// end, then the data. Those that nobody uses are kept for a while, since making one costs page
// faults on both sides.
//
// The owner serialises all members but Create and Destroy, which make system calls and touch only
// what they are given.

#include <array>
#include <cstddef>
#include <cstdint>

#include "ava/wire/abi.h"

namespace ava::transport {

inline constexpr std::uint64_t kSegmentDataOffset = 4096;
inline constexpr std::uint64_t kSegmentGranuleBytes = 65536;
// Idle segments that are kept.
inline constexpr std::uint32_t kIdleSegmentsMax = 8;
inline constexpr std::uint64_t kIdleSegmentBytesMax = std::uint64_t{256} << 20;

struct Segment {
  // kDropping: given up here, but the worker may not have read the command that says so. Until then
  // it counts against the limits, which are the worker's too.
  enum class State : std::uint32_t { kNone, kReserved, kTaken, kFreeWhenDone, kIdle, kDropping };
  State state = State::kNone;
  bool lasting = false;  // an object's, as long as that lives
  std::uint32_t id = 0;
  std::byte* base = nullptr;
  std::uint64_t bytes = 0;       // of the whole memfd
  std::uint64_t idle_since = 0;  // a count of Frees
  std::uint64_t dropped_at = 0;  // the command's end in the ring

  std::byte* data() const { return base + kSegmentDataOffset; }
  std::uint64_t data_bytes() const { return bytes - kSegmentDataOffset; }
};

// Segments on their way out: the caller unmaps them, tells the worker, and says so with Dropped.
struct EvictedSegments {
  std::array<Segment*, kIdleSegmentsMax + 1> segments;
  std::uint32_t count = 0;
};

class GuestSegments {
 public:
  explicit GuestSegments(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  GuestSegments(const GuestSegments&) = delete;
  GuestSegments& operator=(const GuestSegments&) = delete;
  ~GuestSegments();

  // An idle one for `bytes` of data that does not waste more than half of itself; null: none.
  Segment* TakeIdle(std::uint64_t bytes);
  // A place for a new one, with its id and size; null when limits forbid it.
  Segment* Reserve(std::uint64_t bytes);
  // The same two for what lasts, which takes no more than half of what the limits allow, however
  // many of those that calls have left idle.
  Segment* TakeIdleLasting(std::uint64_t bytes);
  Segment* ReserveLasting(std::uint64_t bytes);
  // A taken or reserved one, until it is given back: it does not count as busy.
  void MakeLasting(Segment& segment);
  void CancelReserve(Segment& segment);
  Segment& Find(std::uint32_t id);

  // Makes the memory of a reserved one, sealed, and maps it. `fd` is for the worker. 0 or an errno.
  static int Create(Segment& segment, int& fd);

  void FreeWhenDone(Segment& segment);
  // To the idle ones; the longest idle of them are evicted when there are too many.
  void Free(Segment& segment, EvictedSegments& evicted);
  // Frees those whose block the worker is done with, until there is something evicted. True when it
  // freed any.
  bool Sweep(EvictedSegments& evicted);
  // Takes an idle one out, to make room for another. False: there is none.
  bool EvictIdle(EvictedSegments& evicted);
  static void Unmap(const Segment& segment);
  void Dropped(Segment& segment, std::uint64_t dropped_at);
  // Takes those out of the books whose drop the worker has read, up to `read` in the ring.
  void Reap(std::uint64_t read);

  void ReplaceByPrivateMemory();

  std::uint32_t in_flight() const { return in_flight_; }  // those in FreeWhenDone
  std::uint32_t dropping() const { return dropping_; }
  std::uint64_t bytes() const { return bytes_; }  // all that exist
  std::uint64_t busy_bytes() const { return bytes_ - idle_bytes_ - lasting_bytes_; }
  std::uint32_t count() const { return count_; }

 private:
  void Remove(Segment& segment);
  void EndLasting(Segment& segment);

  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t top_ = 0;  // no segment in use from here on
  std::uint32_t in_flight_ = 0;
  std::uint32_t dropping_ = 0;
  std::uint32_t idle_ = 0;
  std::uint64_t idle_bytes_ = 0;
  std::uint64_t lasting_bytes_ = 0;
  std::uint32_t lasting_ = 0;
  std::uint64_t frees_ = 0;
  std::array<Segment, wire::kSegmentsMax> segments_;
};

}  // namespace ava::transport
