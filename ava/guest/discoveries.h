// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the objects which no call creates (platforms, devices) were found: the queries that first
// showed them. A forked child has a new worker; it asks the same again in the same order, whereupon
// the handles that it has inherited, and that a loader in front of this library keeps, mean what
// they meant.

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "ava/base/mutex.h"
#include "ava/guest/object.h"
#include "ava/transport/guest_channel.h"
#include "ava/wire/blob.h"

namespace ava::guest {

inline constexpr std::size_t kDiscoveriesMax = 64;

struct Discovery {
  // An object whose id stood at `place`, in bytes from the beginning of the slot's inline area.
  struct Found {
    Object* object = nullptr;
    std::uint16_t type = 0;
    wire::HandleId id = 0;
    std::size_t place = 0;
  };
  std::uint16_t function = 0;
  std::vector<std::byte> arguments;  // structure and payload
  std::vector<Found> found;
};

class Discoveries {
 public:
  void Add(Discovery discovery);
  void ForgetForTest() { discoveries_.clear(); }

  // Around fork(), so that a child finds it whole.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }
  // In the child, behind ObjectTable::ResetAfterFork: their handles are alive again, until Repeat.
  void ReviveInChild();

  // Asks everything again, and calls alive(found) for what is found at its place; what is not is
  // dead from now on.
  template <class Alive>
  void Repeat(transport::GuestChannel& channel, std::uint32_t thread, const Alive& alive) {
    const std::lock_guard lock(mutex_);
    for (Discovery& discovery : discoveries_) {
      const transport::Slot slot = channel.AcquireSlot();
      const bool answered = Ask(channel, thread, discovery, slot);
      for (const Discovery::Found& found : discovery.found) {
        if (answered && IdAt(slot, found.place) == found.id) {
          alive(found);
        } else {
          found.object->type.store(0, std::memory_order_release);
        }
      }
      channel.ReleaseSlot(slot);
    }
  }

 private:
  static bool Ask(transport::GuestChannel& channel, std::uint32_t thread,
                  const Discovery& discovery, transport::Slot slot);
  static wire::HandleId IdAt(transport::Slot slot, std::size_t place);

  Mutex mutex_;
  std::vector<Discovery> discoveries_;
};

// Of the process and of the processes that it forks.
extern constinit Discoveries& g_discoveries;

}  // namespace ava::guest
