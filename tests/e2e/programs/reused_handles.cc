// SPDX-License-Identifier: Apache-2.0
// An object that is made right after another was released may well get the same handle. What held
// for the old one must not be believed of the new one: here a queue of another context, and a
// buffer that is too small.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::ExpectCode;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void set(global int* x, int value) { x[get_global_id(0)] = value; }
)";

cl_int LaunchCode(cl_command_queue queue, cl_kernel kernel) {
  const size_t items = 16;
  return clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &items, nullptr, 0, nullptr, nullptr);
}

// A launch was accepted often; then its queue goes, and one of another context takes its place.
void QueueOfAnotherContext() {
  const e2e::Session session;
  const e2e::Session other;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "set");
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  e2e::SetArg(kernel, 0, buffer);
  e2e::SetArg(kernel, 1, 1);
  cl_command_queue queue = e2e::MakeQueue(session.context, session.device);
  for (int i = 0; i < 3; ++i) ExpectCode(LaunchCode(queue, kernel), CL_SUCCESS, "launch");
  Ok(clFinish(queue));
  Ok(clReleaseCommandQueue(queue));
  queue = e2e::MakeQueue(other.context, other.device);
  ExpectCode(LaunchCode(queue, kernel), CL_INVALID_CONTEXT, "launch on another context's queue");
  Ok(clFinish(queue));
  Ok(clReleaseCommandQueue(queue));
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
}

void SmallerBuffer() {
  const e2e::Session session;
  cl_mem buffer = e2e::MakeBuffer(session.context, 4096);
  const std::vector<uint8_t> data = e2e::Pattern(4096, 1);
  for (int i = 0; i < 3; ++i) {
    Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_FALSE, 0, 4096, data.data(), 0, nullptr,
                            nullptr));
  }
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(buffer));
  buffer = e2e::MakeBuffer(session.context, 64);
  ExpectCode(clEnqueueWriteBuffer(session.queue, buffer, CL_FALSE, 0, 4096, data.data(), 0, nullptr,
                                  nullptr),
             CL_INVALID_VALUE, "write into a smaller buffer");
  size_t size = 0;
  Ok(clGetMemObjectInfo(buffer, CL_MEM_SIZE, sizeof size, &size, nullptr));
  std::printf("its size: %zu\n", size);
  Ok(clReleaseMemObject(buffer));
}

// Queries of one device after another, made and released, among them its parent.
void SubDevices() {
  cl_device_id device = e2e::FirstDevice();
  cl_uint units = 0;
  Ok(clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, nullptr));
  if (units < 2) return;
  for (cl_uint wanted : {1U, 2U, 1U}) {
    const cl_device_partition_property properties[] = {
        CL_DEVICE_PARTITION_BY_COUNTS, static_cast<cl_device_partition_property>(wanted),
        CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    cl_device_id part = nullptr;
    Ok(clCreateSubDevices(device, properties, 1, &part, nullptr));
    cl_uint seen = 0;
    Ok(clGetDeviceInfo(part, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof seen, &seen, nullptr));
    std::printf("sub-device with %u units: %u\n", wanted, seen);
    e2e::Expect(seen == wanted, "units of a sub-device");
    Ok(clReleaseDevice(part));
  }
}

}  // namespace

int main() {
  e2e::Begin();
  QueueOfAnotherContext();
  SmallerBuffer();
  SubDevices();
  return e2e::Finish();
}
