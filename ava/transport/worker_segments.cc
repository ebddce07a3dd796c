// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/worker_segments.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>

#include "ava/base/futex.h"
#include "ava/base/system_error.h"
#include "ava/wire/abi.h"

namespace ava::transport {
namespace {

// As with the bytes, twice of what the guest allows itself.
constexpr std::size_t kSegmentsHereMax = std::size_t{2} * wire::kSegmentsMax;
constexpr int kSealsNeeded = F_SEAL_SHRINK | F_SEAL_GROW;

Result<void> CheckDescriptorUntrusted(std::uint32_t id, std::uint64_t bytes, int fd) {
  const std::string name = "segment " + std::to_string(id);
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kSealsNeeded) != kSealsNeeded) {
    return Fail(ErrorCode::kViolation, name + " is not a memfd sealed against resizing");
  }
  struct stat status = {};
  if (fstat(fd, &status) != 0) return FailSystem("fstat", name, errno);
  if (static_cast<std::uint64_t>(status.st_size) != bytes) {
    return Fail(ErrorCode::kViolation, name + " has " + std::to_string(status.st_size) +
                                           " bytes, but was announced with " +
                                           std::to_string(bytes));
  }
  return {};
}

}  // namespace

WorkerSegments::~WorkerSegments() {
  for (const auto& [id, memory] : segments_) munmap(memory.data(), memory.size());
  for (const std::span<std::byte> grave : graves_) munmap(grave.data(), grave.size());
}

Result<void> WorkerSegments::AddUntrusted(std::uint32_t id, std::uint64_t bytes,
                                          const UniqueFd& fd) {
  if (id == wire::kArenaSegment)
    return Fail(ErrorCode::kViolation, "segment 0 is the arena, not to be sent");
  AVA_TRY(CheckDescriptorUntrusted(id, bytes, fd.get()));
  const std::lock_guard lock(mutex_);
  if (segments_.contains(id)) {
    return Fail(ErrorCode::kViolation, "segment " + std::to_string(id) + " was sent twice");
  }
  if (segments_.size() >= kSegmentsHereMax) {
    return Fail(ErrorCode::kViolation,
                "more than " + std::to_string(kSegmentsHereMax) + " segments");
  }
  if (bytes > bytes_max_ - bytes_) {
    return Fail(ErrorCode::kViolation, "segments of " + std::to_string(bytes_ + bytes) +
                                           " bytes in all, the limit is " +
                                           std::to_string(bytes_max_));
  }
  void* memory = MapLocked(bytes, fd.get());
  if (memory == MAP_FAILED) return FailSystem("mmap", "segment " + std::to_string(id), errno);
  segments_.emplace(id, std::span(static_cast<std::byte*>(memory), bytes));
  bytes_ += bytes;
  arrivals_.fetch_add(1, std::memory_order_seq_cst);
  FutexWake(arrivals_, kFutexWakeAll, FutexScope::kPrivate);
  return {};
}

// In a grave if one fits: a pointer that is left there leads to the guest's own memory as before,
// and a program of which some call is always under way needs no more addresses for ever.
void* WorkerSegments::MapLocked(std::uint64_t bytes, int fd) {
  constexpr int kFlags = MAP_SHARED | MAP_NORESERVE;
  const auto grave = std::ranges::find_if(
      graves_, [bytes](std::span<std::byte> memory) { return memory.size() == bytes; });
  if (grave == graves_.end()) return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, fd, 0);
  void* const place = grave->data();
  graves_.erase(grave);
  return mmap(place, bytes, PROT_READ | PROT_WRITE, kFlags | MAP_FIXED, fd, 0);
}

void WorkerSegments::Drop(std::uint32_t id, bool in_use) {
  const std::lock_guard lock(mutex_);
  const auto found = segments_.find(id);
  if (found == segments_.end()) return;
  const std::span<std::byte> memory = found->second;
  bytes_ -= memory.size();
  segments_.erase(found);
  graves_.push_back(memory);
  if (in_use) {
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    mmap(memory.data(), memory.size(), PROT_NONE, kFlags, -1, 0);
    return;
  }
  for (const std::span<std::byte> grave : graves_) munmap(grave.data(), grave.size());
  graves_.clear();
}

std::span<std::byte> WorkerSegments::FindNow(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = segments_.find(id);
  return found == segments_.end() ? std::span<std::byte>() : found->second;
}

std::span<std::byte> WorkerSegments::Find(std::uint32_t id, Deadline deadline) {
  for (;;) {
    const std::uint32_t arrivals = arrivals_.load(std::memory_order_seq_cst);
    const std::span<std::byte> memory = FindNow(id);
    if (!memory.empty() || closed_.load(std::memory_order_seq_cst)) return memory;
    if (!FutexWait(arrivals_, arrivals, FutexScope::kPrivate, deadline)) return FindNow(id);
  }
}

void WorkerSegments::Close() {
  closed_.store(true, std::memory_order_seq_cst);
  arrivals_.fetch_add(1, std::memory_order_seq_cst);
  FutexWake(arrivals_, kFutexWakeAll, FutexScope::kPrivate);
}

}  // namespace ava::transport
