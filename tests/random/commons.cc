// SPDX-License-Identifier: Apache-2.0
#include "tests/random/commons.h"

namespace random_test {

namespace {

constexpr const char* kSource =
    "kernel void put(global int* x, int first, int n) {\n"
    "  x[first + get_global_id(0)] = n + (int)get_global_id(0);\n"
    "}\n";

}  // namespace

Commons::Commons() {
  cl_platform_id platform = nullptr;
  cl_device_id device = nullptr;
  cl_int code = CL_SUCCESS;
  clGetPlatformIDs(1, &platform, nullptr);
  clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr);
  context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &code);
  const cl_queue_properties properties[] = {CL_QUEUE_PROPERTIES,
                                            CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 0};
  queues[0] = clCreateCommandQueueWithProperties(context, device, nullptr, &code);
  queues[1] = clCreateCommandQueueWithProperties(context, device, properties, &code);
  std::vector<unsigned char> contents(kThreadsMax * kRegionBytes, 7);
  buffer = clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, contents.size(), contents.data(), &code);
  const char* source = kSource;
  program = clCreateProgramWithSource(context, 1, &source, nullptr, &code);
  clBuildProgram(program, 0, nullptr, "", nullptr, nullptr);
  kernel = clCreateKernel(program, "put", &code);
}

Commons::~Commons() {
  OpenGates();
  for (cl_command_queue queue : queues) clFinish(queue);
  for (cl_event event : events_) clReleaseEvent(event);
  for (cl_event gate : gates_) clReleaseEvent(gate);
  clReleaseKernel(kernel);
  clReleaseProgram(program);
  clReleaseMemObject(buffer);
  for (cl_command_queue queue : queues) clReleaseCommandQueue(queue);
  clReleaseContext(context);
}

void Commons::Publish(cl_event event) {
  clRetainEvent(event);
  const std::lock_guard lock(mutex_);
  events_.push_back(event);
}

cl_event Commons::Take(unsigned number) {
  const std::lock_guard lock(mutex_);
  if (events_.empty()) return nullptr;
  cl_event event = events_[number % events_.size()];
  clRetainEvent(event);
  return event;
}

cl_event Commons::MakeGate(cl_int* code) {
  cl_event gate = clCreateUserEvent(context, code);
  const std::lock_guard lock(mutex_);
  gates_.push_back(gate);
  return gate;
}

cl_int Commons::OpenGates() {
  const std::lock_guard lock(mutex_);
  cl_int worst = CL_SUCCESS;
  for (; set_ < gates_.size(); ++set_) {
    const cl_int code = clSetUserEventStatus(gates_[set_], CL_COMPLETE);
    if (code != CL_SUCCESS) worst = code;
  }
  return worst;
}

}  // namespace random_test
