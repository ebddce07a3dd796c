// SPDX-License-Identifier: Apache-2.0
#pragma once

// Blocks of the guest's that the vendor library uses as memory of its objects (Lapis: `shared`). A
// block is lent until the library says that its object is gone; then it is marked, and the guest's
// again. The library may say so on a thread of its own, and after the session has ended.

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "ava/transport/worker_channel.h"
#include "ava/wire/blob.h"

namespace ava::worker {

class LentMemory : public std::enable_shared_from_this<LentMemory> {
 public:
  explicit LentMemory(transport::WorkerChannel& channel) : channel_(&channel) {}

  // What GiveBack takes. The caller hands it to the vendor library, which gives it back once.
  void* Lend(const wire::Blob& blob);
  static void GiveBack(void* lent);

  // The guest has given up a segment in which an object still has its memory.
  bool IsLent(std::uint32_t segment) const;
  // The channel is about to go; blocks that come back later are not marked.
  void Close();

 private:
  struct Lent {
    std::shared_ptr<LentMemory> owner;
    wire::Blob blob;
  };
  void Return(const wire::Blob& blob);

  mutable std::mutex mutex_;
  transport::WorkerChannel* channel_;                      // null: closed
  std::unordered_map<std::uint32_t, std::uint32_t> lent_;  // by segment: how many blocks of it
};

}  // namespace ava::worker
