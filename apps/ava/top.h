// SPDX-License-Identifier: Apache-2.0
#pragma once

// ava top: who uses the device, again and again, like top.

#include "apps/ava/command.h"

namespace ava::cli {

struct TopOptions {
  double interval_s = 1;
  int rounds = 0;  // 0: until interrupted
};
int Top(const Context& context, const TopOptions& options);

}  // namespace ava::cli
