// SPDX-License-Identifier: Apache-2.0
#pragma once

// The users that belong to workers: each live worker has one of its own, machine-wide.

#include <sys/types.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::control {

class UserPool {
 public:
  // `lock_file` is shared by all managers of the machine: a byte of it is locked for each user in
  // use. Its descriptor is to be inherited by the keeper, so that a lock outlives the manager's own
  // death.
  static Result<UserPool> Open(uid_t first, uid_t last, const std::string& lock_file);

  // A user that no live worker has; not the one given back last, if another is free.
  Result<uid_t> Take();
  // All processes of the user are gone.
  void Give(uid_t uid);
  // As far as this manager knows: another one of the machine may have some.
  std::size_t free() const { return static_cast<std::size_t>(std::ranges::count(taken_, false)); }

 private:
  UserPool(uid_t first, uid_t last, UniqueFd lock_file)
      : first_(first), taken_(last - first + 1), lock_file_(std::move(lock_file)) {}
  bool Lock(std::size_t index, short type);

  uid_t first_;
  std::vector<bool> taken_;
  std::size_t next_ = 0;
  UniqueFd lock_file_;
};

}  // namespace ava::control
