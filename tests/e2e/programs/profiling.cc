// SPDX-License-Identifier: Apache-2.0
// Profiling: the four times of each command are there, in order, and plausible; on a queue without
// profiling they are not available.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

cl_ulong Time(cl_event event, cl_profiling_info name) {
  cl_ulong time = 0;
  size_t bytes = 0;
  Ok(clGetEventProfilingInfo(event, name, sizeof time, &time, &bytes));
  Expect(bytes == sizeof time, "a time has eight bytes");
  return time;
}

struct Times {
  cl_ulong queued;
  cl_ulong submit;
  cl_ulong start;
  cl_ulong end;

  explicit Times(cl_event event)
      : queued(Time(event, CL_PROFILING_COMMAND_QUEUED)),
        submit(Time(event, CL_PROFILING_COMMAND_SUBMIT)),
        start(Time(event, CL_PROFILING_COMMAND_START)),
        end(Time(event, CL_PROFILING_COMMAND_END)) {}
};

void Check(const char* label, cl_event event) {
  Ok(clWaitForEvents(1, &event));
  const Times times(event);
  const bool ordered =
      times.queued <= times.submit && times.submit <= times.start && times.start <= times.end;
  Expect(times.queued > 0 && ordered, label);
  std::printf("%s: %s\n", label, ordered ? "queued <= submit <= start <= end" : "out of order");
  Ok(clReleaseEvent(event));
}

constexpr const char* kSource = R"(
kernel void busy(global float* x, int rounds) {
  float v = x[get_global_id(0)];
  for (int i = 0; i < rounds; ++i) v = v * 0.999f + 0.5f;
  x[get_global_id(0)] = v;
}
)";

// More work takes longer, and what comes later in the queue starts later.
void Proportions(const e2e::Session& session, cl_kernel kernel) {
  cl_event brief = nullptr;
  cl_event lengthy = nullptr;
  e2e::SetArg(kernel, 1, cl_int{10});
  e2e::Launch(session.queue, kernel, 64, &brief);
  e2e::SetArg(kernel, 1, cl_int{2000000});
  e2e::Launch(session.queue, kernel, 64, &lengthy);
  Ok(clFinish(session.queue));
  const Times first(brief);
  const Times second(lengthy);
  Expect(second.start >= first.end, "an in-order queue runs one after the other");
  Expect(second.end - second.start > first.end - first.start, "more work takes longer");
  Expect(second.end - second.start > 1000000, "millions of rounds take a millisecond");
  Expect(second.end - second.start < 60000000000, "and less than a minute");
  std::puts("proportions");
  Ok(clReleaseEvent(brief));
  Ok(clReleaseEvent(lengthy));
}

void WithoutProfiling(const e2e::Session& session, cl_mem buffer) {
  cl_command_queue queue = e2e::MakeQueue(session.context, session.device);
  cl_event event = nullptr;
  const cl_uint zero = 0;
  Ok(clEnqueueFillBuffer(queue, buffer, &zero, sizeof zero, 0, 64, 0, nullptr, &event));
  Ok(clWaitForEvents(1, &event));
  cl_ulong time = 0;
  e2e::ExpectCode(
      clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof time, &time, nullptr),
      CL_PROFILING_INFO_NOT_AVAILABLE, "without profiling");
  Ok(clReleaseEvent(event));
  Ok(clReleaseCommandQueue(queue));
}

void NotYet(const e2e::Session& session, cl_mem buffer) {
  cl_event gate = e2e::MakeUserEvent(session.context);
  cl_event event = nullptr;
  const cl_uint zero = 0;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &zero, sizeof zero, 0, 64, 1, &gate, &event));
  cl_ulong time = 0;
  e2e::ExpectCode(
      clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr),
      CL_PROFILING_INFO_NOT_AVAILABLE, "before it has run");
  e2e::ExpectCode(
      clGetEventProfilingInfo(gate, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr),
      CL_PROFILING_INFO_NOT_AVAILABLE, "of a user event");
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Check("after it has run", event);
  Ok(clReleaseEvent(gate));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session(CL_QUEUE_PROFILING_ENABLE);
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "busy");
  cl_mem buffer = e2e::MakeBuffer(session.context, 65536);
  e2e::SetArg(kernel, 0, buffer);
  e2e::SetArg(kernel, 1, cl_int{100});
  cl_event event = nullptr;
  e2e::Launch(session.queue, kernel, 64, &event);
  Check("kernel", event);
  std::vector<uint8_t> host(65536);
  Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, 0, host.size(), host.data(), 0, nullptr,
                          &event));
  Check("blocking write", event);
  Ok(clEnqueueReadBuffer(session.queue, buffer, CL_FALSE, 0, host.size(), host.data(), 0, nullptr,
                         &event));
  Check("read", event);
  Ok(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, &event));
  Check("marker", event);
  Proportions(session, kernel);
  WithoutProfiling(session, buffer);
  NotYet(session, buffer);
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
