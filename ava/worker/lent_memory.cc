// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/lent_memory.h"

namespace ava::worker {

void* LentMemory::Lend(const wire::Blob& blob) {
  auto lent = std::make_unique<Lent>(Lent{.owner = shared_from_this(), .blob = blob});
  const std::scoped_lock lock(mutex_);
  ++lent_[blob.segment];
  return lent.release();
}

void LentMemory::GiveBack(void* lent) {
  const std::unique_ptr<Lent> back(static_cast<Lent*>(lent));
  back->owner->Return(back->blob);
}

// Not lent any more before it is marked: from then on the guest may drop the segment.
void LentMemory::Return(const wire::Blob& blob) {
  const std::scoped_lock lock(mutex_);
  const auto found = lent_.find(blob.segment);
  if (--found->second == 0) lent_.erase(found);
  if (channel_ != nullptr) channel_->MarkBlockDone(blob);
}

bool LentMemory::IsLent(std::uint32_t segment) const {
  const std::scoped_lock lock(mutex_);
  return lent_.contains(segment);
}

void LentMemory::Close() {
  const std::scoped_lock lock(mutex_);
  channel_ = nullptr;
}

}  // namespace ava::worker
