// SPDX-License-Identifier: Apache-2.0
#pragma once

// The scheduler's part of a manager's settings, shown and changed while it runs.

#include <string>
#include <string_view>

#include "ava/base/result.h"
#include "ava/control/config.h"
#include "ava/control/device_scheduler.h"

namespace ava::control {

// A JSON object.
std::string DescribePolicy(const Config& config, const DeviceScheduler& scheduler);
// Takes what a settings file of this text says of the scheduler and of tenants; what it does not
// say becomes the default. A bad text changes nothing. `name` stands for the text in messages.
Result<void> TakePolicy(std::string_view text, std::string_view name, Config& config,
                        DeviceScheduler& scheduler);

}  // namespace ava::control
