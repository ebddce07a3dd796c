// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/stats.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::cli {
namespace {

using Json = nlohmann::ordered_json;

// Children that the program has left running may keep theirs for as long as they like.
constexpr std::int64_t kPatienceNs = 3 * kNanosecondsPerSecond;
constexpr useconds_t kPauseUs = 5'000;

constexpr const char* kSummed[] = {"calls",     "local_calls", "round_trips",    "in_bytes",
                                   "out_bytes", "upcalls",     "worker_wakeups", "guest_wakeups",
                                   "refused",   "launches"};

bool AllEnded(const Json& sessions) {
  return std::ranges::all_of(sessions,
                             [](const Json& session) { return session["state"] == "ended"; });
}

Result<Json> Fetch(Launch& launch) {
  const Deadline deadline = Deadline::In(kPatienceNs);
  for (;;) {
    Json sessions = Json::array();
    const std::string of_run = fmt::format(R"("run_id":"{}")", launch.run_id);
    for (const std::string& line : AVA_TRY(launch.manager.Ask("stats", of_run))) {
      sessions.push_back(Json::parse(line));
    }
    if (AllEnded(sessions) || deadline.HasPassed()) return sessions;
    usleep(kPauseUs);
  }
}

void Add(Json& sum, const Json& value, const char* key) {
  sum[key] = sum.value(key, std::uint64_t{0}) + value.value(key, std::uint64_t{0});
}

// Rows of one name together, the most called first.
Json SumFunctions(const Json& sessions) {
  std::map<std::string, Json> by_name;
  for (const Json& session : sessions) {
    for (const Json& row : session["functions"]) {
      Json& sum = by_name[row["name"]];
      sum["name"] = row["name"];
      for (const char* key : {"calls", "local_calls", "round_trips", "in_bytes", "out_bytes"}) {
        Add(sum, row, key);
      }
    }
  }
  std::vector<Json> rows;
  for (auto& [name, row] : by_name) rows.push_back(std::move(row));
  std::ranges::stable_sort(rows, std::ranges::greater{}, [](const Json& row) {
    return row["calls"].get<std::uint64_t>() + row["local_calls"].get<std::uint64_t>();
  });
  return rows;
}

Json Totals(const Json& sessions) {
  Json totals = {{"sessions", sessions.size()}};
  for (const char* key : kSummed) {
    totals[key] = std::uint64_t{0};
    for (const Json& session : sessions) Add(totals, session, key);
  }
  std::uint64_t peak = 0;
  double cpu_seconds = 0;
  for (const Json& session : sessions) {
    peak = std::max(peak, session["memory_peak_bytes"].get<std::uint64_t>());
    cpu_seconds += session["worker_cpu_seconds"].get<double>();
  }
  totals["memory_peak_bytes"] = peak;
  totals["worker_cpu_seconds"] = cpu_seconds;
  totals["functions"] = SumFunctions(sessions);
  return totals;
}

Json DescribeProgram(const std::vector<std::string>& words, const Ending& ending) {
  Json program = {
      {"command", words}, {"seconds", ending.seconds}, {"cpu_seconds", ending.cpu_seconds}};
  if (WIFSIGNALED(ending.status)) {
    program["signal"] = WTERMSIG(ending.status);
  } else {
    program["exit_status"] = WEXITSTATUS(ending.status);
  }
  return program;
}

}  // namespace

Result<void> WriteStats(const std::string& file, Launch& launch,
                        const std::vector<std::string>& words, const Ending& ending) {
  const Json sessions = AVA_TRY(Fetch(launch));
  const Json json = {{"run_id", launch.run_id},
                     {"program", DescribeProgram(words, ending)},
                     {"totals", Totals(sessions)},
                     {"sessions", sessions}};
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (file == "-") {
    std::fputs(text.c_str(), stderr);
    return {};
  }
  std::ofstream out(file, std::ios::trunc);
  out << text;
  out.close();
  if (!out) return FailSystem("write", file);
  return {};
}

}  // namespace ava::cli
