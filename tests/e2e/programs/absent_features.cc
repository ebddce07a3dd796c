// SPDX-License-Identifier: Apache-2.0
// What a device may lack: shared virtual memory, native kernels, pipes, extensions. What it says of
// itself and what its functions do must agree: a feature that is not announced is refused with the
// documented error, one that is works. The output is the same for both.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = "kernel void nothing(global int* x) {}";

template <typename T>
T DeviceInfo(cl_device_id device, cl_device_info name) {
  T value = {};
  Ok(clGetDeviceInfo(device, name, sizeof value, &value, nullptr));
  return value;
}

std::string DeviceText(cl_device_id device, cl_device_info name) {
  size_t bytes = 0;
  Ok(clGetDeviceInfo(device, name, 0, nullptr, &bytes));
  std::string text(bytes, '\0');
  Ok(clGetDeviceInfo(device, name, bytes, text.data(), nullptr));
  return text;
}

void Refused(cl_int code, const char* what,
             std::source_location at = std::source_location::current()) {
  Expect(code == CL_INVALID_OPERATION, what, at);
}

// All arguments are right but for the memory, which is none of the device's.
void WithoutSharedMemory(const e2e::Session& session, cl_kernel kernel) {
  cl_command_queue queue = session.queue;
  int own[16] = {};
  void* pointer = own;
  const void* constant = own;
  const cl_bool yes = CL_TRUE;
  Expect(clSVMAlloc(session.context, 0, 64, 0) == nullptr, "clSVMAlloc gives nothing");
  clSVMFree(session.context, nullptr);
  Refused(clSetKernelArgSVMPointer(kernel, 0, own), "clSetKernelArgSVMPointer");
  Refused(clSetKernelArgSVMPointer(kernel, 9, own), "clSetKernelArgSVMPointer, any index");
  Refused(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof yes, &yes),
          "clSetKernelExecInfo");
  Refused(clEnqueueSVMMemcpy(queue, CL_TRUE, own, own + 8, 8, 0, nullptr, nullptr),
          "clEnqueueSVMMemcpy");
  Refused(clEnqueueSVMMemFill(queue, own, own + 8, 4, 8, 0, nullptr, nullptr),
          "clEnqueueSVMMemFill");
  Refused(clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_READ, own, 8, 0, nullptr, nullptr),
          "clEnqueueSVMMap");
  Refused(clEnqueueSVMUnmap(queue, own, 0, nullptr, nullptr), "clEnqueueSVMUnmap");
  Refused(clEnqueueSVMFree(queue, 1, &pointer, nullptr, nullptr, 0, nullptr, nullptr),
          "clEnqueueSVMFree");
  Refused(clEnqueueSVMMigrateMem(queue, 1, &constant, nullptr, 0, 0, nullptr, nullptr),
          "clEnqueueSVMMigrateMem");
}

void WithSharedMemory(const e2e::Session& session, cl_kernel kernel) {
  void* memory = clSVMAlloc(session.context, CL_MEM_READ_WRITE, 64, 0);
  Expect(memory != nullptr, "clSVMAlloc gives memory");
  Expect(clSetKernelArgSVMPointer(kernel, 0, memory) == CL_SUCCESS, "a pointer to it");
  Expect(clSetKernelArgSVMPointer(kernel, 9, memory) == CL_INVALID_ARG_INDEX, "a wrong index");
  clSVMFree(session.context, memory);
}

void SharedMemory(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "nothing");
  const auto announced =
      DeviceInfo<cl_device_svm_capabilities>(session.device, CL_DEVICE_SVM_CAPABILITIES);
  announced == 0 ? WithoutSharedMemory(session, kernel) : WithSharedMemory(session, kernel);
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  std::puts("shared virtual memory: as announced");
}

volatile int g_called = 0;
void CL_CALLBACK Called(void*) { g_called = g_called + 1; }

void NativeKernels(const e2e::Session& session) {
  const auto announced =
      DeviceInfo<cl_device_exec_capabilities>(session.device, CL_DEVICE_EXECUTION_CAPABILITIES);
  Expect((announced & CL_EXEC_KERNEL) != 0, "kernels are announced");
  const bool native = (announced & CL_EXEC_NATIVE_KERNEL) != 0;
  int data = 0;
  const cl_int code = clEnqueueNativeKernel(session.queue, Called, &data, sizeof data, 0, nullptr,
                                            nullptr, 0, nullptr, nullptr);
  Ok(clFinish(session.queue));
  Expect(code == (native ? CL_SUCCESS : CL_INVALID_OPERATION), "a native kernel");
  Expect(g_called == (native ? 1 : 0), "was called, or was not");
  std::puts("native kernels: as announced");
}

void Pipes(const e2e::Session& session) {
  if (DeviceInfo<cl_bool>(session.device, CL_DEVICE_PIPE_SUPPORT) != CL_FALSE) return;
  cl_int code = CL_SUCCESS;
  cl_mem pipe = clCreatePipe(session.context, 0, 4, 4, nullptr, &code);
  Expect(pipe == nullptr && code == CL_INVALID_OPERATION, "a pipe");
  std::puts("pipes: none");
}

// The functions of an extension are there when it is announced, and only then.
void Extensions(const e2e::Session& session) {
  const std::string announced = DeviceText(session.device, CL_DEVICE_EXTENSIONS);
  const bool listed = announced.find("cl_khr_command_buffer") != std::string::npos;
  const void* address =
      clGetExtensionFunctionAddressForPlatform(e2e::FirstPlatform(), "clCreateCommandBufferKHR");
  Expect((address != nullptr) == listed, "clCreateCommandBufferKHR");
  std::puts("extensions: as announced");
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  SharedMemory(session);
  NativeKernels(session);
  Pipes(session);
  Extensions(session);
  return e2e::Finish();
}
