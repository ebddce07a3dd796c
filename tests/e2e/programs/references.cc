// SPDX-License-Identifier: Apache-2.0
// Who keeps whom alive: children are used after the program has released their parents, and
// reference counts are what the program sees natively.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void put(global int* x, int n) { x[get_global_id(0)] = n; }
)";

struct Counts {
  cl_context context;
  cl_command_queue queue;
  cl_mem buffer;
  cl_program program;
  cl_kernel kernel;
};

void PrintCounts(const char* label, const Counts& of) {
  cl_uint counts[5] = {};
  Ok(clGetContextInfo(of.context, CL_CONTEXT_REFERENCE_COUNT, 4, &counts[0], nullptr));
  Ok(clGetCommandQueueInfo(of.queue, CL_QUEUE_REFERENCE_COUNT, 4, &counts[1], nullptr));
  Ok(clGetMemObjectInfo(of.buffer, CL_MEM_REFERENCE_COUNT, 4, &counts[2], nullptr));
  Ok(clGetProgramInfo(of.program, CL_PROGRAM_REFERENCE_COUNT, 4, &counts[3], nullptr));
  Ok(clGetKernelInfo(of.kernel, CL_KERNEL_REFERENCE_COUNT, 4, &counts[4], nullptr));
  std::printf("%s: context %u queue %u buffer %u program %u kernel %u\n", label, counts[0],
              counts[1], counts[2], counts[3], counts[4]);
}

Counts Make(cl_device_id device) {
  Counts made{};
  made.context = e2e::MakeContext(device);
  made.queue = e2e::MakeQueue(made.context, device);
  made.buffer = e2e::MakeBuffer(made.context, 64 * sizeof(int));
  made.program = e2e::BuildProgram(made.context, device, kSource);
  made.kernel = e2e::MakeKernel(made.program, "put");
  return made;
}

int Use(const Counts& of, int value) {
  e2e::SetArg(of.kernel, 0, of.buffer);
  e2e::SetArg(of.kernel, 1, value);
  e2e::Launch(of.queue, of.kernel, 64);
  return e2e::ReadAll<int>(of.queue, of.buffer, 64)[63];
}

void Plain(cl_device_id device) {
  const Counts all = Make(device);
  PrintCounts("fresh", all);
  Ok(clRetainContext(all.context));
  Ok(clRetainCommandQueue(all.queue));
  Ok(clRetainMemObject(all.buffer));
  Ok(clRetainProgram(all.program));
  Ok(clRetainKernel(all.kernel));
  PrintCounts("retained", all);
  Ok(clReleaseKernel(all.kernel));
  Ok(clReleaseProgram(all.program));
  Ok(clReleaseMemObject(all.buffer));
  Ok(clReleaseCommandQueue(all.queue));
  Ok(clReleaseContext(all.context));
  PrintCounts("released", all);
  std::printf("use: %d\n", Use(all, 5));
  Ok(clReleaseKernel(all.kernel));
  Ok(clReleaseProgram(all.program));
  Ok(clReleaseMemObject(all.buffer));
  Ok(clReleaseCommandQueue(all.queue));
  Ok(clReleaseContext(all.context));
}

// The program lets go of each parent as soon as it has the child.
void ParentsFirst(cl_device_id device) {
  const Counts all = Make(device);
  Ok(clReleaseContext(all.context));
  Ok(clReleaseProgram(all.program));
  cl_context context = nullptr;
  Ok(clGetCommandQueueInfo(all.queue, CL_QUEUE_CONTEXT, sizeof context, &context, nullptr));
  Expect(context == all.context, "a queue keeps its context");
  context = nullptr;
  Ok(clGetMemObjectInfo(all.buffer, CL_MEM_CONTEXT, sizeof context, &context, nullptr));
  Expect(context == all.context, "a buffer keeps its context");
  cl_program program = nullptr;
  Ok(clGetKernelInfo(all.kernel, CL_KERNEL_PROGRAM, sizeof program, &program, nullptr));
  Expect(program == all.program, "a kernel keeps its program");
  cl_uint devices = 0;
  Ok(clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof devices, &devices, nullptr));
  std::printf("a released context, through its queue: %u device\n", devices);
  cl_mem late = e2e::MakeBuffer(context, 16);
  Ok(clReleaseMemObject(late));
  std::printf("use: %d\n", Use(all, 6));
  Ok(clReleaseCommandQueue(all.queue));
  Ok(clReleaseMemObject(all.buffer));
  Ok(clReleaseKernel(all.kernel));
}

// Released while commands that use them wait behind a gate.
void PendingUse(cl_device_id device) {
  const Counts all = Make(device);
  cl_event gate = e2e::MakeUserEvent(all.context);
  cl_event done = nullptr;
  int host[64] = {};
  const size_t items = 64;
  e2e::SetArg(all.kernel, 0, all.buffer);
  e2e::SetArg(all.kernel, 1, 8);
  Ok(clEnqueueNDRangeKernel(all.queue, all.kernel, 1, nullptr, &items, nullptr, 1, &gate, nullptr));
  Ok(clEnqueueReadBuffer(all.queue, all.buffer, CL_FALSE, 0, sizeof host, host, 0, nullptr, &done));
  Ok(clReleaseKernel(all.kernel));
  Ok(clReleaseProgram(all.program));
  Ok(clReleaseMemObject(all.buffer));
  Ok(clFlush(all.queue));
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clWaitForEvents(1, &done));
  std::printf("commands keep what they use: %d\n", host[63]);
  Expect(host[63] == 8, "commands keep what they use");
  Ok(clReleaseEvent(gate));
  Ok(clReleaseEvent(done));
  Ok(clReleaseCommandQueue(all.queue));
  Ok(clReleaseContext(all.context));
}

// A kernel keeps no reference to a buffer argument, but a buffer may go while another is set.
void ArgumentReplaced(cl_device_id device) {
  const Counts all = Make(device);
  for (int i = 0; i < 100; ++i) {
    cl_mem fresh = e2e::MakeBuffer(all.context, 64 * sizeof(int));
    e2e::SetArg(all.kernel, 0, fresh);
    e2e::SetArg(all.kernel, 1, i);
    e2e::Launch(all.queue, all.kernel, 64);
    if (i == 99) std::printf("replaced: %d\n", e2e::ReadAll<int>(all.queue, fresh, 64)[0]);
    Ok(clReleaseMemObject(fresh));
  }
  std::printf("use: %d\n", Use(all, 4));
  Ok(clReleaseKernel(all.kernel));
  Ok(clReleaseProgram(all.program));
  Ok(clReleaseMemObject(all.buffer));
  Ok(clReleaseCommandQueue(all.queue));
  Ok(clReleaseContext(all.context));
}

}  // namespace

int main() {
  e2e::Begin();
  cl_device_id device = e2e::FirstDevice();
  Plain(device);
  ParentsFirst(device);
  PendingUse(device);
  ArgumentReplaced(device);
  return e2e::Finish();
}
