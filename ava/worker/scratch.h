// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory for the private copies of one call; everything is given back when the next call begins.

#include <cstddef>
#include <memory>
#include <vector>

namespace ava::worker {

class Scratch {
 public:
  static constexpr std::size_t kInitialBytes = 16 * 1024;
  static constexpr std::size_t kAlignment = 16;

  Scratch() : first_(std::make_unique_for_overwrite<std::byte[]>(kInitialBytes)) {}

  // Zeroed, aligned to kAlignment, never null; 16 zero bytes stand behind what was asked for.
  std::byte* Allocate(std::size_t bytes);
  void Reset() {
    used_ = 0;
    large_.clear();
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte[]> first_;
  std::size_t used_ = 0;
  std::vector<std::unique_ptr<std::byte, Free>> large_;
};

}  // namespace ava::worker
