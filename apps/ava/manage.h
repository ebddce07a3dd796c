// SPDX-License-Identifier: Apache-2.0
#pragma once

// Subcommands that ask a running manager.

#include <string>

#include "apps/ava/command.h"

namespace ava::cli {

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
