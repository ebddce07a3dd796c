// SPDX-License-Identifier: Apache-2.0
#include "ava/control/user_pool.h"

#include <fcntl.h>

#include <filesystem>

#include "ava/base/check.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::control {

Result<UserPool> UserPool::Open(uid_t first, uid_t last, const std::string& lock_file) {
  UniqueFd file(open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return FailSystem("open", lock_file);
  return UserPool(first, last, std::move(file));
}

// Open file description locks: they belong to the descriptor, so two managers exclude each other.
bool UserPool::Lock(std::size_t index, short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(first_ + index);
  lock.l_len = 1;
  return fcntl(lock_file_.get(), F_OFD_SETLK, &lock) == 0;
}

Result<uid_t> UserPool::Take() {
  for (std::size_t tried = 0; tried < taken_.size(); ++tried) {
    const std::size_t index = next_;
    next_ = (next_ + 1) % taken_.size();
    if (taken_[index] || !Lock(index, F_WRLCK)) continue;
    taken_[index] = true;
    return first_ + static_cast<uid_t>(index);
  }
  return Fail(
      ErrorCode::kExhausted,
      fmt::format("all {} users for workers are in use: raise 'worker.uids'", taken_.size()));
}

void UserPool::Give(uid_t uid) {
  AVA_CHECK(uid >= first_ && uid - first_ < taken_.size() && taken_[uid - first_]);
  taken_[uid - first_] = false;
  Lock(uid - first_, F_UNLCK);
}

}  // namespace ava::control
