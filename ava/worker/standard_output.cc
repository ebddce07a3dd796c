// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/standard_output.h"

#include <fcntl.h>
#include <unistd.h>

namespace ava::worker {

bool StandardOutput::Exchange(const UniqueFd& fd) {
  const std::scoped_lock lock(mutex_);
  if (!first_) first_.Reset(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!first_ || !fd || dup2(fd.get(), STDOUT_FILENO) < 0) return false;
  exchanged_.store(true, std::memory_order_relaxed);
  let_go_ = false;
  return true;
}

void StandardOutput::Restore() {
  const std::scoped_lock lock(mutex_);
  RestoreLocked();
}

void StandardOutput::LetGo() {
  const std::scoped_lock lock(mutex_);
  if (writers_ == 0) return RestoreLocked();
  let_go_ = true;
}

void StandardOutput::BeginWriter() {
  const std::scoped_lock lock(mutex_);
  ++writers_;
}

void StandardOutput::EndWriter() {
  const std::scoped_lock lock(mutex_);
  if (--writers_ == 0 && let_go_) RestoreLocked();
}

void StandardOutput::RestoreLocked() {
  let_go_ = false;
  if (!exchanged()) return;
  dup2(first_.get(), STDOUT_FILENO);
  exchanged_.store(false, std::memory_order_relaxed);
}

}  // namespace ava::worker
