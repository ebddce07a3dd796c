// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "ava/policy/fair.h"

namespace ava::policy {

void DecidePriority(View& view) {
  int highest = std::numeric_limits<int>::min();
  for (const TenantView& tenant : view.tenants) {
    if (tenant.wants) highest = std::max(highest, tenant.rules.priority);
  }
  ShareFairly(view,
              [highest](const TenantView& tenant) { return tenant.rules.priority >= highest; });
}

}  // namespace ava::policy
