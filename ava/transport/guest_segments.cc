// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/guest_segments.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "ava/base/check.h"
#include "ava/transport/block_state.h"

namespace ava::transport {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

std::uint64_t SegmentBytes(std::uint64_t data_bytes) {
  return ((data_bytes + kSegmentGranuleBytes - 1) & ~(kSegmentGranuleBytes - 1)) +
         kSegmentDataOffset;
}

}  // namespace

GuestSegments::~GuestSegments() {
  for (const Segment& segment : segments_) Unmap(segment);
}

Segment* GuestSegments::TakeIdle(std::uint64_t bytes) {
  if (idle_ == 0) return nullptr;
  Segment* best = nullptr;
  for (std::uint32_t i = 0; i < top_; ++i) {
    Segment& segment = segments_[i];
    if (segment.state != Segment::State::kIdle || segment.data_bytes() < bytes) continue;
    if (segment.data_bytes() / 2 > bytes) continue;
    if (best == nullptr || segment.bytes < best->bytes) best = &segment;
  }
  if (best != nullptr) {
    best->state = Segment::State::kTaken;
    --idle_;
    idle_bytes_ -= best->bytes;
  }
  return best;
}

Segment* GuestSegments::Reserve(std::uint64_t bytes) {
  if (bytes > bytes_max_ || bytes_ + SegmentBytes(bytes) > bytes_max_ || count_ == segments_.size())
    return nullptr;
  auto* free = std::ranges::find(segments_, Segment::State::kNone, &Segment::state);
  if (free == segments_.end()) return nullptr;
  const auto index = static_cast<std::uint32_t>(free - segments_.begin());
  // Never the same number twice in a row, so that a late message about the old one cannot hit the
  // new one.
  free->id = free->id == 0 ? index + 1 : free->id + wire::kSegmentsMax;
  free->bytes = SegmentBytes(bytes);
  free->state = Segment::State::kReserved;
  bytes_ += free->bytes;
  ++count_;
  top_ = std::max(top_, index + 1);
  return free;
}

Segment* GuestSegments::TakeIdleLasting(std::uint64_t bytes) {
  const bool leaves_half = lasting_ < segments_.size() / 2 && bytes <= bytes_max_ / 2 &&
                           lasting_bytes_ + SegmentBytes(bytes) <= bytes_max_ / 2;
  return leaves_half ? TakeIdle(bytes) : nullptr;
}

Segment* GuestSegments::ReserveLasting(std::uint64_t bytes) {
  const std::uint64_t most = bytes_max_ / 2;
  if (count_ >= segments_.size() / 2 || bytes > most || bytes_ + SegmentBytes(bytes) > most)
    return nullptr;
  return Reserve(bytes);
}

void GuestSegments::MakeLasting(Segment& segment) {
  segment.lasting = true;
  lasting_bytes_ += segment.bytes;
  ++lasting_;
}

void GuestSegments::EndLasting(Segment& segment) {
  if (!std::exchange(segment.lasting, false)) return;
  lasting_bytes_ -= segment.bytes;
  --lasting_;
}

void GuestSegments::CancelReserve(Segment& segment) {
  EndLasting(segment);
  Remove(segment);
}

Segment& GuestSegments::Find(std::uint32_t id) {
  Segment& segment = segments_[(id - 1) % wire::kSegmentsMax];
  AVA_CHECK(segment.id == id && segment.base != nullptr);
  return segment;
}

int GuestSegments::Create(Segment& segment, int& fd) {
  fd = memfd_create("ava-segment", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return errno;
  void* memory = MAP_FAILED;
  if (ftruncate(fd, static_cast<off_t>(segment.bytes)) == 0 &&
      fcntl(fd, F_ADD_SEALS, kSeals) == 0) {
    memory =
        mmap(nullptr, segment.bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  }
  if (memory == MAP_FAILED) {
    const int error = errno;
    close(fd);
    fd = -1;
    return error;
  }
  segment.base = static_cast<std::byte*>(memory);
  return 0;
}

void GuestSegments::FreeWhenDone(Segment& segment) {
  AVA_CHECK(segment.state == Segment::State::kTaken);
  EndLasting(segment);
  segment.state = Segment::State::kFreeWhenDone;
  ++in_flight_;
}

void GuestSegments::Remove(Segment& segment) {
  bytes_ -= segment.bytes;
  --count_;
  segment.state = Segment::State::kNone;
  segment.base = nullptr;
}

void GuestSegments::Free(Segment& segment, EvictedSegments& evicted) {
  EndLasting(segment);
  if (segment.state == Segment::State::kFreeWhenDone) --in_flight_;
  segment.state = Segment::State::kIdle;
  segment.idle_since = ++frees_;
  ++idle_;
  idle_bytes_ += segment.bytes;
  while (idle_ > kIdleSegmentsMax || idle_bytes_ > kIdleSegmentBytesMax) EvictIdle(evicted);
}

bool GuestSegments::EvictIdle(EvictedSegments& evicted) {
  Segment* oldest = nullptr;
  for (std::uint32_t i = 0; i < top_; ++i) {
    Segment& segment = segments_[i];
    if (segment.state != Segment::State::kIdle) continue;
    if (oldest == nullptr || segment.idle_since < oldest->idle_since) oldest = &segment;
  }
  if (oldest == nullptr) return false;
  AVA_CHECK(evicted.count < evicted.segments.size());
  evicted.segments[evicted.count++] = oldest;
  --idle_;
  idle_bytes_ -= oldest->bytes;
  ++dropping_;
  oldest->state = Segment::State::kDropping;
  oldest->dropped_at = UINT64_MAX;
  return true;
}

bool GuestSegments::Sweep(EvictedSegments& evicted) {
  if (in_flight_ == 0) return false;
  bool freed = false;
  for (std::uint32_t i = 0; i < top_ && evicted.count == 0; ++i) {
    Segment& segment = segments_[i];
    if (segment.state != Segment::State::kFreeWhenDone) continue;
    if (!IsBlockDone(segment.data())) continue;
    Free(segment, evicted);
    freed = true;
  }
  return freed;
}

void GuestSegments::Unmap(const Segment& segment) {
  if (segment.base != nullptr) munmap(segment.base, segment.bytes);
}

void GuestSegments::Dropped(Segment& segment, std::uint64_t dropped_at) {
  segment.base = nullptr;
  segment.dropped_at = dropped_at;
}

void GuestSegments::Reap(std::uint64_t read) {
  for (std::uint32_t i = 0; i < top_ && dropping_ != 0; ++i) {
    Segment& segment = segments_[i];
    if (segment.state != Segment::State::kDropping || segment.dropped_at > read) continue;
    --dropping_;
    Remove(segment);
  }
}

void GuestSegments::ReplaceByPrivateMemory() {
  for (Segment& segment : segments_) {
    if (segment.base == nullptr) continue;
    // A failure leaves the shared memory in place, which is as harmless.
    static_cast<void>(mmap(segment.base, segment.bytes, PROT_READ | PROT_WRITE,
                           MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  }
}

}  // namespace ava::transport
