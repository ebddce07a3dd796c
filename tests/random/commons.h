// SPDX-License-Identifier: Apache-2.0
#pragma once

// Objects that all threads of a sequence use at once. Each thread has a region of the buffer of its
// own, so that contents are determined; which thread comes first is not, and not recorded.

#include <CL/cl.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "tests/random/sequence.h"

namespace random_test {

inline constexpr size_t kRegionBytes = 1024;

class Commons {
 public:
  Commons();
  Commons(const Commons&) = delete;
  Commons& operator=(const Commons&) = delete;
  ~Commons();

  // For all to wait for, and to retain.
  void Publish(cl_event event);
  // A published one, retained; none if there is none.
  cl_event Take(unsigned number);

  // A user event that commands wait for.
  cl_event MakeGate(cl_int* code);
  // Sets those that nobody has set. A thread does so before it blocks, and when it ends: then those
  // that are unset are of threads that go on.
  cl_int OpenGates();

  cl_context context = nullptr;
  cl_command_queue queues[2] = {};  // in order, and not
  cl_mem buffer = nullptr;
  cl_program program = nullptr;
  cl_kernel kernel = nullptr;
  std::mutex kernel_mutex;  // Between its arguments and its launch.

 private:
  std::mutex mutex_;
  std::vector<cl_event> events_;
  std::vector<cl_event> gates_;
  size_t set_ = 0;  // Of the gates.
};

}  // namespace random_test
