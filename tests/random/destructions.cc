// SPDX-License-Identifier: Apache-2.0
#include "tests/random/destructions.h"

#include <unistd.h>

namespace random_test {

namespace {

constexpr int kWaitMs = 2000;

}  // namespace

void Destructions::Add(const std::string& name, unsigned number) {
  const std::lock_guard lock(mutex_);
  seen_[name] += " " + std::to_string(number);
  ++count_;
}

std::vector<std::string> Destructions::Await() {
  for (int i = 0; i < kWaitMs; ++i) {
    {
      const std::lock_guard lock(mutex_);
      if (count_ >= expected_) break;
    }
    usleep(1000);
  }
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const auto& [name, numbers] : seen_) lines.push_back(name + " ended:" + numbers);
  return lines;
}

}  // namespace random_test
