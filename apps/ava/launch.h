// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a program gets its virtual device: a manager that runs, and an environment in which the
// program's next dlopen or link of OpenCL finds ours.

#include <string>
#include <vector>

#include "apps/ava/command.h"
#include "ava/base/result.h"
#include "ava/control/client.h"

namespace ava::cli {

enum class Via {
  kAuto,     // both: whatever the program does, it finds us
  kLibrary,  // our libOpenCL.so.1 first in LD_LIBRARY_PATH
  kIcd,      // our .icd alone in OCL_ICD_VENDORS, behind the program's own loader
};

struct LaunchOptions {
  Via via = Via::kAuto;
  double watchdog_seconds = 0;
  bool strict = false;
  bool keep_manager = false;  // a manager that we start stays
};

struct Launch {
  control::AdminClient manager;  // its connection keeps the manager there
  std::string run_id;
};

// Starts a manager if none runs and sets this process's environment for the program to come.
Result<Launch> PrepareLaunch(const Context& context, const LaunchOptions& options);

// The manager stays for as long as the program, or a child of it, has this descriptor, which is a
// high one so that those which the program opens get the numbers they would get without us.
void HoldManager(const control::AdminClient& manager);

// The program's path as execvp would find it. kInvalid: not executable; kUnavailable: not there.
Result<std::string> FindProgram(const std::string& name);

// Replaces this process. Returns only kExitNotFound or kExitNotExecutable.
int Execute(const std::string& path, const std::vector<std::string>& words);

}  // namespace ava::cli
