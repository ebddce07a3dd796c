// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a worker and its manager say to each other: JSON, one packet each.
//
//   worker -> manager   {"ready": {"has_guest": true, "server": "opencl 3.0",
//                                  "functions": ["clGetPlatformIDs", ...]}}
//                       {"failed": "libpocl.so.2: cannot open shared object file"}
//                       {"ended": "the guest has disconnected"}
//                       {"log": "clFinish: command 17 failed"}
//   manager -> worker   {"guest": 17}, its process, with its connection
//                       {"end": "watchdog: ..."}
//
// The manager believes a worker no more than a guest: wrong messages end the session.

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ava/base/result.h"

namespace ava::control {

inline constexpr std::size_t kWorkerMessageBytesMax = std::size_t{64} * 1024;

// A worker that has started before its guest says it twice.
struct WorkerReady {
  bool has_guest = false;
  std::string server;                  // which device, in words
  std::vector<std::string> functions;  // names by id, for statistics
};
struct WorkerFailed {
  std::string reason;
};
struct WorkerEnded {
  std::string reason;
};
struct WorkerLog {
  std::string line;
};
struct EndSession {
  std::string reason;
};
// Here is your guest. Its connection comes along, the first message still unread: the worker, not
// the manager, takes the descriptors that came with that.
struct GuestComes {
  pid_t pid = 0;  // for messages
};

std::string ToJson(const WorkerReady& message);
std::string ToJson(const WorkerFailed& message);
std::string ToJson(const WorkerEnded& message);
std::string ToJson(const WorkerLog& message);
std::string ToJson(const EndSession& message);
std::string ToJson(const GuestComes& message);

using WorkerMessage = std::variant<WorkerReady, WorkerFailed, WorkerEnded, WorkerLog>;
Result<WorkerMessage> ParseWorkerMessageUntrusted(std::string_view packet);
using ManagerMessage = std::variant<EndSession, GuestComes>;
Result<ManagerMessage> ParseManagerMessage(std::string_view packet);

}  // namespace ava::control
