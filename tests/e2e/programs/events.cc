// SPDX-License-Identifier: Apache-2.0
// Events: what each kind of command reports, wait lists, status in every state that can be seen
// for certain, reference counts, user events with success and failure.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBytes = 4096;

cl_uint References(cl_event event) {
  cl_uint count = 0;
  Ok(clGetEventInfo(event, CL_EVENT_REFERENCE_COUNT, sizeof count, &count, nullptr));
  return count;
}

cl_command_type Type(cl_event event) {
  cl_command_type type = 0;
  Ok(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, nullptr));
  return type;
}

void PrintDone(cl_event event, const e2e::Session& session) {
  Ok(clWaitForEvents(1, &event));
  cl_command_queue queue = nullptr;
  cl_context context = nullptr;
  Ok(clGetEventInfo(event, CL_EVENT_COMMAND_QUEUE, sizeof queue, &queue, nullptr));
  Ok(clGetEventInfo(event, CL_EVENT_CONTEXT, sizeof context, &context, nullptr));
  Expect(queue == session.queue && context == session.context, "an event knows its queue");
  std::printf("%s: %s\n", e2e::CommandName(Type(event)).c_str(),
              e2e::StatusName(e2e::EventStatus(event)).c_str());
  Ok(clReleaseEvent(event));
}

void BufferCommands(const e2e::Session& session) {
  cl_mem a = e2e::MakeBuffer(session.context, kBytes);
  cl_mem b = e2e::MakeBuffer(session.context, kBytes);
  std::vector<uint8_t> host(kBytes);
  const size_t origin[3] = {0, 0, 0};
  const size_t region[3] = {16, 4, 1};
  const cl_uint zero = 0;
  cl_event event = nullptr;
  Ok(clEnqueueFillBuffer(session.queue, a, &zero, sizeof zero, 0, kBytes, 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueWriteBuffer(session.queue, a, CL_FALSE, 0, kBytes, host.data(), 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueReadBuffer(session.queue, a, CL_TRUE, 0, kBytes, host.data(), 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueCopyBuffer(session.queue, a, b, 0, 0, kBytes, 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueWriteBufferRect(session.queue, a, CL_FALSE, origin, origin, region, 64, 0, 64, 0,
                              host.data(), 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueReadBufferRect(session.queue, a, CL_FALSE, origin, origin, region, 64, 0, 64, 0,
                             host.data(), 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueCopyBufferRect(session.queue, a, b, origin, origin, region, 64, 0, 64, 0, 0, nullptr,
                             &event));
  PrintDone(event, session);
  cl_int code = CL_SUCCESS;
  void* mapped = clEnqueueMapBuffer(session.queue, a, CL_FALSE, CL_MAP_READ, 0, kBytes, 0, nullptr,
                                    &event, &code);
  Ok(code);
  PrintDone(event, session);
  Ok(clEnqueueUnmapMemObject(session.queue, a, mapped, 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueMigrateMemObjects(session.queue, 1, &a, 0, 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clReleaseMemObject(a));
  Ok(clReleaseMemObject(b));
}

void OtherCommands(const e2e::Session& session) {
  cl_event event = nullptr;
  Ok(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueBarrierWithWaitList(session.queue, 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clEnqueueMarker(session.queue, &event));
  PrintDone(event, session);
  Ok(clEnqueueBarrier(session.queue));
  cl_program program = e2e::BuildProgram(session.context, session.device, "kernel void empty() {}");
  cl_kernel kernel = e2e::MakeKernel(program, "empty");
  e2e::Launch(session.queue, kernel, 1, &event);
  PrintDone(event, session);
  Ok(clEnqueueTask(session.queue, kernel, 0, nullptr, &event));
  PrintDone(event, session);
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
}

void UserEvents(const e2e::Session& session) {
  cl_event user = e2e::MakeUserEvent(session.context);
  cl_command_queue queue = session.queue;
  Ok(clGetEventInfo(user, CL_EVENT_COMMAND_QUEUE, sizeof queue, &queue, nullptr));
  std::printf("%s: %s, %s queue, %u references\n", e2e::CommandName(Type(user)).c_str(),
              e2e::StatusName(e2e::EventStatus(user)).c_str(), queue == nullptr ? "no" : "a",
              References(user));
  Ok(clSetUserEventStatus(user, CL_COMPLETE));
  std::printf("set: %s\n", e2e::StatusName(e2e::EventStatus(user)).c_str());
  std::printf("set again: %s\n", e2e::CodeName(clSetUserEventStatus(user, CL_COMPLETE)).c_str());
  Ok(clWaitForEvents(1, &user));
  Ok(clRetainEvent(user));
  std::printf("retained: %u references\n", References(user));
  Ok(clReleaseEvent(user));
  Ok(clReleaseEvent(user));
}

// A chain behind a user event: nothing has run before it is set, all has run after.
void Held(const e2e::Session& session) {
  cl_event gate = e2e::MakeUserEvent(session.context);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);
  cl_event chain[6] = {};
  cl_uchar values[6] = {1, 2, 3, 4, 5, 6};
  Ok(clEnqueueFillBuffer(session.queue, buffer, &values[0], 1, 0, kBytes, 1, &gate, &chain[0]));
  for (size_t i = 1; i < 6; ++i) {
    Ok(clEnqueueFillBuffer(session.queue, buffer, &values[i], 1, 0, kBytes, 1, &chain[i - 1],
                           &chain[i]));
  }
  Ok(clFlush(session.queue));
  size_t started = 0;
  for (cl_event event : chain) started += e2e::EventStatus(event) <= CL_RUNNING ? 1U : 0U;
  std::printf("behind the gate: %zu of 6 started\n", started);
  Expect(started == 0, "the gate holds");
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clWaitForEvents(6, chain));
  for (cl_event event : chain) {
    Expect(e2e::EventStatus(event) == CL_COMPLETE, "the chain ran");
    Ok(clReleaseEvent(event));
  }
  std::printf("last fill: %d\n", e2e::ReadAll<cl_uchar>(session.queue, buffer, kBytes)[0]);
  Ok(clReleaseEvent(gate));
  Ok(clReleaseMemObject(buffer));
}

// Commands of two queues wait for one another through events.
void AcrossQueues(const e2e::Session& session) {
  cl_command_queue queues[2] = {session.queue, e2e::MakeQueue(session.context, session.device)};
  cl_program program = e2e::BuildProgram(
      session.context, session.device,
      "kernel void advance(global int* x, int n) { if (x[0] == n) x[0] = n + 1; }");
  cl_kernel kernel = e2e::MakeKernel(program, "advance");
  int zero = 0;
  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof zero, CL_MEM_COPY_HOST_PTR, &zero);
  e2e::SetArg(kernel, 0, buffer);
  cl_event last = nullptr;
  const size_t one = 1;
  for (int step = 0; step < 40; ++step) {
    e2e::SetArg(kernel, 1, step);
    cl_event next = nullptr;
    Ok(clEnqueueNDRangeKernel(queues[step % 2], kernel, 1, nullptr, &one, nullptr, last ? 1 : 0,
                              last ? &last : nullptr, &next));
    Ok(clFlush(queues[step % 2]));
    if (last != nullptr) Ok(clReleaseEvent(last));
    last = next;
  }
  Ok(clWaitForEvents(1, &last));
  Ok(clReleaseEvent(last));
  std::printf("across queues: %d steps\n", e2e::ReadAll<int>(session.queue, buffer, 1)[0]);
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  Ok(clReleaseCommandQueue(queues[1]));
}

// An event outlives the program's handles to everything that it came from.
void OutlivesItsQueue(cl_device_id device) {
  cl_context context = e2e::MakeContext(device);
  cl_command_queue queue = e2e::MakeQueue(context, device);
  cl_mem buffer = e2e::MakeBuffer(context, kBytes);
  const cl_uint zero = 0;
  cl_event event = nullptr;
  Ok(clEnqueueFillBuffer(queue, buffer, &zero, sizeof zero, 0, kBytes, 0, nullptr, &event));
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseCommandQueue(queue));
  Ok(clReleaseContext(context));
  Ok(clWaitForEvents(1, &event));
  cl_context reported = nullptr;
  Ok(clGetEventInfo(event, CL_EVENT_CONTEXT, sizeof reported, &reported, nullptr));
  Expect(reported == context, "the context's handle is what it was");
  std::printf("after its queue: %s\n", e2e::StatusName(e2e::EventStatus(event)).c_str());
  Ok(clReleaseEvent(event));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  BufferCommands(session);
  OtherCommands(session);
  UserEvents(session);
  Held(session);
  AcrossQueues(session);
  OutlivesItsQueue(session.device);
  return e2e::Finish();
}
