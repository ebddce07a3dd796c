// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/pending_work.h"

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

// One sweep at a time: nobody asks for an event that another sweep has let go. Whoever waits here
// finds what was complete before it came marked.
void PendingWork::Sweep() {
  if (empty()) return;
  std::vector<std::shared_ptr<PendingItem>> finished;
  {
    const std::scoped_lock sweep(sweep_mutex_);
    std::vector<std::shared_ptr<PendingItem>> items;
    {
      const std::scoped_lock lock(mutex_);
      items = items_;
    }
    for (auto& item : items) {
      const int outcome = events_.done(item->event);
      if (outcome == 0) continue;
      Finish(*item, outcome < 0);
      finished.push_back(std::move(item));
    }
    if (!finished.empty()) Forget();
  }
  // No lock is held: the library's release may run callbacks.
  for (const auto& item : finished) events_.release(item->event);
}

void PendingWork::Finish(PendingItem& item, bool has_failed) {
  if (!has_failed && !item.contents.to.empty())
    (void)addresses_.Read(item.contents.from, item.contents.to);
  if (item.fill != nullptr) Mappings::FillAndMark(*item.fill, channel_);
  for (const wire::Blob& block : item.blocks) {
    if (has_failed) {
      channel_.MarkBlockFailed(block);
    } else {
      channel_.MarkBlockDone(block);
    }
  }
  item.kept.clear();
  item.finished = true;
  progress_.Tick();
}

void PendingWork::Forget() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(items_, [](const auto& item) { return item->finished; });
  count_.store(items_.size(), std::memory_order_release);
}

}  // namespace ava::worker
