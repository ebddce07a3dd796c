// SPDX-License-Identifier: Apache-2.0
// Hundreds of threads that all sit in a blocking call at the same time, and one more that lets them
// go: by a user event, which takes calls of its own.
#include <atomic>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr int kThreads = 700;

void Wait(cl_event gate, std::atomic<int>& waiting, std::atomic<int>& released) {
  waiting.fetch_add(1);
  Ok(clWaitForEvents(1, &gate));
  released.fetch_add(1);
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_event gate = e2e::MakeUserEvent(session.context);
  std::atomic<int> waiting = 0;
  std::atomic<int> released = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back(Wait, gate, std::ref(waiting), std::ref(released));
  while (waiting.load() < kThreads) usleep(1000);
  usleep(200000);
  std::printf("%d threads wait, %d were released\n", waiting.load(), released.load());

  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  const cl_int value = 5;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &value, 4, 0, 64, 0, nullptr, nullptr));
  std::printf("one more thread computes: %d\n",
              e2e::ReadAll<cl_int>(session.queue, buffer, 16)[15]);
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  for (std::thread& thread : threads) thread.join();
  std::printf("%d threads were released\n", released.load());
  Expect(released.load() == kThreads, "all are released");
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseEvent(gate));
  return e2e::Finish();
}
