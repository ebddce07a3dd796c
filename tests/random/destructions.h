// SPDX-License-Identifier: Apache-2.0
#pragma once

// What destructor callbacks said. Between objects their order is open, of one object it is the
// reverse of their registration.

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace random_test {

class Destructions {
 public:
  unsigned NextNumber() { return ++numbers_; }
  void Expect() { ++expected_; }
  void Add(const std::string& name, unsigned number);

  // When all that are expected have come, or will not: a line for each object.
  std::vector<std::string> Await();

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> seen_;
  unsigned numbers_ = 0;
  unsigned expected_ = 0;
  unsigned count_ = 0;
};

}  // namespace random_test
