// SPDX-License-Identifier: Apache-2.0
// Much work that waits for a user event, more than anybody keeps ready: it neither blocks the
// thread that queues it, nor what other queues do meanwhile, nor the call that sets the event.
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr int kLaunches = 3000;

constexpr const char* kSource = R"(
kernel void add(global int* values, int amount) { values[get_global_id(0)] += amount; }
)";

void LaunchBehind(cl_command_queue queue, cl_kernel kernel, cl_event event, int launches) {
  const size_t items = 4;
  for (int i = 0; i < launches; ++i) {
    Ok(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &items, nullptr, event == nullptr ? 0 : 1,
                              event == nullptr ? nullptr : &event, nullptr));
  }
}

cl_mem Zeros(const e2e::Session& session) {
  int zeros[4] = {};
  return e2e::MakeBuffer(session.context, sizeof zeros, CL_MEM_COPY_HOST_PTR, zeros);
}

// The gate is opened by the thread that queued the work, or by another.
void Gated(const e2e::Session& session, cl_program program, bool by_another) {
  cl_mem gated = Zeros(session);
  cl_mem free = Zeros(session);
  cl_kernel kernel = e2e::MakeKernel(program, "add");
  cl_command_queue other = e2e::MakeQueue(session.context, session.device);
  cl_event gate = e2e::MakeUserEvent(session.context);
  e2e::SetArg(kernel, 1, 1);
  e2e::SetArg(kernel, 0, gated);
  LaunchBehind(session.queue, kernel, gate, kLaunches);
  e2e::SetArg(kernel, 0, free);
  LaunchBehind(other, kernel, nullptr, kLaunches);
  Ok(clFinish(other));
  const int seen = e2e::ReadAll<int>(other, free, 4)[3];
  Expect(seen == kLaunches, "what waits for nothing has run");
  std::printf("beside the gate: %d\n", seen);
  Expect(e2e::EventStatus(gate) == CL_SUBMITTED, "the gate is closed");
  if (by_another) {
    std::thread([gate] { Ok(clSetUserEventStatus(gate, CL_COMPLETE)); }).join();
  } else {
    Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  }
  Ok(clFinish(session.queue));
  const int behind = e2e::ReadAll<int>(session.queue, gated, 4)[3];
  Expect(behind == kLaunches, "what has waited has run");
  std::printf("behind the gate: %d\n", behind);
  Ok(clReleaseEvent(gate));
  Ok(clReleaseCommandQueue(other));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseMemObject(gated));
  Ok(clReleaseMemObject(free));
}

// The library lets go of its own a moment after the work is through.
cl_uint SettledReferences(cl_event event) {
  cl_uint last = 0;
  for (int same = 0; same < 20; ++same) {
    cl_uint now = 0;
    Ok(clGetEventInfo(event, CL_EVENT_REFERENCE_COUNT, sizeof now, &now, nullptr));
    if (now != last) same = 0;
    last = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return last;
}

// An event that the program holds has as many references as the program gave it, while it waits and
// when it is through.
void References(const e2e::Session& session, cl_program program) {
  cl_mem buffer = Zeros(session);
  cl_kernel kernel = e2e::MakeKernel(program, "add");
  e2e::SetArg(kernel, 0, buffer);
  e2e::SetArg(kernel, 1, 1);
  for (int round = 0; round < 3; ++round) {
    cl_event gate = e2e::MakeUserEvent(session.context);
    cl_event done = nullptr;
    const size_t items = 4;
    Ok(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &items, nullptr, 1, &gate, &done));
    cl_uint before = 0;
    Ok(clGetEventInfo(done, CL_EVENT_REFERENCE_COUNT, sizeof before, &before, nullptr));
    Ok(clSetUserEventStatus(gate, CL_COMPLETE));
    Ok(clFinish(session.queue));
    std::printf("references: %u, then %u\n", before, SettledReferences(done));
    Ok(clReleaseEvent(done));
    Ok(clReleaseEvent(gate));
  }
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseMemObject(buffer));
}

void CL_CALLBACK Ended(cl_context, void* ended) { *static_cast<std::atomic<bool>*>(ended) = true; }

// A context ends with the last of its objects: nobody keeps an event of its work.
void ContextEnds(cl_device_id device) {
  static std::atomic<bool> ended = false;
  cl_context context = e2e::MakeContext(device);
  Ok(clSetContextDestructorCallback(context, &Ended, &ended));
  cl_command_queue queue = e2e::MakeQueue(context, device);
  cl_program program = e2e::BuildProgram(context, device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "add");
  int zeros[4] = {};
  cl_mem buffer = e2e::MakeBuffer(context, sizeof zeros, CL_MEM_COPY_HOST_PTR, zeros);
  e2e::SetArg(kernel, 0, buffer);
  e2e::SetArg(kernel, 1, 1);
  e2e::Launch(queue, kernel, 4);
  Expect(e2e::ReadAll<int>(queue, buffer, 4)[3] == 1, "it has run");
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  Ok(clReleaseCommandQueue(queue));
  Ok(clReleaseContext(context));
  constexpr int kLooks = 5000;
  for (int i = 0; i < kLooks && !ended; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Expect(ended, "the context has ended");
  std::printf("the context has ended: %d\n", ended.load());
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  Gated(session, program, false);
  Gated(session, program, true);
  References(session, program);
  Ok(clReleaseProgram(program));
  ContextEnds(session.device);
  return e2e::Finish();
}
