// SPDX-License-Identifier: Apache-2.0
#pragma once

// The worker's view of the guest's segments: which are mapped where. The guest says what it likes;
// what is kept here has been checked against the descriptor itself.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ava/base/clock.h"
#include "ava/base/mutex.h"
#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::transport {

class WorkerSegments {
 public:
  // Twice of what the guest allows itself: drops travel in the ring, new segments overtake them on
  // the socket.
  explicit WorkerSegments(std::uint64_t bytes_max) : bytes_max_(2 * bytes_max) {}
  WorkerSegments(const WorkerSegments&) = delete;
  WorkerSegments& operator=(const WorkerSegments&) = delete;
  ~WorkerSegments();

  // The memfd must be sealed against resizing and have exactly `bytes` bytes.
  Result<void> AddUntrusted(std::uint32_t id, std::uint64_t bytes, const UniqueFd& fd);
  // `in_use`: pointers into it may live, if the guest is not honest. Its memory goes, its addresses
  // stay taken until a segment is dropped while that is not so.
  void Drop(std::uint32_t id, bool in_use);
  // All of segment `id`, waiting for one whose message is still on its way; empty when it does not
  // come.
  std::span<std::byte> Find(std::uint32_t id, Deadline deadline);
  // No more will come: releases those who wait.
  void Close();

 private:
  void* MapLocked(std::uint64_t bytes, int fd);
  std::span<std::byte> FindNow(std::uint32_t id);

  const std::uint64_t bytes_max_;
  Mutex mutex_;
  std::unordered_map<std::uint32_t, std::span<std::byte>> segments_;
  std::vector<std::span<std::byte>> graves_;  // addresses without memory
  std::uint64_t bytes_ = 0;
  std::atomic<std::uint32_t> arrivals_{0};  // futex word; changes with each arrival and at the end
  std::atomic<bool> closed_{false};
};

}  // namespace ava::transport
