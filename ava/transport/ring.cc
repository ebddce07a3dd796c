// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/ring.h"

#include <string.h>

#include <algorithm>
#include <atomic>

#include "ava/base/check.h"
#include "ava/base/futex.h"

namespace ava::transport {
namespace {

struct RecordStart {
  std::uint32_t bytes;
  std::uint32_t tag;
};
static_assert(sizeof(RecordStart) == sizeof(std::uint64_t));

// Publishes records: partner of ReadHead. The exchange is also the barrier before the look at
// reader_wait.
void WriteHead(wire::RingControl& control, std::uint64_t head) {
  control.head.exchange(head, std::memory_order_seq_cst);
}
std::uint64_t ReadHeadUntrusted(const wire::RingControl& control) {
  return control.head.load(std::memory_order_seq_cst);
}

// Gives space back: partner of ReadTail. The exchange is also the barrier before the look at
// writer_wait.
void WriteTail(wire::RingControl& control, std::uint64_t tail) {
  control.tail.exchange(tail, std::memory_order_seq_cst);
}
std::uint64_t ReadTailUntrusted(const wire::RingControl& control) {
  return control.tail.load(std::memory_order_seq_cst);
}

// One load that the compiler cannot repeat: what is checked is what is used.
std::uint64_t ReadOnceUntrusted(const std::byte* at) {
  return *reinterpret_cast<const volatile std::uint64_t*>(at);
}

}  // namespace

RingWriter::RingWriter(const RingMemory& ring) : ring_(ring) {}

std::uint32_t RingWriter::PadFor(std::uint32_t bytes) const {
  const std::uint32_t to_end =
      ring_.bytes - (static_cast<std::uint32_t>(head_) & (ring_.bytes - 1));
  return bytes > to_end ? to_end : 0;
}

RingWriter::Room RingWriter::RoomFor(std::uint32_t bytes) {
  const std::uint64_t needed = std::uint64_t{bytes} + PadFor(bytes);
  if (head_ - tail_seen_ + needed <= ring_.bytes) return Room::kYes;
  const std::uint64_t tail = ReadTailUntrusted(*ring_.control);
  // The tail moves from the last seen place up to the head.
  if (head_ - tail > head_ - tail_seen_ || tail % wire::kRecordAlignment != 0) return Room::kBroken;
  tail_seen_ = tail;
  return head_ - tail_seen_ + needed <= ring_.bytes ? Room::kYes : Room::kFull;
}

std::byte* RingWriter::Append(std::uint32_t bytes) {
  AVA_CHECK(bytes % wire::kRecordAlignment == 0 && bytes <= ring_.record_bytes_max);
  if (const std::uint32_t pad = PadFor(bytes)) {
    const RecordStart start = {.bytes = pad, .tag = ring_.pad_tag};
    memcpy(ring_.data + (head_ & (ring_.bytes - 1)), &start, sizeof start);
    head_ += pad;
  }
  std::byte* place = ring_.data + (head_ & (ring_.bytes - 1));
  head_ += bytes;
  return place;
}

std::uint32_t RingWriter::Publish() {
  WriteHead(*ring_.control, head_);
  std::atomic<std::uint32_t>& wait = ring_.control->reader_wait;
  return TakeAnnouncement(wait, wait.load(std::memory_order_seq_cst));
}

std::uint32_t RingWriter::TakeAnnouncement(std::atomic<std::uint32_t>& wait, std::uint32_t seen) {
  const std::uint32_t waiting = seen & wire::kReaderWaitMask;
  if (waiting == 0) return 0;
  const bool taken = wait.compare_exchange_strong(
      seen, seen & ~std::uint32_t{wire::kReaderWaitMask}, std::memory_order_seq_cst);
  return taken ? waiting : 0;
}

void RingWriter::AnnounceAsleep() { writer_wait().exchange(1, std::memory_order_seq_cst); }

RingReader::RingReader(const RingMemory& ring) : ring_(ring) {}

bool RingReader::HasNext() const {
  return head_seen_ != tail_ || ReadHeadUntrusted(*ring_.control) != tail_;
}

bool RingReader::HasMore() const {
  return ReadHeadUntrusted(*ring_.control) != ReadTailUntrusted(*ring_.control);
}

const char* RingReader::CheckRecord(std::uint32_t record_bytes, bool pad, std::uint64_t available,
                                    std::uint32_t to_end) const {
  if (record_bytes % wire::kRecordAlignment != 0) return "a record's size is no multiple of 16";
  if (record_bytes < wire::kRecordAlignment) return "a record is smaller than its header";
  if (record_bytes > available) return "a record goes beyond what was published";
  if (pad) return record_bytes == to_end ? nullptr : "a pad does not end at the end of the ring";
  if (record_bytes > ring_.record_bytes_max) return "a record is larger than 64 KiB";
  return record_bytes <= to_end ? nullptr : "a record crosses the end of the ring";
}

RingReader::Next RingReader::TakeUntrusted(std::span<std::byte> buffer, std::uint32_t& bytes,
                                           const char*& wrong) {
  for (;;) {
    if (head_seen_ == tail_) {
      head_seen_ = ReadHeadUntrusted(*ring_.control);
      if (head_seen_ == tail_) return Next::kEmpty;
      if (head_seen_ - tail_ > ring_.bytes || head_seen_ % wire::kRecordAlignment != 0) {
        wrong = "the ring's head is impossible";
        return Next::kBroken;
      }
    }
    const std::uint32_t place = static_cast<std::uint32_t>(tail_) & (ring_.bytes - 1);
    const std::byte* record = ring_.data + place;
    const std::uint64_t first = ReadOnceUntrusted(record);
    RecordStart start;
    memcpy(&start, &first, sizeof start);
    const bool pad = start.tag == ring_.pad_tag;
    wrong = CheckRecord(start.bytes, pad, head_seen_ - tail_, ring_.bytes - place);
    if (wrong == nullptr && !pad && start.bytes > buffer.size())
      wrong = "a record is larger than the reader's buffer";
    if (wrong != nullptr) return Next::kBroken;
    if (!pad) {
      memcpy(buffer.data(), &first, sizeof first);
      memcpy(buffer.data() + sizeof first, record + sizeof first, start.bytes - sizeof first);
      std::atomic_signal_fence(std::memory_order_seq_cst);  // From here on the copy is what counts.
    }
    tail_ += start.bytes;
    GiveBack(tail_);
    if (!pad) {
      bytes = start.bytes;
      return Next::kRecord;
    }
  }
}

void RingReader::GiveBack(std::uint64_t tail) {
  WriteTail(*ring_.control, tail);
  std::atomic<std::uint32_t>& wait = ring_.control->writer_wait;
  if (wait.load(std::memory_order_seq_cst) == 0) return;
  if (ReadHeadUntrusted(*ring_.control) - tail > ring_.bytes / 2) return;
  if (wait.exchange(0, std::memory_order_seq_cst) != 0)
    FutexWake(wait, kFutexWakeAll, FutexScope::kShared);
}

}  // namespace ava::transport
