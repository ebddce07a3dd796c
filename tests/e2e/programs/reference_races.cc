// SPDX-License-Identifier: Apache-2.0
// Threads that retain and release the same objects as fast as they can, and one that uses them: the
// counts come out right, and the objects live until the last release.
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr int kThreads = 6;
constexpr int kRounds = 3000;

struct Shared {
  cl_context context;
  cl_command_queue queue;
  cl_mem buffer;
  cl_event event;
};

void Race(const Shared& shared) {
  for (int i = 0; i < kRounds; ++i) {
    Ok(clRetainMemObject(shared.buffer));
    Ok(clRetainEvent(shared.event));
    Ok(clRetainCommandQueue(shared.queue));
    Ok(clRetainContext(shared.context));
    Ok(clReleaseContext(shared.context));
    Ok(clReleaseMemObject(shared.buffer));
    Ok(clReleaseCommandQueue(shared.queue));
    Ok(clReleaseEvent(shared.event));
  }
}

template <typename Handle>
cl_uint Count(cl_int (*ask)(Handle, cl_uint, size_t, void*, size_t*), Handle handle, cl_uint what) {
  cl_uint count = 0;
  Ok(ask(handle, what, sizeof count, &count, nullptr));
  return count;
}

// Once the library has let go of its own, which it may do only after a wait for a command is over.
template <typename Handle>
cl_uint CountInTheEnd(cl_int (*ask)(Handle, cl_uint, size_t, void*, size_t*), Handle handle,
                      cl_uint what) {
  cl_uint count = 0;
  for (int i = 0; i < 10'000; ++i) {
    count = Count(ask, handle, what);
    if (count == 1) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return count;
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_mem buffer = e2e::MakeBuffer(session.context, 4096);
  cl_event event = e2e::MakeUserEvent(session.context);
  const Shared shared = {session.context, session.queue, buffer, event};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&shared] { Race(shared); });
  for (int i = 0; i < 300; ++i) {
    const cl_int value = i;
    Ok(clEnqueueFillBuffer(session.queue, buffer, &value, 4, 0, 4096, 0, nullptr, nullptr));
    Expect(e2e::ReadAll<cl_int>(session.queue, buffer, 1024)[1023] == i, "the buffer's contents");
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("references: buffer %u, event %u\n",
              CountInTheEnd(clGetMemObjectInfo, buffer, CL_MEM_REFERENCE_COUNT),
              CountInTheEnd(clGetEventInfo, event, CL_EVENT_REFERENCE_COUNT));
  Ok(clReleaseEvent(event));
  Ok(clReleaseMemObject(buffer));
  return e2e::Finish();
}
