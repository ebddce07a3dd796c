// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/callbacks.h"

#include <cstring>
#include <mutex>

#include "ava/guest/api.h"
#include "ava/guest/session.h"

namespace ava::guest {

std::uint64_t Callbacks::Add(const CallbackEntry& entry) {
  if (!threads_.Start()) return 0;
  used_.store(true, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (free_rows_.empty()) {
    if (rows_.size() == kCallbacksMax) return 0;
    free_rows_.push_back(static_cast<std::uint32_t>(rows_.size()));
    rows_.emplace_back();
  }
  const std::uint32_t index = free_rows_.back();
  free_rows_.pop_back();
  Row& row = rows_[index];
  row.entry = entry;
  ++row.generation;
  for (Object* held : entry.holds) {
    if (held != nullptr) ObjectTable::Hold(*held);
  }
  return std::uint64_t{row.generation} << 32 | (index + 1);
}

Callbacks::Row* Callbacks::FindLocked(std::uint64_t id) {
  const auto index = static_cast<std::uint32_t>(id) - 1;
  if (index >= rows_.size() || rows_[index].generation != id >> 32 ||
      rows_[index].entry.callback == 0)
    return nullptr;
  return &rows_[index];
}

bool Callbacks::Find(std::uint64_t id, CallbackEntry& entry) {
  const std::lock_guard lock(mutex_);
  const Row* row = FindLocked(id);
  if (row == nullptr) return false;
  entry = row->entry;
  return true;
}

bool Callbacks::Claim(std::uint64_t id, std::uint16_t callback, CallbackEntry& entry) {
  const std::lock_guard lock(mutex_);
  Row* row = FindLocked(id);
  if (row == nullptr || row->entry.callback != callback || row->claimed) return false;
  row->claimed = kApi.callbacks[callback].once;
  entry = row->entry;
  return true;
}

CallbackEntry Callbacks::Take(std::uint64_t id) {
  CallbackEntry entry;
  {
    const std::lock_guard lock(mutex_);
    Row* row = FindLocked(id);
    if (row == nullptr) return {};
    entry = row->entry;
    row->entry = {};
    row->claimed = false;
    free_rows_.push_back(static_cast<std::uint32_t>(id) - 1);
  }
  for (Object* held : entry.holds) {
    if (held != nullptr) g_objects.Unhold(*held);
  }
  return entry;
}

// It has run and will not run again.
void Callbacks::Retire(std::uint64_t id) {
  const CallbackEntry entry = Take(id);
  if (entry.left != nullptr) kApi.callbacks[entry.callback].release(entry.left);
}

void Callbacks::Leave(std::uint64_t id, std::uint16_t callback, Object* left) {
  {
    const std::lock_guard lock(mutex_);
    if (Row* row = FindLocked(id); row != nullptr) {
      row->entry.left = left;
      return;
    }
  }
  if (left != nullptr) kApi.callbacks[callback].release(left);  // it has run already
}

void Callbacks::Post(const wire::UpcallHeader& header, std::span<const std::byte> payload) {
  CallbackEntry entry;
  if (!Find(header.target, entry) || entry.callback != header.callback) return;
  threads_.Post(entry.holds[0], std::as_bytes(std::span(&header, 1)), payload);
}

void Callbacks::PostLost() {
  {
    const std::lock_guard lock(mutex_);
    if (rows_.empty()) return;
  }
  threads_.Post(nullptr, {}, {});
}

void Callbacks::Run(std::span<const std::byte> record) {
  if (record.empty()) {
    RunLost();
  } else {
    RunOne(record);
  }
}

void Callbacks::RunOne(std::span<const std::byte> record) {
  wire::UpcallHeader header;
  std::memcpy(&header, record.data(), sizeof(header));
  CallbackEntry entry;
  if (!Claim(header.target, header.callback, entry)) return;
  session_.Deliver();
  const CallbackInfo& info = kApi.callbacks[entry.callback];
  info.run(entry, record);
  if (info.once) Retire(header.target);
}

void Callbacks::RunLost() {
  for (std::uint32_t index = 0;; ++index) {
    std::uint64_t id = 0;
    CallbackEntry entry;
    {
      const std::lock_guard lock(mutex_);
      if (index >= rows_.size()) return;
      id = std::uint64_t{rows_[index].generation} << 32 | (index + 1);
      entry = rows_[index].entry;
    }
    if (entry.callback == 0 || !Claim(id, entry.callback, entry)) continue;
    const CallbackInfo& info = kApi.callbacks[entry.callback];
    if (info.run_lost != nullptr) info.run_lost(entry);
    if (info.once) Retire(id);
  }
}

}  // namespace ava::guest
