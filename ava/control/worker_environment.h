// SPDX-License-Identifier: Apache-2.0
#pragma once

// A worker's environment: none of the manager's, a little of its own, and what the API's
// documentation says that a program can set.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ava/control/worker_spec.h"

namespace ava::control {

// "NAME=VALUE", complete. `api_patterns`: the API's own list of variables that a guest may set.
std::vector<std::string> WorkerEnvironment(const WorkerSpec& spec,
                                           std::span<const std::string_view> api_patterns);

// A name may pass when a pattern has it and it does not say where things are: loaders, directories
// and caches of the guest's machine mean nothing here, or too much.
bool MayPass(std::string_view name, std::span<const std::string_view> patterns);

}  // namespace ava::control
