// SPDX-License-Identifier: Apache-2.0
#pragma once

// Signs of life of a session, for the watchdog of its process: any thread may write, any thread may
// read, and no word guards another, so all accesses are relaxed.

#include <atomic>
#include <cstdint>

namespace ava::worker {

struct Progress {
  // A command taken from the ring, a reply posted, an upcall sent, a completion seen.
  std::atomic<std::uint64_t> ticks{0};
  // Calls running now that compute for long without a sign of life, and that the watchdog leaves
  // alone.
  std::atomic<int> exempt{0};

  void Tick() { ticks.fetch_add(1, std::memory_order_relaxed); }
};

}  // namespace ava::worker
