// SPDX-License-Identifier: Apache-2.0
#include "ava/sandbox/sandbox.h"

#include <sys/prctl.h>

#include <csignal>

#include "ava/base/system_error.h"
#include "ava/sandbox/system_calls.h"

namespace ava::sandbox {

Result<Entered> Enter(const Sandbox& sandbox) {
  AVA_TRY(SetLimits(sandbox.limits));
  AVA_TRY(TakeIdentity(sandbox.identity));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return FailSystem("prctl", "no_new_privs");
  // After the change of user, which clears it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return FailSystem("prctl", "pdeathsig");
  Entered entered;
  entered.landlock_abi = AVA_TRY(RestrictFiles(sandbox.files));
  if (sandbox.system_calls) AVA_TRY(RefuseSystemCalls());
  return entered;
}

}  // namespace ava::sandbox
