// SPDX-License-Identifier: Apache-2.0
#pragma once

// Durations, and what is told of them.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

using Samples = std::vector<double>;

inline double NowNs() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

// The value below which a part of the samples lies; part is in [0, 1].
inline double Quantile(Samples samples, double part) {
  if (samples.empty()) return 0;
  const auto at =
      std::min(samples.size() - 1, static_cast<size_t>(part * static_cast<double>(samples.size())));
  const auto place = samples.begin() + static_cast<ptrdiff_t>(at);
  std::nth_element(samples.begin(), place, samples.end());
  return *place;
}

// Calls work count times and keeps how long each call took.
template <typename Work>
Samples TimeEach(size_t count, Work work) {
  Samples samples(count);
  for (double& sample : samples) {
    const double start = NowNs();
    work();
    sample = NowNs() - start;
  }
  return samples;
}

// For work too short for the clock: count samples, each the mean of a batch.
template <typename Work>
Samples TimeBatches(size_t count, size_t batch, Work work) {
  Samples samples = TimeEach(count, [&] {
    for (size_t i = 0; i < batch; ++i) work();
  });
  for (double& sample : samples) sample /= static_cast<double>(batch);
  return samples;
}

}  // namespace bench
