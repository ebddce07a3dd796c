// SPDX-License-Identifier: Apache-2.0
#pragma once

// Standard outputs that the guest has passed on, in the worker. The descriptor comes over the
// session socket; from when on it counts, a command in the ring says. Either may come first.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "ava/base/clock.h"
#include "ava/base/mutex.h"
#include "ava/base/unique_fd.h"
#include "ava/wire/record.h"

namespace ava::transport {

class PassedStdout {
 public:
  // False: kStdoutsWaitingMax wait to be taken.
  bool Add(std::uint32_t number, UniqueFd fd);
  // The one with this number, and forgets those before it. Empty when it does not come.
  UniqueFd Take(std::uint32_t number, Deadline deadline);
  // No more will come: releases those who wait.
  void Close();

 private:
  struct Passed {
    std::uint32_t number;
    UniqueFd fd;
  };
  UniqueFd TakeNow(std::uint32_t number);

  Mutex mutex_;
  std::deque<Passed> waiting_;
  std::atomic<std::uint32_t> arrivals_{0};  // futex word; changes with each arrival and at the end
  std::atomic<bool> closed_{false};
};

}  // namespace ava::transport
