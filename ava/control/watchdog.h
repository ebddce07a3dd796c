// SPDX-License-Identifier: Apache-2.0
#pragma once

// When does a session run for ever? When its worker computes and computes and nothing comes of it.
//
// Pure: the manager takes a sample now and then, from outside the worker, and asks. A session that
// waits does not compute; one that computes for long on the host, and says so (a program's build),
// is exempt.

#include <cstdint>

namespace ava::control {

struct WatchSample {
  std::int64_t now_ns = 0;
  std::int64_t cpu_ns = 0;     // the worker's threads together
  std::uint64_t progress = 0;  // LedgerWatch::progress
  bool exempt = false;
};

class Watchdog {
 public:
  // 0: never expires.
  explicit Watchdog(std::int64_t limit_ns) : limit_ns_(limit_ns) {}

  // True: no progress for the limit or longer, and at least half a core burnt for that long. On a
  // busy machine the worker may get less than half a core; then it takes longer until it is sure.
  bool Expired(const WatchSample& sample);

  std::int64_t limit_ns() const { return limit_ns_; }

 private:
  std::int64_t limit_ns_;
  bool started_ = false;
  WatchSample mark_;  // the last sign of life
  WatchSample last_;
};

}  // namespace ava::control
