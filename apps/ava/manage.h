// SPDX-License-Identifier: Apache-2.0
#pragma once

// Subcommands that ask a running manager.

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "apps/ava/command.h"

namespace ava::cli {

// The lines of a manager's answer.
Result<nlohmann::ordered_json> AskManager(const Context& context, const char* request,
                                          std::string_view members = "");

int Ps(const Context& context, bool json);
// Shows the scheduler's settings; with a file's name, takes them from there first.
struct PolicyOptions {
  std::string load;
  bool json = false;
};
int Policy(const Context& context, const PolicyOptions& options);
int Stop(const Context& context);
int Version(const Context& context);

}  // namespace ava::cli
