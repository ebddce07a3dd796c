// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/mappings.h"

#include <span>
#include <utility>

#include "ava/worker/limits.h"

namespace ava::worker {

bool Mappings::Add(std::shared_ptr<Mapping> mapping) {
  const std::scoped_lock lock(mutex_);
  const MappingId id = mapping->id;
  if (id == 0 || mappings_.size() == kMappingsMax) return false;
  return mappings_.try_emplace(id, std::move(mapping)).second;
}

std::shared_ptr<Mapping> Mappings::Find(MappingId id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = mappings_.find(id);
  return found == mappings_.end() ? nullptr : found->second;
}

void Mappings::Remove(MappingId id) {
  std::shared_ptr<Mapping> removed;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = mappings_.find(id);
    if (found == mappings_.end()) return;
    removed = std::move(found->second);
    mappings_.erase(found);
  }
  const std::scoped_lock lock(removed->mutex);
  removed->live = false;
}

std::size_t Mappings::size() const {
  const std::scoped_lock lock(mutex_);
  return mappings_.size();
}

void Mappings::FillLocked(Mapping& mapping, transport::WorkerChannel& channel) {
  const std::span<std::byte> shadow = channel.ArenaUntrusted(mapping.shadow);
  if (!mapping.live || shadow.size() < mapping.box.bytes()) return;
  mapping.box.Pack(shadow.data(), static_cast<const std::byte*>(mapping.pointer));
  mapping.filled = true;
}

void Mappings::Fill(Mapping& mapping, transport::WorkerChannel& channel) {
  const std::scoped_lock lock(mapping.mutex);
  FillLocked(mapping, channel);
}

void Mappings::FillAndMark(Mapping& mapping, transport::WorkerChannel& channel) {
  const std::scoped_lock lock(mapping.mutex);
  FillLocked(mapping, channel);
  if (mapping.live) channel.MarkBlockDone(mapping.shadow);
}

void Mappings::Flush(Mapping& mapping, transport::WorkerChannel& channel) {
  const std::scoped_lock lock(mapping.mutex);
  const std::span<std::byte> shadow = channel.ArenaUntrusted(mapping.shadow);
  if (!mapping.live || !mapping.filled || shadow.size() < mapping.box.bytes()) return;
  mapping.box.Unpack(static_cast<std::byte*>(mapping.pointer), shadow.data());
}

}  // namespace ava::worker
