// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/top_screen.h"

#include <pwd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "ava/base/format.h"

namespace ava::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Row {
  std::uint64_t session = 0;
  std::uint64_t pid = 0;
  std::string state;
  double device_s = 0;  // in the interval
  double calls = 0;
  double launches = 0;
  std::uint64_t memory = 0;
};

struct TenantRows {
  double device_s = 0;
  std::vector<Row> rows;
};

const Json* FindSession(const Json& sessions, std::uint64_t number) {
  for (const Json& session : sessions) {
    if (session["session"] == number) return &session;
  }
  return nullptr;
}

// A session that was not there before has done all it has done since.
Row Difference(const Json* before, const Json& now) {
  const auto grown = [&](const char* key) {
    return now[key].get<double>() - (before == nullptr ? 0.0 : (*before)[key].get<double>());
  };
  return {.session = now["session"],
          .pid = now["pid"],
          .state = now["state"],
          .device_s = grown("device_seconds"),
          .calls = grown("calls") + grown("local_calls"),
          .launches = grown("launches"),
          .memory = now["memory_bytes"]};
}

std::string UserName(std::uint32_t uid) {
  const passwd* user = getpwuid(uid);
  return user == nullptr ? std::to_string(uid) : user->pw_name;
}

double WeightOf(const Json& policy, std::uint32_t uid) {
  for (const Json& tenant : policy["tenants"]) {
    if (tenant["user"] == uid) return tenant["weight"];
  }
  return 1;
}

std::string Line(const std::string& tenant, const Row& row, double seconds, double units,
                 const std::string& weight) {
  const double part = 100 * row.device_s / (seconds * units);
  return fmt::format("{:<12} {:>7} {:>8} {:<8} {:>6.1f} {:>7} {:>9.0f} {:>10.0f} {:>8.1f}\n",
                     tenant, row.session == 0 ? "" : std::to_string(row.session),
                     row.pid == 0 ? "" : std::to_string(row.pid), row.state, part, weight,
                     row.launches / seconds, row.calls / seconds,
                     static_cast<double>(row.memory) / (1 << 20));
}

Row Sum(const TenantRows& tenant) {
  Row sum;
  for (const Row& row : tenant.rows) {
    sum.device_s += row.device_s;
    sum.calls += row.calls;
    sum.launches += row.launches;
    sum.memory += row.memory;
  }
  return sum;
}

}  // namespace

std::string DescribeTop(const TopSample& before, const TopSample& now) {
  const double seconds = std::max(now.time_s - before.time_s, 1e-3);
  const auto units = now.policy["device_units"].get<double>();
  std::map<std::uint32_t, TenantRows> tenants;
  double used_s = 0;
  for (const Json& session : now.sessions) {
    TenantRows& tenant = tenants[session["uid"].get<std::uint32_t>()];
    tenant.rows.push_back(Difference(FindSession(before.sessions, session["session"]), session));
    tenant.device_s += tenant.rows.back().device_s;
    used_s += tenant.rows.back().device_s;
  }
  std::vector<std::pair<std::uint32_t, TenantRows*>> order;
  for (auto& [uid, tenant] : tenants) order.emplace_back(uid, &tenant);
  std::ranges::stable_sort(
      order, [](const auto& a, const auto& b) { return a.second->device_s > b.second->device_s; });
  std::string text = fmt::format(
      "policy {}, {} sessions of {} tenants, {:.1f} % of the device used\n\n"
      "{:<12} {:>7} {:>8} {:<8} {:>6} {:>7} {:>9} {:>10} {:>8}\n",
      now.policy["policy"].get<std::string>(), now.sessions.size(), tenants.size(),
      100 * used_s / (seconds * units), "TENANT", "SESSION", "PID", "STATE", "DEV%", "WEIGHT",
      "LAUNCH/S", "CALLS/S", "MEM MIB");
  for (const auto& [uid, tenant] : order) {
    text += Line(UserName(uid), Sum(*tenant), seconds, units,
                 fmt::format("{:.2f}", WeightOf(now.policy, uid)));
    for (const Row& row : tenant->rows) text += Line("", row, seconds, units, "");
  }
  return text;
}

}  // namespace ava::cli
