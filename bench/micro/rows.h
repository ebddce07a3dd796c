// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rows of the table: each measures one thing that a program does with OpenCL, over and over.

#include <span>

#include "bench/micro/samples.h"

namespace bench {

struct Row {
  const char* name;
  const char* unit;                   // Of the samples: "ns", "us", "ms", "GB/s" or "ops/s".
  Samples (*measure)(double effort);  // effort 1 is a full run; less is quicker and noisier.
};

// A count of repetitions for an effort, never less than a handful.
inline size_t Repetitions(double full, double effort) {
  return static_cast<size_t>(std::max(5.0, full * effort));
}

std::span<const Row> CallRows();      // Calls that need not reach the device.
std::span<const Row> LatencyRows();   // Launches and small transfers.
std::span<const Row> TransferRows();  // Large transfers and maps.
std::span<const Row> ProcessRows();   // Start-up, builds, several processes at once.

// What a process started by one of the ProcessRows does instead of measuring rows.
int RunChild(const char* role);

}  // namespace bench
