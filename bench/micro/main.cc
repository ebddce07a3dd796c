// SPDX-License-Identifier: Apache-2.0
//
// micro: what a program's calls into OpenCL cost, as the program sees it. It knows nothing of where
// the device is; bench/run runs it natively and virtually in turn.
//
//   micro --list              the rows
//   micro ROW...              these rows, or all of them, as JSON on standard output
//   micro --effort 0.1 ROW    a tenth of the repetitions
//
// {"rows": [{"row": "launch_finish", "unit": "us", "p50": 7.8, "p01": 6.9, "p99": 13.9,
//            "mean": 8.1, "samples": 5000, "ping_pong_ns": [96, 101]}]}

#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "bench/micro/calibration.h"
#include "bench/micro/device.h"
#include "bench/micro/rows.h"

namespace {

std::vector<bench::Row> AllRows() {
  std::vector<bench::Row> all;
  for (const auto& rows :
       {bench::CallRows(), bench::LatencyRows(), bench::TransferRows(), bench::ProcessRows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

void PrintRow(const bench::Row& row, double effort, bool is_first) {
  const double before = bench::PingPongNs();
  const bench::Samples samples = row.measure(effort);
  const double after = bench::PingPongNs();
  const double mean =
      std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
  std::printf("%s\n  {\"row\": \"%s\", \"unit\": \"%s\", \"p50\": %.6g, \"p01\": %.6g, ",
              is_first ? "" : ",", row.name, row.unit, bench::Quantile(samples, 0.5),
              bench::Quantile(samples, 0.01));
  std::printf("\"p99\": %.6g, \"mean\": %.6g, \"samples\": %zu, \"ping_pong_ns\": [%.0f, %.0f]}",
              bench::Quantile(samples, 0.99), mean, samples.size(), before, after);
  std::fflush(stdout);
}

struct Arguments {
  bool lists = false;
  double effort = 1;
  const char* child = nullptr;
  std::vector<std::string> rows;
};

Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    if (text == "--list") {
      arguments.lists = true;
    } else if (text == "--effort" && i + 1 < argc) {
      arguments.effort = std::atof(argv[++i]);
    } else if (text == "--child" && i + 1 < argc) {
      arguments.child = argv[++i];
    } else {
      arguments.rows.push_back(text);
    }
  }
  return arguments;
}

// The rows asked for, in their own order; all of them if none was named.
std::vector<bench::Row> Chosen(const Arguments& arguments) {
  if (arguments.rows.empty()) return AllRows();
  std::vector<bench::Row> chosen;
  for (const std::string& name : arguments.rows) {
    bool found = false;
    for (const bench::Row& row : AllRows()) {
      if (name == row.name) chosen.push_back(row);
      found = found || name == row.name;
    }
    if (!found) {
      std::fprintf(stderr, "micro: no row '%s'; --list has them\n", name.c_str());
      std::exit(2);
    }
  }
  return chosen;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = Parse(argc, argv);
  if (arguments.child != nullptr) return bench::RunChild(arguments.child);
  const std::vector<bench::Row> rows = Chosen(arguments);
  if (arguments.lists) {
    for (const bench::Row& row : rows) std::printf("%s %s\n", row.name, row.unit);
    return 0;
  }
  std::printf("{\"rows\": [");
  for (size_t i = 0; i < rows.size(); ++i) PrintRow(rows[i], arguments.effort, i == 0);
  std::printf("\n]}\n");
  return 0;
}
