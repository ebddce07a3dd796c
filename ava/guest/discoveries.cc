// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/discoveries.h"

#include <cstring>
#include <mutex>
#include <new>
#include <utility>

namespace ava::guest {
namespace {

// Never destroyed: calls may come after static destructors.
union Storage {
  constexpr Storage() : discoveries() {}
  ~Storage() {}
  Discoveries discoveries;
};
constinit Storage g_storage;

}  // namespace

constinit Discoveries& g_discoveries = g_storage.discoveries;

void Discoveries::Add(Discovery discovery) {
  const std::lock_guard lock(mutex_);
  if (discoveries_.size() < kDiscoveriesMax) discoveries_.push_back(std::move(discovery));
}

void Discoveries::ReviveInChild() {
  mutex_.ResetAfterFork();
  for (const Discovery& discovery : discoveries_) {
    for (const Discovery::Found& found : discovery.found) {
      found.object->setters.store(nullptr, std::memory_order_relaxed);  // the parent's session's
      found.object->type.store(found.type, std::memory_order_release);
    }
  }
}

bool Discoveries::Ask(transport::GuestChannel& channel, std::uint32_t thread,
                      const Discovery& discovery, transport::Slot slot) {
  const std::span<const std::byte> part = discovery.arguments;
  const wire::CommandHeader header = {.function = discovery.function,
                                      .flags = wire::kCommandWaits,
                                      .slot = slot.index,
                                      .thread = thread};
  if (!channel.Submit(header, std::span(&part, 1))) return false;
  const wire::ReplyHeader reply = channel.Await(slot);
  return reply.status == static_cast<std::uint32_t>(wire::ReplyStatus::kDone) && reply.error == 0;
}

wire::HandleId Discoveries::IdAt(transport::Slot slot, std::size_t place) {
  wire::HandleId id = 0;
  std::memcpy(&id, slot.inline_data + place, sizeof(id));
  return id;
}

}  // namespace ava::guest
