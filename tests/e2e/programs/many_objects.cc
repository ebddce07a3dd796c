// SPDX-License-Identifier: Apache-2.0
// Small objects by the hundred thousand, one after another and many at once, of every kind.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr int kMany = 100000;
constexpr size_t kAtOnce = 20000;

void OneByOne(const e2e::Session& session) {
  for (int i = 0; i < kMany; ++i) {
    Ok(clReleaseMemObject(e2e::MakeBuffer(session.context, 4096)));
  }
  std::printf("%d buffers one by one\n", kMany);
}

void AtOnce(const e2e::Session& session) {
  std::vector<cl_mem> buffers(kAtOnce);
  for (cl_int i = 0; i < static_cast<cl_int>(kAtOnce); ++i) {
    buffers[static_cast<size_t>(i)] =
        e2e::MakeBuffer(session.context, sizeof i, CL_MEM_COPY_HOST_PTR, &i);
  }
  size_t wrong = 0;
  for (size_t i = 0; i < kAtOnce; i += 97) {
    const int seen = e2e::ReadAll<int>(session.queue, buffers[i], 1)[0];
    wrong += seen == static_cast<int>(i) ? 0U : 1U;
  }
  for (size_t i = 0; i < kAtOnce; i += 2) Ok(clReleaseMemObject(buffers[i]));
  for (size_t i = 1; i < kAtOnce; i += 2) Ok(clReleaseMemObject(buffers[i]));
  std::printf("%zu buffers at once: %zu wrong\n", kAtOnce, wrong);
  Expect(wrong == 0, "each buffer holds its own number");
}

void Kernels(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device,
                                         "kernel void k(global int* x) { *x = 1; }");
  for (int i = 0; i < kMany / 4; ++i) Ok(clReleaseKernel(e2e::MakeKernel(program, "k")));
  std::vector<cl_kernel> kernels(2000);
  for (cl_kernel& kernel : kernels) kernel = e2e::MakeKernel(program, "k");
  for (cl_kernel kernel : kernels) Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  std::puts("kernels");
}

void Events(const e2e::Session& session) {
  for (int i = 0; i < kMany / 4; ++i) {
    cl_event event = e2e::MakeUserEvent(session.context);
    Ok(clSetUserEventStatus(event, CL_COMPLETE));
    Ok(clReleaseEvent(event));
  }
  std::vector<cl_event> events(5000);
  for (cl_event& event : events) {
    Ok(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, &event));
  }
  Ok(clWaitForEvents(static_cast<cl_uint>(events.size()), events.data()));
  for (cl_event event : events) Ok(clReleaseEvent(event));
  std::puts("events, and a wait for 5000 of them");
}

void Queues(const e2e::Session& session) {
  for (int i = 0; i < 500; ++i) {
    Ok(clReleaseCommandQueue(e2e::MakeQueue(session.context, session.device)));
  }
  std::vector<cl_command_queue> queues(100);
  for (cl_command_queue& queue : queues) queue = e2e::MakeQueue(session.context, session.device);
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  for (cl_command_queue queue : queues) {
    const cl_uint zero = 0;
    Ok(clEnqueueFillBuffer(queue, buffer, &zero, sizeof zero, 0, 64, 0, nullptr, nullptr));
    Ok(clFinish(queue));
    Ok(clReleaseCommandQueue(queue));
  }
  Ok(clReleaseMemObject(buffer));
  std::puts("queues");
}

void Programs(const e2e::Session& session) {
  for (int i = 0; i < 2000; ++i) {
    Ok(clReleaseProgram(e2e::MakeProgram(session.context, "kernel void never_built() {}")));
  }
  std::puts("programs that are never built");
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  OneByOne(session);
  AtOnce(session);
  Kernels(session);
  Events(session);
  Queues(session);
  Programs(session);
  return e2e::Finish();
}
