// SPDX-License-Identifier: Apache-2.0
// Eight threads use the same queue, and some the same event: what the OpenCL text calls
// thread-safe is so. Each thread has a kernel object of its own, as the text asks.
#include <atomic>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr int kThreads = 8;
constexpr int kLaunches = 400;

constexpr const char* kSource = R"(
kernel void count(global int* x, int slot) { atomic_inc(&x[slot]); atomic_inc(&x[63]); }
)";

void Hammer(const e2e::Session& session, cl_program program, cl_mem buffer, int slot) {
  cl_kernel kernel = e2e::MakeKernel(program, "count");
  e2e::SetArg(kernel, 0, buffer);
  e2e::SetArg(kernel, 1, slot);
  for (int i = 0; i < kLaunches; ++i) {
    e2e::Launch(session.queue, kernel, 1);
    if (i % 100 == 99) Ok(clFinish(session.queue));
  }
  Ok(clReleaseKernel(kernel));
}

// All threads wait for the same event, retain it and release it.
void OneEvent(const e2e::Session& session) {
  cl_event event = e2e::MakeUserEvent(session.context);
  std::atomic<int> passed = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    Ok(clRetainEvent(event));
    threads.emplace_back([&] {
      Ok(clWaitForEvents(1, &event));
      ++passed;
      Ok(clReleaseEvent(event));
    });
  }
  usleep(5000);
  Expect(passed == 0, "nobody passes an event that is not set");
  Ok(clSetUserEventStatus(event, CL_COMPLETE));
  for (std::thread& thread : threads) thread.join();
  std::printf("one event: %d threads passed\n", passed.load());
  Ok(clReleaseEvent(event));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_mem buffer = e2e::MakeBuffer(session.context, 64 * sizeof(int));
  const int zero = 0;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &zero, sizeof zero, 0, 64 * sizeof(int), 0, nullptr,
                         nullptr));
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int slot = 0; slot < kThreads; ++slot) {
    threads.emplace_back([&, slot] { Hammer(session, program, buffer, slot); });
  }
  for (std::thread& thread : threads) thread.join();
  const auto seen = e2e::ReadAll<int>(session.queue, buffer, 64);
  for (int slot = 0; slot < kThreads; ++slot) {
    const int launches = seen[static_cast<size_t>(slot)];
    std::printf("thread %d: %d launches\n", slot, launches);
    Expect(launches == kLaunches, "no launch is lost");
  }
  std::printf("all: %d\n", seen[63]);
  OneEvent(session);
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
