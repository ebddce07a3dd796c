// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "ava/policy/policy.h"

namespace ava::policy {
namespace {

constexpr std::array kPolicies = {
    Policy{.name = "fair", .decide = &DecideFair, .conserves_work = true},
    Policy{.name = "priority", .decide = &DecidePriority, .conserves_work = false},
    Policy{.name = "fifo", .decide = &DecideFifo, .conserves_work = false},
    Policy{.name = "none", .decide = &DecideNone, .conserves_work = true},
};

}  // namespace

std::span<const Policy> Policies() { return kPolicies; }

const Policy* FindPolicy(std::string_view name) {
  const auto found = std::ranges::find(kPolicies, name, &Policy::name);
  return found == kPolicies.end() ? nullptr : &*found;
}

}  // namespace ava::policy
