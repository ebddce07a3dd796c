// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/shared_memory.h"

#include <mutex>

namespace ava::guest {

void SharedMemory::Add(wire::HandleId object, const transport::Block& block) {
  const std::lock_guard lock(mutex_);
  blocks_.insert_or_assign(object, block);
}

transport::Block SharedMemory::Take(wire::HandleId object) {
  const std::lock_guard lock(mutex_);
  const auto node = blocks_.extract(object);
  return node.empty() ? transport::Block{} : node.mapped();
}

}  // namespace ava::guest
