// SPDX-License-Identifier: Apache-2.0
#pragma once

// Subcommands that ask a running manager.

#include "apps/ava/command.h"

namespace ava::cli {

int Ps(const Context& context, bool json);
int Stop(const Context& context);
int Version(const Context& context);

}  // namespace ava::cli
