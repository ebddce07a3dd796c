// SPDX-License-Identifier: Apache-2.0
#include "ava/control/policy_settings.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace ava::control {

std::string DescribePolicy(const Config& config, const DeviceScheduler& scheduler) {
  auto tenants = nlohmann::ordered_json::array();
  for (const auto& [user, rules] : config.tenants) {
    tenants.push_back({{"user", user},
                       {"weight", rules.weight},
                       {"priority", rules.priority},
                       {"cap", rules.cap},
                       {"commands_per_second", rules.commands_per_second},
                       {"command_burst", rules.command_burst}});
  }
  return nlohmann::ordered_json({{"policy", config.policy},
                                 {"quantum_us", config.quantum_us},
                                 {"in_flight_us", config.in_flight_us},
                                 {"freeze", config.freeze},
                                 {"device_units", scheduler.units()},
                                 {"tenants", tenants}})
      .dump();
}

Result<void> TakePolicy(std::string_view text, std::string_view name, Config& config,
                        DeviceScheduler& scheduler) {
  Config changed;
  AVA_TRY(ParseConfig(text, name.empty() ? "settings" : name, changed));
  config.policy = changed.policy;
  config.quantum_us = changed.quantum_us;
  config.in_flight_us = changed.in_flight_us;
  config.freeze = changed.freeze;
  config.tenants = std::move(changed.tenants);
  scheduler.Change(config.Scheduling());
  return {};
}

}  // namespace ava::control
