// SPDX-License-Identifier: Apache-2.0
#include "ava/sandbox/identity.h"

#include <grp.h>
#include <unistd.h>

#include <string>

#include "ava/base/system_error.h"

namespace ava::sandbox {

Result<void> TakeIdentity(const Identity& identity) {
  if (!identity.change) return {};
  if (identity.uid == 0 || identity.gid == 0) {
    return Fail(ErrorCode::kInvalid, "a worker cannot run as root: uid and gid must not be 0");
  }
  const std::string gid = std::to_string(identity.gid);
  const std::string uid = std::to_string(identity.uid);
  if (setgroups(0, nullptr) != 0) return FailSystem("setgroups", "none");
  if (setresgid(identity.gid, identity.gid, identity.gid) != 0) return FailSystem("setresgid", gid);
  if (setresuid(identity.uid, identity.uid, identity.uid) != 0) return FailSystem("setresuid", uid);
  if (setresuid(0, 0, 0) == 0) {
    return Fail(ErrorCode::kSystem, "setresuid(0) succeeded after root was given up");
  }
  return {};
}

}  // namespace ava::sandbox
