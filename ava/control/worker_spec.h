// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the manager tells a worker that it starts: descriptors at fixed numbers, and one JSON text
// in the first of them. The text has the guest's environment in it, so it travels in a memfd and
// never on a command line.

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/wire/handshake.h"

namespace ava::control {

// A worker's descriptors, from exec on; 0 is /dev/null, 1 and 2 the manager's standard error.
enum WorkerFd : int {
  kWorkerSpecFd = 3,
  kWorkerControlFd = 4,    // packets of worker_messages.h, to and from the manager
  kWorkerSocketFd = 5,     // the session's socket
  kWorkerMemoryFd = 6,     // the session's memory
  kWorkerLedgerFd = 7,     // ava/wire/ledger.h
  kWorkerTenantFd = 8,     // ava/wire/tenant_page.h
  kWorkerLeaseFd = 9,      // ava/wire/lease.h
  kWorkerDoorbellFd = 10,  // a socket, written to when the session begins (ava/router/gate.h)
};
inline constexpr int kWorkerFdCount = 8;
inline constexpr int kWorkerFdEnd = kWorkerSpecFd + kWorkerFdCount;

struct WorkerSpec {
  std::uint64_t session = 0;
  pid_t manager_pid = 0;
  std::string api;
  std::array<std::uint8_t, wire::kDigestBytes> digest{};
  std::uint32_t functions = 0;

  bool change_user = false;
  uid_t uid = 0;

  std::string session_directory;                  // with home, tmp and files below
  std::string cache_directory;                    // this session's view
  std::vector<std::string> environment;           // the guest's variables
  std::vector<std::string> environment_patterns;  // which of them may pass, besides the API's own
  std::vector<std::string> library_directories;
  std::string vendor_library;  // empty: the spec's
  std::vector<std::string> read_paths;
  std::vector<std::string> device_paths;
  std::uint64_t processes = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t file_bytes = 0;
  bool landlock_required = false;

  std::uint64_t device_memory_session = 0;  // bytes; 0: no limit
  std::uint64_t device_memory_tenant = 0;
  std::uint64_t tenant_slot = 0;  // the session's word on the tenant's page
};

std::string ToJson(const WorkerSpec& spec);
Result<WorkerSpec> WorkerSpecFromJson(std::string_view text);

// Sealed; the worker reads it through ReadWorkerSpec.
Result<UniqueFd> PutIntoMemory(std::string_view text);
Result<WorkerSpec> ReadWorkerSpec(int fd);

}  // namespace ava::control
