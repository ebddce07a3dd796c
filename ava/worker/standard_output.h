// SPDX-License-Identifier: Apache-2.0
#pragma once

// The process's standard output, which the vendor library prints to on the guest's behalf. The
// guest may exchange its own for another, a pipe perhaps, whose reader waits until nobody has it
// open for writing any more: so it is let go of when the guest asks, but not before what may print
// has ended.

#include <atomic>
#include <cstddef>
#include <mutex>

#include "ava/base/unique_fd.h"

namespace ava::worker {

// Any thread may call anything.
class StandardOutput {
 public:
  // What is printed from here on goes to `fd`. False, and nothing has changed: an errno says why.
  bool Exchange(const UniqueFd& fd);
  // It goes to the first one again.
  void Restore();
  // The same, but not before the last writer has ended.
  void LetGo();

  // While this is true, tell what is begun that may print, and when it has ended.
  bool exchanged() const { return exchanged_.load(std::memory_order_relaxed); }
  void BeginWriter();
  void EndWriter();

 private:
  void RestoreLocked();

  std::mutex mutex_;
  UniqueFd first_;
  std::atomic<bool> exchanged_{false};
  bool let_go_ = false;  // when the last writer ends
  std::size_t writers_ = 0;
};

}  // namespace ava::worker
