// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "ava/base/result.h"

namespace ava::sandbox {

struct Identity {
  bool change = false;  // false: keep the manager's own user, which is not root
  uid_t uid = 0;
  gid_t gid = 0;
};

// Real, effective and saved ids; supplementary groups are dropped. Refuses uid 0 and gid 0.
Result<void> TakeIdentity(const Identity& identity);

}  // namespace ava::sandbox
