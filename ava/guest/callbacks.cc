// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/callbacks.h"

#include <pthread.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include "ava/base/futex.h"
#include "ava/base/text.h"
#include "ava/base/thread.h"
#include "ava/guest/api.h"
#include "ava/guest/session.h"

namespace ava::guest {
namespace {

// As much as a program's own threads have: what runs here is the program's.
constexpr std::size_t kCallbackStackBytes = std::size_t{8} << 20;

}  // namespace

std::uint64_t Callbacks::Add(const CallbackEntry& entry) {
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

bool Callbacks::Find(std::uint64_t id, CallbackEntry& entry) {
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<std::uint32_t>(id) - 1;
  if (index >= rows_.size() || rows_[index].generation != id >> 32 ||
      rows_[index].entry.callback == 0)
    return false;
  entry = rows_[index].entry;
  return true;
}

void Callbacks::Drop(std::uint64_t id) {
  CallbackEntry entry;
  {
    const std::lock_guard lock(mutex_);
    const auto index = static_cast<std::uint32_t>(id) - 1;
    if (index >= rows_.size() || rows_[index].generation != id >> 32 ||
        rows_[index].entry.callback == 0)
      return;
    entry = rows_[index].entry;
    rows_[index].entry = {};
    free_rows_.push_back(index);
  }
  for (Object* held : entry.holds) {
    if (held != nullptr) g_objects.Unhold(*held);
  }
}

void Callbacks::Post(const wire::UpcallHeader& header, std::span<const std::byte> payload) {
  const std::size_t bytes = sizeof(header) + payload.size();
  void* memory = std::malloc(sizeof(Node) + bytes);
  if (memory == nullptr) return;
  auto* node = new (memory) Node{.next = nullptr, .bytes = bytes};
  auto* record = reinterpret_cast<std::byte*>(node + 1);
  std::memcpy(record, &header, sizeof(header));
  if (!payload.empty()) std::memcpy(record + sizeof(header), payload.data(), payload.size());
  Append(node);
}

void Callbacks::PostLost() {
  {
    const std::lock_guard lock(mutex_);
    if (rows_.empty()) return;
  }
  void* memory = std::malloc(sizeof(Node));
  if (memory != nullptr) Append(new (memory) Node{.next = nullptr, .bytes = 0});
}

void Callbacks::Append(Node* node) {
  {
    const std::lock_guard lock(queue_mutex_);
    *end_ = node;
    end_ = &node->next;
    if (!started_) started_ = StartThread();
  }
  posted_.fetch_add(1, std::memory_order_release);
  FutexWake(posted_, 1, FutexScope::kPrivate);
}

bool Callbacks::StartThread() {
  pthread_t thread;
  const int error = ava::StartThread(
      thread, "ava-callbacks", kCallbackStackBytes,
      [](void* self) -> void* {
        static_cast<Callbacks*>(self)->Run();
        return nullptr;
      },
      this);
  if (error != 0) {
    Say("cannot start the thread that runs callbacks: %s", ErrnoText(error));
    return false;
  }
  pthread_detach(thread);  // it ends with the process
  return true;
}

void Callbacks::Run() {
  for (;;) {
    const std::uint32_t seen = posted_.load(std::memory_order_acquire);
    Node* node = nullptr;
    {
      const std::lock_guard lock(queue_mutex_);
      node = first_;
      if (node != nullptr) first_ = node->next;
      if (first_ == nullptr) end_ = &first_;
    }
    if (node == nullptr) {
      FutexWait(posted_, seen, FutexScope::kPrivate);
      continue;
    }
    if (node->bytes == 0) {
      RunLost();
    } else {
      RunOne(node->record());
    }
    std::free(node);
  }
}

void Callbacks::RunOne(std::span<const std::byte> record) {
  wire::UpcallHeader header;
  std::memcpy(&header, record.data(), sizeof(header));
  CallbackEntry entry;
  if (!Find(header.target, entry) || entry.callback != header.callback) return;
  session_.Deliver();
  const CallbackInfo& info = kApi.callbacks[entry.callback];
  info.run(entry, record);
  if (info.once) Drop(header.target);
}

void Callbacks::RunLost() {
  for (std::uint32_t index = 0;; ++index) {
    std::uint64_t id = 0;
    CallbackEntry entry;
    {
      const std::lock_guard lock(mutex_);
      if (index >= rows_.size()) return;
      if (rows_[index].entry.callback == 0) continue;
      id = std::uint64_t{rows_[index].generation} << 32 | (index + 1);
      entry = rows_[index].entry;
    }
    const CallbackInfo& info = kApi.callbacks[entry.callback];
    if (info.run_lost != nullptr) info.run_lost(entry);
    if (info.once) Drop(id);
  }
}

}  // namespace ava::guest
