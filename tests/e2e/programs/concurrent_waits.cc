// SPDX-License-Identifier: Apache-2.0
// One thread is inside a blocking wait that cannot end yet; others go on creating, launching,
// reading and building meanwhile, and only then is the first let go.
#include <atomic>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void add(global int* x, int n) { x[get_global_id(0)] += n; }
)";

int Busy(const e2e::Session& session, cl_program program, int seed) {
  cl_command_queue queue = e2e::MakeQueue(session.context, session.device);
  cl_kernel kernel = e2e::MakeKernel(program, "add");
  cl_mem buffer = e2e::MakeBuffer(session.context, 256 * sizeof(int));
  const int zero = 0;
  Ok(clEnqueueFillBuffer(queue, buffer, &zero, sizeof zero, 0, 256 * sizeof(int), 0, nullptr,
                         nullptr));
  e2e::SetArg(kernel, 0, buffer);
  e2e::SetArg(kernel, 1, seed);
  for (int i = 0; i < 300; ++i) e2e::Launch(queue, kernel, 256);
  const int last = e2e::ReadAll<int>(queue, buffer, 256)[255];
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseCommandQueue(queue));
  return last;
}

template <typename Wait>
void WhileWaiting(const char* label, const e2e::Session& session, cl_program program, Wait wait) {
  cl_event gate = e2e::MakeUserEvent(session.context);
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  const cl_int value = 9;
  cl_event gated = nullptr;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &value, sizeof value, 0, 64, 1, &gate, &gated));
  std::atomic<bool> returned = false;
  std::thread waiter([&] {
    wait(gated, buffer);
    returned = true;
  });
  usleep(2000);
  int sums[3] = {};
  std::thread others[3];
  for (int i = 0; i < 3; ++i) {
    others[i] = std::thread([&, i] { sums[i] = Busy(session, program, i + 1); });
  }
  for (std::thread& other : others) other.join();
  cl_program fresh = e2e::BuildProgram(session.context, session.device, kSource, "-DFRESH");
  Ok(clReleaseProgram(fresh));
  const bool held = !returned;
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  waiter.join();
  std::printf("%s: others got %d %d %d, still held: %d\n", label, sums[0], sums[1], sums[2], held);
  Expect(held && sums[0] == 300 && sums[1] == 600 && sums[2] == 900, label);
  Ok(clReleaseEvent(gated));
  Ok(clReleaseEvent(gate));
  Ok(clReleaseMemObject(buffer));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  WhileWaiting("in clWaitForEvents", session, program,
               [](cl_event event, cl_mem) { Ok(clWaitForEvents(1, &event)); });
  WhileWaiting("in clFinish", session, program,
               [&](cl_event, cl_mem) { Ok(clFinish(session.queue)); });
  WhileWaiting("in a blocking read", session, program, [&](cl_event, cl_mem buffer) {
    Expect(e2e::ReadAll<cl_int>(session.queue, buffer, 16)[3] == 9, "the read's value");
  });
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
