// SPDX-License-Identifier: Apache-2.0
#pragma once

// Outputs of calls that have returned before their data was there (Lapis: `until(event)`). The
// worker writes the bytes into the arena and marks the block; the guest copies them to the
// program's memory before the program can learn that the event has completed.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ava/base/mutex.h"
#include "ava/base/rect.h"
#include "ava/transport/guest_channel.h"

namespace ava::guest {

struct Delivery {
  transport::Block block;
  std::byte* destination = nullptr;
  std::uint64_t bytes = 0;  // plain copy
  bool strided = false;     // else by `rect`
  bool keep_block = false;  // a mapping's: it lives on
  Rect rect;

  void Copy() const;
};

class Deliveries {
 public:
  // False: no memory.
  bool Add(const Delivery& delivery);
  // One whose data is to come from this block has not been made yet.
  bool IsPending(const transport::Block& block);
  // Forgets it; the block stays the caller's.
  void Forget(const transport::Block& block);
  // The same of one that is to fill exactly these bytes.
  bool IsPendingTo(const void* destination, std::uint64_t bytes);
  // Forgets all that are to fill any of these bytes, and frees their blocks when those are done.
  void ForgetTo(const void* destination, std::uint64_t bytes, transport::GuestChannel& channel);
  // Copies and frees what is done, in the order of the calls.
  void Sweep(transport::GuestChannel& channel) {
    if (count_.load(std::memory_order_acquire) != 0) SweepNow(channel);
  }

 private:
  struct Node;
  Node** FindLocked(const transport::Block& block);
  void SweepNow(transport::GuestChannel& channel);

  Mutex mutex_;
  std::atomic<std::uint32_t> count_{0};
  Node* first_ = nullptr;
  Node** end_ = &first_;
};

}  // namespace ava::guest
