// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ava/base/result.h"

namespace ava::sandbox {

// From here on, what a vendor's library never needs fails with EPERM: looking into or controlling
// other processes, mounts, namespaces, modules, keys, the clock, the network. Everything else is
// allowed; that is a list of refusals, which a library's next release cannot fall over. Needs
// no_new_privs.
Result<void> RefuseSystemCalls();

}  // namespace ava::sandbox
