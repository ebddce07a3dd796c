// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "ava/policy/policy.h"

namespace ava::policy {

// Fair shares among the tenants that take part; the others' sessions wait, if they want anything.
void ShareFairly(View& view, const std::function<bool(const TenantView&)>& takes_part);

}  // namespace ava::policy
