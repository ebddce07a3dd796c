// SPDX-License-Identifier: Apache-2.0
#pragma once

// `ava doctor`: what is missing on this machine, and how to mend it.

#include "apps/ava/command.h"

namespace ava::cli {

// 1 when something essential is missing.
int Doctor(const Context& context, bool json);

}  // namespace ava::cli
