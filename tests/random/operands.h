// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/e2e/programs/names.h"
#include "tests/random/sequence.h"

namespace random_test {

// Reads an operation's operands one after the other; behind the last are zeros.
class Operands {
 public:
  explicit Operands(const Operation& operation) : numbers_(operation.operands) {}

  unsigned Next() { return next_ < numbers_.size() ? numbers_[next_++] : 0; }

  // What is wrong with the call that these make. Of two faults OpenCL lets a library report either,
  // so that a call with more than one says no more than that it failed.
  unsigned faults() const { return faults_; }
  void AddFault() { ++faults_; }
  std::string Code(cl_int code) const {
    return faults_ > 1 && code < 0 ? "an error" : e2e::CodeName(code);
  }

  bool Flag() { return Next() % 2 != 0; }

  // One number in sixteen chooses from `wrong`; 0 chooses the first of `right`.
  template <typename T>
  T Choose(std::initializer_list<T> right, std::initializer_list<T> wrong) {
    const unsigned number = Next();
    if (IsWrong(number) && wrong.size() > 0) {
      ++faults_;
      return wrong.begin()[number / kWrong % wrong.size()];
    }
    return right.begin()[RightIndex(number) % right.size()];
  }

  template <typename T>
  T Choose(std::initializer_list<T> right) {
    return Choose(right, {});
  }

  // Of objects: the wrong one is none at all.
  template <typename Pointer>
  Pointer Choose(const std::vector<Pointer>& objects) {
    const unsigned number = Next();
    if (objects.empty() || IsWrong(number)) {
      ++faults_;
      return nullptr;
    }
    return objects[RightIndex(number) % objects.size()];
  }

 private:
  static constexpr unsigned kWrong = 16;

  static bool IsWrong(unsigned number) { return number % kWrong == kWrong - 1; }
  static unsigned RightIndex(unsigned number) {
    return number / kWrong * (kWrong - 1) + number % kWrong;
  }

  std::array<uint16_t, kOperandsMax> numbers_;
  size_t next_ = 0;
  unsigned faults_ = 0;
};

}  // namespace random_test
