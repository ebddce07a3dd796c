// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `ava top` shows.

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace ava::cli {

// What the manager said at one moment: the lines of its answer to "ps", and that to "policy".
struct TopSample {
  double time_s = 0;
  const nlohmann::ordered_json& sessions;
  const nlohmann::ordered_json& policy;
};
// The screen: what happened between two samples. Tenants by what they used, each with its sessions.
std::string DescribeTop(const TopSample& before, const TopSample& now);

}  // namespace ava::cli
