// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/pending_work.h"

#include <thread>
#include <utility>

#include "ava/worker/limits.h"

namespace ava::worker {

bool PendingWork::Add(std::shared_ptr<PendingItem> item) {
  const std::scoped_lock lock(mutex_);
  if (items_.size() == kPendingMax) return false;
  items_.push_back(std::move(item));
  count_.store(items_.size(), std::memory_order_release);
  return true;
}

void PendingWork::Sweep() {
  if (empty()) return;
  std::vector<std::shared_ptr<PendingItem>> items;
  {
    const std::scoped_lock lock(mutex_);
    items = items_;
  }
  bool finished = false;
  for (const auto& item : items) {
    int state = item->state.load(std::memory_order_acquire);
    if (state == 0 && !events_.done(item->event)) continue;
    if (state == 0 && item->state.compare_exchange_strong(state, 1, std::memory_order_acq_rel)) {
      Finish(*item);
      finished = true;
    }
    while (item->state.load(std::memory_order_acquire) != 2) std::this_thread::yield();
  }
  if (finished) Forget();
}

void PendingWork::Finish(PendingItem& item) {
  if (item.fill != nullptr) Mappings::Fill(*item.fill, channel_);
  for (const wire::Blob& block : item.blocks) channel_.MarkBlockDone(block);
  item.kept.clear();
  item.state.store(2, std::memory_order_release);
  progress_.Tick();
}

// Finished items lose their event here, when no lock is held: the library's release may run
// callbacks.
void PendingWork::Forget() {
  std::vector<std::shared_ptr<PendingItem>> finished;
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(items_, [&](auto& item) {
      if (item->state.load(std::memory_order_acquire) != 2) return false;
      finished.push_back(std::move(item));
      return true;
    });
    count_.store(items_.size(), std::memory_order_release);
  }
  for (const auto& item : finished) events_.release(item->event);
}

}  // namespace ava::worker
