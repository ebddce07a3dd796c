// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/shared_memory.h"

#include <mutex>

namespace ava::guest {

void SharedMemory::Add(wire::HandleId object, const transport::Block& block) {
  const std::lock_guard lock(mutex_);
  blocks_.insert_or_assign(object, block);
  by_address_.insert_or_assign(reinterpret_cast<std::uintptr_t>(block.data), block);
}

transport::Block SharedMemory::Take(wire::HandleId object) {
  const std::lock_guard lock(mutex_);
  const auto node = blocks_.extract(object);
  if (node.empty()) return {};
  by_address_.erase(reinterpret_cast<std::uintptr_t>(node.mapped().data));
  return node.mapped();
}

wire::Blob SharedMemory::Locate(const void* memory, std::uint64_t bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::lock_guard lock(mutex_);
  auto found = by_address_.upper_bound(address);
  if (found == by_address_.begin()) return {};
  const transport::Block& block = (--found)->second;
  const std::uint64_t at = address - found->first;
  if (at > block.bytes || bytes > block.bytes - at) return {};
  return {.place = static_cast<std::uint32_t>(wire::Place::kArena),
          .segment = block.segment,
          .offset = block.offset + at,
          .bytes = bytes};
}

}  // namespace ava::guest
