// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/end_charges.h"

namespace ava::worker {

void* EndCharges::Keep(const Charge& charge) {
  return std::make_unique<Kept>(Kept{.owner = shared_from_this(), .charge = charge}).release();
}

void EndCharges::GiveBack(void* kept) {
  const std::unique_ptr<Kept> gone(static_cast<Kept*>(kept));
  EndCharges& owner = *gone->owner;
  const std::scoped_lock lock(owner.mutex_);
  if (owner.router_ != nullptr) owner.router_->Release(gone->charge.resource, gone->charge.amount);
  owner.waiting_.fetch_sub(1, std::memory_order_relaxed);
}

Charge EndCharges::Take(void* kept) {
  const std::unique_ptr<Kept> gone(static_cast<Kept*>(kept));
  gone->owner->waiting_.fetch_sub(1, std::memory_order_relaxed);
  return gone->charge;
}

void EndCharges::Close() {
  const std::scoped_lock lock(mutex_);
  router_ = nullptr;
}

}  // namespace ava::worker
