// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an operator can set, with its defaults, and the TOML file that sets it:
//
//   [manager]
//   socket = "/run/ava/avad.sock"         # a path, or "@name" for an abstract socket
//   runtime = "/run/ava"                  # sessions' directories, removed when they end
//   cache = "/var/cache/ava"              # kernel caches, one a tenant, kept
//   log = "/var/log/ava/avad.log"         # default: standard error
//   idle_exit_seconds = 0                 # end after so long without a session; 0: never
//   [sessions]
//   max = 256                             # of all tenants together
//   max_per_user = 128
//   arena_bytes = 67108864                # shared memory for bulk data, a session
//   directory_bytes = 1073741824          # what a session may keep in files
//   directory_files = 32768
//   watchdog_seconds = 0                  # longest time without progress; 0: for ever
//   warm_per_user = 0                     # workers kept ready for a user's next program
//   warm_seconds = 60                     # ... for so long
//   [quotas]
//   device_memory_per_session = 0         # bytes a session may hold; 0: no limit
//   device_memory_per_user = 0            # all sessions of a user together
//   [scheduler]
//   policy = "fair"                       # or "priority", "fifo", "none": who may use the device
//   quantum_us = 2000                     # how far one may run ahead of another
//   in_flight_us = 2000                   # a session's work in the vendor's queues
//   freeze = "yes"                        # stop workers that go on when they may not; or "no"
//   [[tenants]]                           # one for each user that differs from the rest
//   user = "alice"                        # or a number
//   weight = 1.0                          # its share: weight / all weights that want the device
//   priority = 0                          # under "priority": the larger goes first
//   cap = 0.0                             # most of the device, alone or not; 0: all
//   commands_per_second = 0.0             # 0: any number
//   command_burst = 1                     # commands at once after a pause
//   [worker]
//   program = "/usr/lib/ava/ava-worker"
//   libraries = ["/usr/lib/ava"]          # where libava-<api>-server.so is looked for
//   vendor = ""                           # the vendor's library, not the spec's; or one
//                                         # for some APIs: { opencl = "libOpenCL.so.1" }
//   uids = [61000, 62999]                 # users that belong to workers alone
//   processes = 4096                      # threads and processes of one worker
//   descriptors = 4096
//   landlock = "optional"                 # or "required": refuse guests where the kernel has none
//   environment = []                      # more variables that reach the vendor's library
//   read = []                             # more paths that workers may read and execute
//   devices = []                          # more device nodes
//
// A file is taken whole or refused whole: an unknown key or a wrong type is an error with its line.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ava/base/result.h"
#include "ava/policy/schedule.h"
#include "ava/wire/abi.h"

namespace ava::control {

inline constexpr std::int64_t kSessionsMaxLimit = 4096;

struct Config {
  // Empty: what DefaultLayout (layout.h) says.
  std::string socket;
  std::string runtime_directory;
  std::string cache_directory;
  std::string worker_program;
  std::vector<std::string> library_directories;
  std::string vendor_library;  // of all APIs; empty: the specs'
  std::map<std::string, std::string, std::less<>> vendor_libraries;  // by API

  std::string log_file;
  std::int64_t idle_exit_seconds = 0;

  std::int64_t sessions_max = 256;
  std::int64_t sessions_per_user_max = 128;
  std::int64_t arena_bytes = wire::kArenaBytesDefault;
  std::int64_t directory_bytes = std::int64_t{1} << 30;
  std::int64_t directory_files = 1 << 15;
  std::int64_t watchdog_seconds = 0;
  std::int64_t warm_per_user = 0;
  std::int64_t warm_seconds = 60;

  std::int64_t device_memory_session = 0;  // bytes; 0: no limit
  std::int64_t device_memory_user = 0;

  std::string policy = "fair";
  std::int64_t quantum_us = 2000;
  std::int64_t in_flight_us = 2000;
  bool freeze = true;
  std::map<uid_t, policy::TenantRules> tenants;

  uid_t uid_first = 61000;
  uid_t uid_last = 62999;
  std::int64_t worker_processes = 4096;
  std::int64_t worker_descriptors = 4096;
  bool landlock_required = false;
  std::vector<std::string> environment;  // patterns; the API's spec has its own
  std::vector<std::string> read_paths;
  std::vector<std::string> device_paths;

  // Empty: what the API's spec says.
  std::string VendorOf(std::string_view api) const;
  policy::Settings Scheduling() const;
};

// `name` stands for the text in messages. Keys that the text does not have keep their value.
Result<void> ParseConfig(std::string_view text, std::string_view name, Config& config);
Result<void> LoadConfig(const std::string& path, Config& config);

}  // namespace ava::control
