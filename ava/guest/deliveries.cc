// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/deliveries.h"

#include <cstring>
#include <mutex>
#include <new>

namespace ava::guest {

struct Deliveries::Node {
  Delivery delivery;
  Node* next = nullptr;
};

void Delivery::Copy() const {
  if (strided) {
    rect.Unpack(destination, block.data);
  } else if (bytes != 0) {
    std::memcpy(destination, block.data, bytes);
  }
}

bool Deliveries::Add(const Delivery& delivery) {
  auto* node = new (std::nothrow) Node{.delivery = delivery};
  if (node == nullptr) return false;
  const std::lock_guard lock(mutex_);
  *end_ = node;
  end_ = &node->next;
  count_.fetch_add(1, std::memory_order_release);
  return true;
}

Deliveries::Node** Deliveries::FindLocked(const transport::Block& block) {
  Node** place = &first_;
  while (*place != nullptr && (*place)->delivery.block.data != block.data) place = &(*place)->next;
  return place;
}

bool Deliveries::IsPending(const transport::Block& block) {
  const std::lock_guard lock(mutex_);
  return *FindLocked(block) != nullptr;
}

void Deliveries::Forget(const transport::Block& block) {
  const std::lock_guard lock(mutex_);
  Node** place = FindLocked(block);
  Node* node = *place;
  if (node == nullptr) return;
  *place = node->next;
  if (end_ == &node->next) end_ = place;
  delete node;
  count_.fetch_sub(1, std::memory_order_relaxed);
}

bool Deliveries::IsPendingTo(const void* destination, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  for (const Node* node = first_; node != nullptr; node = node->next) {
    if (node->delivery.destination == destination && node->delivery.bytes == bytes) return true;
  }
  return false;
}

void Deliveries::ForgetTo(const void* destination, std::uint64_t bytes,
                          transport::GuestChannel& channel) {
  if (count_.load(std::memory_order_acquire) == 0) return;
  const std::lock_guard lock(mutex_);
  const auto begin = reinterpret_cast<std::uintptr_t>(destination);
  Node** place = &first_;
  while (*place != nullptr) {
    Node* node = *place;
    if (reinterpret_cast<std::uintptr_t>(node->delivery.destination) - begin >= bytes) {
      place = &node->next;
      continue;
    }
    channel.FreeWhenDone(node->delivery.block);
    *place = node->next;
    delete node;
    count_.fetch_sub(1, std::memory_order_relaxed);
  }
  end_ = place;
}

void Deliveries::SweepNow(transport::GuestChannel& channel) {
  const std::lock_guard lock(mutex_);
  Node** place = &first_;
  while (*place != nullptr) {
    Node* node = *place;
    if (!channel.IsDone(node->delivery.block)) {
      place = &node->next;
      continue;
    }
    // The program's memory stays as it is when nothing was read into it.
    if (!channel.HasFailed(node->delivery.block)) node->delivery.Copy();
    if (!node->delivery.keep_block) channel.Free(node->delivery.block);
    *place = node->next;
    delete node;
    count_.fetch_sub(1, std::memory_order_relaxed);
  }
  end_ = place;
}

}  // namespace ava::guest
