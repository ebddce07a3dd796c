// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/mappings.h"

#include <mutex>

namespace ava::guest {

std::uint64_t Mappings::NewId() {
  const std::lock_guard lock(mutex_);
  return ++last_id_;
}

void Mappings::Add(const Mapping& mapping) {
  const std::lock_guard lock(mutex_);
  mappings_.push_back(mapping);
}

Mapping Mappings::Claim(wire::HandleId object, const void* pointer) {
  const std::lock_guard lock(mutex_);
  for (auto mapping = mappings_.rbegin(); mapping != mappings_.rend(); ++mapping) {
    if (mapping->object != object || mapping->pointer() != pointer || mapping->leaving) continue;
    mapping->leaving = true;
    return *mapping;
  }
  return {};
}

void Mappings::PutBack(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  for (Mapping& mapping : mappings_) {
    if (mapping.id == id) mapping.leaving = false;
  }
}

void Mappings::Remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(mappings_, [id](const Mapping& mapping) { return mapping.id == id; });
}

}  // namespace ava::guest
