// SPDX-License-Identifier: Apache-2.0
#include "ava/control/watchdog.h"

#include <utility>

namespace ava::control {
namespace {

// Less than this part of a core is not computing: some libraries' threads wake up to look around.
constexpr std::int64_t kIdleDivisor = 100;

}  // namespace

bool Watchdog::Expired(const WatchSample& sample) {
  if (limit_ns_ == 0) return false;
  const WatchSample last = std::exchange(last_, sample);
  const bool idle = sample.cpu_ns - last.cpu_ns < (sample.now_ns - last.now_ns) / kIdleDivisor;
  if (!started_ || idle || sample.exempt || sample.progress != mark_.progress) {
    started_ = true;
    mark_ = sample;
    return false;
  }
  return sample.now_ns - mark_.now_ns >= limit_ns_ && sample.cpu_ns - mark_.cpu_ns >= limit_ns_ / 2;
}

}  // namespace ava::control
