// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/setters.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include "ava/guest/object.h"

namespace ava::guest {
namespace {

using transport::GuestChannel;

constexpr std::size_t kBatch = 32;  // records that are submitted at once
constexpr std::uint32_t kSetterBytesMin = 128;

}  // namespace

SetterList::~SetterList() {
  registry_.Remove(*this);
  registry_.pending_.fetch_sub(pending_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  for (std::size_t i = 0; i < count_; ++i) std::free(setters_[i].data);
  std::free(setters_);
}

Setter* SetterList::Find(std::uint16_t function, std::uint64_t key) {
  for (std::size_t i = 0; i < count_; ++i) {
    if (setters_[i].key == key && setters_[i].function == function) return &setters_[i];
  }
  if (count_ == kSettersMax) return nullptr;
  if (count_ == capacity_) {
    const std::size_t wanted = std::max<std::size_t>(8, 2 * capacity_);
    void* memory = std::realloc(setters_, wanted * sizeof(Setter));
    if (memory == nullptr) return nullptr;
    setters_ = static_cast<Setter*>(memory);
    capacity_ = wanted;
  }
  return new (&setters_[count_++]) Setter{.key = key, .function = function};
}

SetterList::Kept SetterList::Keep(std::uint16_t function, std::uint64_t key,
                                  std::span<const std::byte> arguments,
                                  std::span<const std::byte> payload) {
  const std::size_t bytes = arguments.size() + payload.size();
  if (bytes > kSetterBytesMax) return Kept::kNot;
  const std::lock_guard lock(mutex_);
  Setter* setter = Find(function, key);
  if (setter == nullptr) return Kept::kNot;
  if (setter->capacity < bytes) {
    const std::uint32_t wanted = std::max(kSetterBytesMin, static_cast<std::uint32_t>(bytes));
    auto* data = static_cast<std::byte*>(std::realloc(setter->data, wanted));
    if (data == nullptr) return Kept::kNot;
    setter->data = data;
    setter->capacity = wanted;
  }
  std::memcpy(setter->data, arguments.data(), arguments.size());
  if (!payload.empty())
    std::memcpy(setter->data + arguments.size(), payload.data(), payload.size());
  setter->bytes = static_cast<std::uint32_t>(bytes);
  if (setter->pending) return Kept::kReplaced;
  setter->pending = true;
  pending_.store(pending_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  registry_.pending_.fetch_add(1, std::memory_order_relaxed);
  return Kept::kNew;
}

bool SetterList::SubmitLocked(GuestChannel& channel, std::uint32_t thread,
                              const GuestChannel::Record* last) {
  std::span<const std::byte> parts[kBatch];
  GuestChannel::Record records[kBatch + 1];
  std::size_t filled = 0;
  bool alive = true;
  for (std::size_t i = 0; i < count_; ++i) {
    Setter& setter = setters_[i];
    if (!setter.pending) continue;
    setter.pending = false;
    if (filled == kBatch) {
      alive = channel.SubmitAll({records, filled}) && alive;
      filled = 0;
    }
    parts[filled] = {setter.data, setter.bytes};
    records[filled] = {
        .header = {.function = setter.function, .slot = wire::kNoSlot, .thread = thread},
        .parts = {&parts[filled], 1}};
    ++filled;
  }
  if (last != nullptr) records[filled++] = *last;
  if (filled != 0) alive = channel.SubmitAll({records, filled}) && alive;
  // Only now: whoever sees nothing pending sends past this list without its lock.
  const std::uint32_t submitted = pending_.exchange(0, std::memory_order_release);
  registry_.pending_.fetch_sub(submitted, std::memory_order_release);
  return alive;
}

bool SetterList::SubmitWith(GuestChannel& channel, std::uint32_t thread,
                            const GuestChannel::Record& last) {
  const std::lock_guard lock(mutex_);
  return SubmitLocked(channel, thread, &last);
}

bool SetterList::Flush(GuestChannel& channel, std::uint32_t thread) {
  const std::lock_guard lock(mutex_);
  return SubmitLocked(channel, thread, nullptr);
}

SetterList* SetterRegistry::ListOf(Object& object) {
  SetterList* list = object.setters.load(std::memory_order_acquire);
  if (list != nullptr) return list;
  const std::lock_guard lock(mutex_);
  list = object.setters.load(std::memory_order_acquire);
  if (list != nullptr) return list;
  list = new (std::nothrow) SetterList(*this);
  if (list == nullptr) return nullptr;
  list->next_ = first_;
  if (first_ != nullptr) first_->previous_ = list;
  first_ = list;
  object.setters.store(list, std::memory_order_release);
  return list;
}

void SetterRegistry::Remove(SetterList& list) {
  const std::lock_guard lock(mutex_);
  if (list.next_ != nullptr) list.next_->previous_ = list.previous_;
  (list.previous_ != nullptr ? list.previous_->next_ : first_) = list.next_;
}

void SetterRegistry::FlushAll(GuestChannel& channel, std::uint32_t thread) {
  if (empty()) return;
  const std::lock_guard lock(mutex_);
  for (SetterList* list = first_; list != nullptr; list = list->next_) {
    if (!list->empty()) list->Flush(channel, thread);
  }
}

void DropSetters(SetterList* list) { delete list; }

}  // namespace ava::guest
