// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/callbacks.h"

#include <utility>

#include "ava/worker/limits.h"

namespace ava::worker {

std::uintptr_t Callbacks::Register(Callback callback) {
  const std::scoped_lock lock(mutex_);
  if (callbacks_.size() == kCallbacksMax) return 0;
  const std::uintptr_t key = next_key_++;
  callbacks_.emplace(key, std::move(callback));
  return key;
}

bool Callbacks::AddHold(std::uintptr_t key, HandleId id) {
  const std::scoped_lock lock(mutex_);
  const auto found = callbacks_.find(key);
  if (found == callbacks_.end()) return false;
  found->second.holds.push_back(id);
  return true;
}

void Callbacks::SetEarly(std::uintptr_t key) {
  const std::scoped_lock lock(mutex_);
  const auto found = callbacks_.find(key);
  if (found != callbacks_.end()) found->second.early = true;
}

std::vector<HandleId> Callbacks::Cancel(std::uintptr_t key) {
  const std::scoped_lock lock(mutex_);
  const auto found = callbacks_.find(key);
  if (found == callbacks_.end()) return {};
  std::vector<HandleId> holds = std::move(found->second.holds);
  callbacks_.erase(found);
  return holds;
}

std::unique_ptr<Callback> Callbacks::Fire(std::uintptr_t key) {
  const std::scoped_lock lock(mutex_);
  const auto found = callbacks_.find(key);
  if (found == callbacks_.end()) return nullptr;
  ++running_;
  if (!found->second.once) return std::make_unique<Callback>(found->second);
  auto fired = std::make_unique<Callback>(std::move(found->second));
  callbacks_.erase(found);
  return fired;
}

void Callbacks::Fired() {
  const std::scoped_lock lock(mutex_);
  --running_;
}

bool Callbacks::quiet() const {
  const std::scoped_lock lock(mutex_);
  return callbacks_.empty() && running_ == 0;
}

bool Callbacks::Has(std::uintptr_t key) const {
  const std::scoped_lock lock(mutex_);
  return callbacks_.contains(key);
}

bool Callbacks::IsOnce(std::uintptr_t key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = callbacks_.find(key);
  return found == callbacks_.end() || found->second.once;
}

std::size_t Callbacks::size() const {
  const std::scoped_lock lock(mutex_);
  return callbacks_.size();
}

}  // namespace ava::worker
