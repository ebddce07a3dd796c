// SPDX-License-Identifier: Apache-2.0
#include "ava/policy/policy.h"

namespace ava::policy {

void DecideFifo(View& view) {
  const SessionView* first = nullptr;
  for (const SessionView& session : view.sessions) {
    if (!session.wants) continue;
    if (first == nullptr || session.wanting_since_ns < first->wanting_since_ns) first = &session;
  }
  for (SessionView& session : view.sessions)
    session.may_run = first == nullptr || &session == first;
}

}  // namespace ava::policy
