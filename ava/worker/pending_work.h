// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls that were made but whose data the device still uses: what has to be done when their event
// completes.
//
// Sweep is called before each reply after which the guest looks for finished outputs, before each
// callback, and now and then. It asks the vendor library with no lock of ours held, because it may
// itself be called from a callback of that library. Two sweeps may meet at one item: one of them
// finishes it, the other waits for that.

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "ava/router/gate.h"
#include "ava/transport/worker_channel.h"
#include "ava/wire/blob.h"
#include "ava/worker/addresses.h"
#include "ava/worker/mappings.h"
#include "ava/worker/progress.h"

namespace ava::worker {

using router::EventFunctions;

// Contents of addressed memory that are brought to the guest.
struct Contents {
  const void* from = nullptr;
  std::span<std::byte> to;
};

struct PendingItem {
  void* event = nullptr;                           // one reference is the item's
  std::vector<wire::Blob> blocks;                  // to be marked as done
  std::vector<std::unique_ptr<std::byte[]>> kept;  // inputs that travelled inside the record
  Contents contents;                               // copied before that
  std::shared_ptr<Mapping> fill;  // contents to be brought to the guest, and marked
  bool finished = false;          // set by the sweep that holds sweep_mutex_

  bool empty() const { return blocks.empty() && kept.empty() && fill == nullptr; }
};

class PendingWork {
 public:
  PendingWork(transport::WorkerChannel& channel, EventFunctions events, Progress& progress,
              const Addresses& addresses)
      : channel_(channel), events_(events), progress_(progress), addresses_(addresses) {}

  // False: too many.
  bool Add(std::shared_ptr<PendingItem> item);
  void Sweep();
  void Retain(void* event) { events_.retain(event); }
  void Release(void* event) { events_.release(event); }
  bool empty() const { return count_.load(std::memory_order_acquire) == 0; }

 private:
  void Finish(PendingItem& item, bool has_failed);
  void Forget();

  transport::WorkerChannel& channel_;
  const EventFunctions events_;
  Progress& progress_;
  const Addresses& addresses_;
  std::mutex sweep_mutex_;  // before mutex_
  std::mutex mutex_;
  std::vector<std::shared_ptr<PendingItem>> items_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace ava::worker
