// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is known of a session, live or ended: for `ava ps`, `ava run --stats`, and whoever asks the
// manager.

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "ava/wire/ledger.h"

namespace ava::control {

struct FunctionCount {
  std::string name;
  std::uint64_t calls = 0;        // commands that the worker executed
  std::uint64_t local_calls = 0;  // answered by the guest library alone
  std::uint64_t round_trips = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_bytes = 0;
};

struct SessionRecord {
  std::uint64_t session = 0;
  uid_t uid = 0;  // the tenant
  pid_t pid = 0;  // the guest's process
  pid_t worker_pid = 0;
  std::string api;
  std::string run_id;
  std::string server;
  std::string state;  // "warm" (no guest yet), "starting", "live", "ended"
  std::string end_reason;
  double seconds = 0;
  double worker_cpu_seconds = 0;
  double device_seconds = 0;  // by the scheduler's measure, since its first work for the device
  wire::LedgerTotals totals{};
  std::uint64_t local_calls = 0;
  std::vector<FunctionCount> functions;  // only those that were called
};

// `names` by function id; `local_calls` by function id. Reads each of the ledger's words once.
void FillCounts(const wire::Ledger& ledger, const std::vector<std::string>& names,
                const std::vector<std::uint64_t>& local_calls, SessionRecord& record);

// One line of JSON; `functions`: with the rows by function.
std::string ToJson(const SessionRecord& record, bool functions);

inline constexpr std::size_t kEndedRecordsMax = 2048;
inline constexpr std::size_t kEndedRecordsPerUserMax = 512;

// The sessions that have ended, the newest of them.
class EndedSessions {
 public:
  void Add(SessionRecord record);
  // Those of one run that `viewer` may see: its own; root sees all.
  std::vector<const SessionRecord*> OfRun(const std::string& run_id, uid_t viewer) const;
  std::size_t size() const { return records_.size(); }

 private:
  std::deque<SessionRecord> records_;  // oldest first
};

}  // namespace ava::control
