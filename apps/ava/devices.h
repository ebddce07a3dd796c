// SPDX-License-Identifier: Apache-2.0
#pragma once

// `ava devices`: what a program sees through us. Asks as a program does, through the guest library.

#include "apps/ava/command.h"

namespace ava::cli {

int Devices(const Context& context, bool json);

// The program that it runs: this one, with a hidden subcommand. Prints JSON.
int ListOpenCl();

}  // namespace ava::cli
