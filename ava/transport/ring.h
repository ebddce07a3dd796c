// SPDX-License-Identifier: Apache-2.0
#pragma once

// The two ends of a ring of records in shared memory; ava/wire/abi.h is its specification. A ring
// has one reader and one writer at a time: several threads take turns under a lock of their own. A
// ring starts empty, at index 0. Neither end trusts the other's index. Nothing here waits.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ava/transport/session_mapping.h"

namespace ava::transport {

class RingWriter {
 public:
  RingWriter() = default;
  explicit RingWriter(const RingMemory& ring);

  enum class Room { kYes, kFull, kBroken };  // kBroken: the reader's index is impossible
  // For a record of `bytes`, and for the pad that it may need.
  Room RoomFor(std::uint32_t bytes);
  // The record's place, after RoomFor said yes. It is the reader's only after Publish.
  std::byte* Append(std::uint32_t bytes);
  // Shows the reader everything appended since. Returns its ReaderWait bits after clearing them:
  // the caller wakes one of those; in the common case 0.
  std::uint32_t Publish();
  // The second half of Publish: clears the announcement that it has `seen`, and no later one. Who
  // announced meanwhile has looked at the ring since, and would not be asked again if the writer
  // took that away and woke somebody who finds nothing.
  static std::uint32_t TakeAnnouncement(std::atomic<std::uint32_t>& wait, std::uint32_t seen);

  // Announces the wish to sleep until the reader frees space. When there is still no room, sleep on
  // writer_wait() while it is 1.
  void AnnounceAsleep();
  std::uint64_t head() const { return head_; }
  // What the reader has taken ends here, as it says.
  std::uint64_t tail() const { return ring_.control->tail.load(std::memory_order_acquire); }
  std::atomic<std::uint32_t>& writer_wait() const { return ring_.control->writer_wait; }
  std::atomic<std::uint32_t>& reader_wait() const { return ring_.control->reader_wait; }

 private:
  std::uint32_t PadFor(std::uint32_t bytes) const;

  RingMemory ring_;
  std::uint64_t head_ = 0;  // private; what is published may be behind
  std::uint64_t tail_seen_ = 0;
};

class RingReader {
 public:
  RingReader() = default;
  explicit RingReader(const RingMemory& ring);

  enum class Next { kRecord, kEmpty, kBroken };
  // Copies the next record into `buffer` and gives its place back to the writer. `bytes` is the
  // record's size. With kBroken, `wrong` says what the writer did.
  Next TakeUntrusted(std::span<std::byte> buffer, std::uint32_t& bytes, const char*& wrong);
  // True when the writer has published more. The reader's own: it does not ask the shared tail,
  // which a hostile writer could keep apart from the head.
  bool HasNext() const;
  // The same for threads that do not have the reader's role.
  bool HasMore() const;

 private:
  // Tells the writer, and wakes it when it sleeps and half of the ring is free.
  void GiveBack(std::uint64_t tail);
  const char* CheckRecord(std::uint32_t record_bytes, bool pad, std::uint64_t available,
                          std::uint32_t to_end) const;

  RingMemory ring_;
  std::uint64_t tail_ = 0;
  std::uint64_t head_seen_ = 0;
};

}  // namespace ava::transport
