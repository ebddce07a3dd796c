// SPDX-License-Identifier: Apache-2.0
#include "ava/control/session_record.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "ava/base/format.h"

namespace ava::control {
namespace {

using Json = nlohmann::ordered_json;
using wire::LedgerReadUntrusted;

FunctionCount ReadRow(const wire::LedgerRow& row) {
  return {.name = {},
          .calls = LedgerReadUntrusted(row.calls),
          .local_calls = 0,
          .round_trips = LedgerReadUntrusted(row.round_trips),
          .in_bytes = LedgerReadUntrusted(row.in_bytes),
          .out_bytes = LedgerReadUntrusted(row.out_bytes)};
}

wire::LedgerTotals ReadTotals(const wire::LedgerTotals& totals) {
  return {.calls = LedgerReadUntrusted(totals.calls),
          .round_trips = LedgerReadUntrusted(totals.round_trips),
          .in_bytes = LedgerReadUntrusted(totals.in_bytes),
          .out_bytes = LedgerReadUntrusted(totals.out_bytes),
          .upcalls = LedgerReadUntrusted(totals.upcalls),
          .refused = LedgerReadUntrusted(totals.refused),
          .worker_wakeups = LedgerReadUntrusted(totals.worker_wakeups),
          .guest_wakeups = LedgerReadUntrusted(totals.guest_wakeups),
          .launches = LedgerReadUntrusted(totals.launches),
          .memory_bytes = LedgerReadUntrusted(totals.memory_bytes),
          .memory_peak_bytes = LedgerReadUntrusted(totals.memory_peak_bytes)};
}

Json FunctionsToJson(const std::vector<FunctionCount>& functions) {
  Json array = Json::array();
  for (const FunctionCount& function : functions) {
    array.push_back({{"name", function.name},
                     {"calls", function.calls},
                     {"local_calls", function.local_calls},
                     {"round_trips", function.round_trips},
                     {"in_bytes", function.in_bytes},
                     {"out_bytes", function.out_bytes}});
  }
  return array;
}

}  // namespace

void FillCounts(const wire::Ledger& ledger, const std::vector<std::string>& names,
                const std::vector<std::uint64_t>& local_calls, SessionRecord& record) {
  record.totals = ReadTotals(ledger.totals);
  record.local_calls = 0;
  record.functions.clear();
  for (std::uint32_t id = 0; id < wire::kLedgerFunctions; ++id) {
    FunctionCount count = ReadRow(ledger.by_function[id]);
    count.local_calls = id < local_calls.size() ? local_calls[id] : 0;
    record.local_calls += count.local_calls;
    if (count.calls == 0 && count.local_calls == 0) continue;
    count.name = id < names.size() ? names[id] : fmt::format("function {}", id);
    record.functions.push_back(std::move(count));
  }
}

std::string ToJson(const SessionRecord& record, bool functions) {
  const wire::LedgerTotals& totals = record.totals;
  Json json = {{"session", record.session},
               {"state", record.state},
               {"uid", record.uid},
               {"pid", record.pid},
               {"worker_pid", record.worker_pid},
               {"api", record.api},
               {"run_id", record.run_id},
               {"server", record.server},
               {"end_reason", record.end_reason},
               {"seconds", record.seconds},
               {"worker_cpu_seconds", record.worker_cpu_seconds},
               {"device_seconds", record.device_seconds},
               {"calls", totals.calls},
               {"local_calls", record.local_calls},
               {"round_trips", totals.round_trips},
               {"in_bytes", totals.in_bytes},
               {"out_bytes", totals.out_bytes},
               {"upcalls", totals.upcalls},
               {"refused", totals.refused},
               {"worker_wakeups", totals.worker_wakeups},
               {"guest_wakeups", totals.guest_wakeups},
               {"launches", totals.launches},
               {"memory_bytes", totals.memory_bytes},
               {"memory_peak_bytes", totals.memory_peak_bytes}};
  if (functions) json["functions"] = FunctionsToJson(record.functions);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void EndedSessions::Add(SessionRecord record) {
  const uid_t uid = record.uid;
  records_.push_back(std::move(record));
  const auto of_user = [uid](const SessionRecord& other) { return other.uid == uid; };
  if (static_cast<std::size_t>(std::ranges::count_if(records_, of_user)) >
      kEndedRecordsPerUserMax) {
    records_.erase(std::ranges::find_if(records_, of_user));
  }
  if (records_.size() > kEndedRecordsMax) records_.pop_front();
}

std::vector<const SessionRecord*> EndedSessions::OfRun(const std::string& run_id,
                                                       uid_t viewer) const {
  std::vector<const SessionRecord*> found;
  for (const SessionRecord& record : records_) {
    if (record.run_id != run_id || (viewer != 0 && viewer != record.uid)) continue;
    found.push_back(&record);
  }
  return found;
}

}  // namespace ava::control
