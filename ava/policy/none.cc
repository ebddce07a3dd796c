// SPDX-License-Identifier: Apache-2.0
#include "ava/policy/policy.h"

namespace ava::policy {

void DecideNone(View& view) {
  for (SessionView& session : view.sessions) session.may_run = true;
}

}  // namespace ava::policy
