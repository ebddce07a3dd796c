// SPDX-License-Identifier: Apache-2.0
// Shared virtual memory, where the device has it: allocations, copies, fills, maps, kernels with
// pointers, and freeing by command. A device that reports none is right to refuse. The output is
// the same for both.
#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kCount = 1000;
constexpr size_t kBytes = kCount * sizeof(int);

constexpr const char* kSource = R"(
kernel void twice(global int* x) { x[get_global_id(0)] *= 2; }
)";

void Commands(const e2e::Session& session) {
  auto* a = static_cast<int*>(clSVMAlloc(session.context, CL_MEM_READ_WRITE, kBytes, 0));
  auto* b = static_cast<int*>(clSVMAlloc(session.context, CL_MEM_READ_WRITE, kBytes, 64));
  Expect(a != nullptr && b != nullptr, "two allocations");
  const int value = 5;
  Ok(clEnqueueSVMMemFill(session.queue, a, &value, sizeof value, kBytes, 0, nullptr, nullptr));
  Ok(clEnqueueSVMMemcpy(session.queue, CL_TRUE, b, a, kBytes, 0, nullptr, nullptr));
  Ok(clEnqueueSVMMap(session.queue, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, b, kBytes, 0, nullptr,
                     nullptr));
  Expect(b[0] == 5 && b[kCount - 1] == 5, "filled and copied");
  b[kCount - 1] = 50;
  Ok(clEnqueueSVMUnmap(session.queue, b, 0, nullptr, nullptr));
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "twice");
  Ok(clSetKernelArgSVMPointer(kernel, 0, b));
  e2e::Launch(session.queue, kernel, kCount);
  Ok(clEnqueueSVMMap(session.queue, CL_TRUE, CL_MAP_READ, b, kBytes, 0, nullptr, nullptr));
  Expect(b[0] == 10 && b[kCount - 1] == 100, "a kernel saw the memory");
  Ok(clEnqueueSVMUnmap(session.queue, b, 0, nullptr, nullptr));
  Ok(clFinish(session.queue));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  clSVMFree(session.context, b);
  clSVMFree(session.context, a);
}

std::atomic<cl_uint> g_freed = 0;

void CL_CALLBACK Free(cl_command_queue, cl_uint count, void** pointers, void* user_data) {
  for (cl_uint i = 0; i < count; ++i) clSVMFree(static_cast<cl_context>(user_data), pointers[i]);
  g_freed += count;
}

void FreeByCommand(const e2e::Session& session) {
  void* pointers[3] = {};
  for (void*& pointer : pointers) pointer = clSVMAlloc(session.context, 0, 100, 0);
  cl_event event = nullptr;
  Ok(clEnqueueSVMFree(session.queue, 3, pointers, Free, session.context, 0, nullptr, &event));
  Ok(clWaitForEvents(1, &event));
  for (int i = 0; i < 60000 && g_freed < 3; ++i) usleep(1000);
  Expect(g_freed == 3, "freed by command");
  Ok(clReleaseEvent(event));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_device_svm_capabilities capabilities = 0;
  Ok(clGetDeviceInfo(session.device, CL_DEVICE_SVM_CAPABILITIES, sizeof capabilities, &capabilities,
                     nullptr));
  if ((capabilities & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER) == 0) {
    void* refused = clSVMAlloc(session.context, CL_MEM_READ_WRITE, kBytes, 0);
    Expect(refused == nullptr, "no allocation where there is none");
    return e2e::Finish();
  }
  Commands(session);
  FreeByCommand(session);
  return e2e::Finish();
}
