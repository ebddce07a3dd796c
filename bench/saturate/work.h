// SPDX-License-Identifier: Apache-2.0
#pragma once

// A kernel of adjustable length that occupies all compute units evenly, and leaves a result that
// tells whether each launch ran once.

#include <cstdint>

#include "bench/micro/device.h"

namespace bench {

class Work {
 public:
  // Each work-item takes so many steps in one kernel. The kernel has run once when this returns.
  Work(const Device& device, std::uint32_t loops);
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work();

  // For the launches that follow.
  void SetLoops(std::uint32_t loops);
  // `event` may be null.
  void Launch(cl_event* event);
  // The launches of this object, the first one included.
  std::uint64_t launches() const { return launches_; }
  // Waits for all launches. False: the buffer does not hold what they should have left there.
  bool ResultsAreRight() const;

 private:
  const Device& device_;
  size_t items_;
  cl_program program_;
  cl_mem buffer_;
  cl_kernel kernel_ = nullptr;
  std::uint32_t loops_ = 0;
  std::uint64_t steps_ = 0;  // of one work-item, in all launches
  std::uint64_t launches_ = 0;
};

}  // namespace bench
