// SPDX-License-Identifier: Apache-2.0
// A callback that calls back into OpenCL: it asks, creates, enqueues the next step of a chain,
// sets a user event that the main thread waits for, and releases what it was given.
#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void advance(global int* x) { x[0] = x[0] * 2 + 1; }
)";

constexpr int kSteps = 10;

struct Chain {
  const e2e::Session* session = nullptr;
  cl_kernel kernel = nullptr;
  cl_event finished = nullptr;
  std::atomic<int> steps = 0;
  std::atomic<int> wrong = 0;
};

void CL_CALLBACK Advance(cl_event event, cl_int status, void* user_data);

// With a reference of the callback's own: PoCL's clSetUserEventStatus still uses the event when who
// waits for it may have released it.
void Complete(cl_event event) {
  Ok(clSetUserEventStatus(event, CL_COMPLETE));
  Ok(clReleaseEvent(event));
}

void EnqueueStep(Chain& chain) {
  cl_event event = nullptr;
  e2e::Launch(chain.session->queue, chain.kernel, 1, &event);
  Ok(clSetEventCallback(event, CL_COMPLETE, Advance, &chain));
  Ok(clFlush(chain.session->queue));
}

// What a callback may ask while it runs.
bool AsksRightly(const Chain& chain, cl_event event) {
  cl_command_queue queue = nullptr;
  cl_command_type type = 0;
  cl_uint arguments = 0;
  Ok(clGetEventInfo(event, CL_EVENT_COMMAND_QUEUE, sizeof queue, &queue, nullptr));
  Ok(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, nullptr));
  Ok(clGetKernelInfo(chain.kernel, CL_KERNEL_NUM_ARGS, sizeof arguments, &arguments, nullptr));
  cl_mem scratch = e2e::MakeBuffer(chain.session->context, 1000);
  Ok(clReleaseMemObject(scratch));
  return queue == chain.session->queue && type == CL_COMMAND_NDRANGE_KERNEL && arguments == 1 &&
         e2e::EventStatus(event) == CL_COMPLETE;
}

void CL_CALLBACK Advance(cl_event event, cl_int status, void* user_data) {
  Chain& chain = *static_cast<Chain*>(user_data);
  if (status != CL_COMPLETE || !AsksRightly(chain, event)) ++chain.wrong;
  Ok(clReleaseEvent(event));
  if (++chain.steps < kSteps) {
    EnqueueStep(chain);
  } else {
    Complete(chain.finished);
  }
}

void RunChain(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  int zero = 0;
  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof zero, CL_MEM_COPY_HOST_PTR, &zero);
  Chain chain;
  chain.session = &session;
  chain.kernel = e2e::MakeKernel(program, "advance");
  chain.finished = e2e::MakeUserEvent(session.context);
  e2e::SetArg(chain.kernel, 0, buffer);
  Ok(clRetainEvent(chain.finished));
  EnqueueStep(chain);
  Ok(clWaitForEvents(1, &chain.finished));
  const int value = e2e::ReadAll<int>(session.queue, buffer, 1)[0];
  std::printf("chain of %d callbacks: value %d, %d wrong\n", chain.steps.load(), value,
              chain.wrong.load());
  Expect(value == (1 << kSteps) - 1 && chain.wrong == 0, "each callback enqueued the next step");
  Ok(clReleaseEvent(chain.finished));
  Ok(clReleaseKernel(chain.kernel));
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseProgram(program));
}

// The main thread is inside clFinish for commands that only the callback lets go.
void CL_CALLBACK OpenGate(cl_event, cl_int, void* user_data) {
  Complete(static_cast<cl_event>(user_data));
}

void GateInsideFinish(const e2e::Session& session) {
  cl_command_queue other = e2e::MakeQueue(session.context, session.device);
  for (int round = 0; round < 20; ++round) {
    cl_event gate = e2e::MakeUserEvent(session.context);
    cl_mem buffer = e2e::MakeBuffer(session.context, 64);
    const cl_int value = round;
    cl_event opener = nullptr;
    Ok(clEnqueueFillBuffer(session.queue, buffer, &value, sizeof value, 0, 64, 1, &gate, nullptr));
    Ok(clEnqueueMarkerWithWaitList(other, 0, nullptr, &opener));
    Ok(clRetainEvent(gate));
    Ok(clSetEventCallback(opener, CL_COMPLETE, OpenGate, gate));
    Ok(clFlush(other));
    Ok(clFinish(session.queue));
    Expect(e2e::ReadAll<cl_int>(session.queue, buffer, 16)[15] == round, "the gate was opened");
    Ok(clReleaseEvent(opener));
    Ok(clReleaseEvent(gate));
    Ok(clReleaseMemObject(buffer));
  }
  Ok(clReleaseCommandQueue(other));
  std::puts("gates opened by callbacks inside clFinish");
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  RunChain(session);
  GateInsideFinish(session);
  return e2e::Finish();
}
