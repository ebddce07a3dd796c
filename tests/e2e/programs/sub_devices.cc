// SPDX-License-Identifier: Apache-2.0
// Sub-devices, where the device can be divided: their relations, counts, and a kernel on one. On a
// device that cannot be divided the documented error is right. The output is the same for both.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

cl_uint References(cl_device_id device) {
  cl_uint count = 0;
  Ok(clGetDeviceInfo(device, CL_DEVICE_REFERENCE_COUNT, sizeof count, &count, nullptr));
  return count;
}

void Use(cl_device_id device) {
  cl_context context = e2e::MakeContext(device);
  cl_command_queue queue = e2e::MakeQueue(context, device);
  cl_program program = e2e::BuildProgram(
      context, device, "kernel void put(global int* x) { x[get_global_id(0)] = 4; }");
  cl_kernel kernel = e2e::MakeKernel(program, "put");
  cl_mem buffer = e2e::MakeBuffer(context, 256);
  e2e::SetArg(kernel, 0, buffer);
  e2e::Launch(queue, kernel, 64);
  Expect(e2e::ReadAll<int>(queue, buffer, 64)[63] == 4, "a kernel on a part");
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  Ok(clReleaseCommandQueue(queue));
  Ok(clReleaseContext(context));
}

void Divide(cl_device_id device, cl_uint count) {
  const cl_device_partition_property equally[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
  std::vector<cl_device_id> parts(count);
  cl_uint made = 0;
  Ok(clCreateSubDevices(device, equally, count, parts.data(), &made));
  Expect(made == count, "as many parts as there is room for");
  for (cl_device_id part : parts) {
    cl_device_id parent = nullptr;
    cl_uint units = 0;
    Ok(clGetDeviceInfo(part, CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent, nullptr));
    Ok(clGetDeviceInfo(part, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, nullptr));
    Expect(parent == device, "a part knows its parent");
    Expect(units == 1 && References(part) == 1, "a part is what was asked for");
    Ok(clRetainDevice(part));
    Expect(References(part) == 2, "a part is counted");
    Ok(clReleaseDevice(part));
  }
  Use(parts[0]);
  for (cl_device_id part : parts) Ok(clReleaseDevice(part));
}

}  // namespace

int main() {
  e2e::Begin();
  cl_device_id device = e2e::FirstDevice();
  const cl_device_partition_property equally[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
  cl_uint count = 0;
  const cl_int code = clCreateSubDevices(device, equally, 0, nullptr, &count);
  cl_uint most = 0;
  Ok(clGetDeviceInfo(device, CL_DEVICE_PARTITION_MAX_SUB_DEVICES, sizeof most, &most, nullptr));
  if (code == CL_SUCCESS) {
    Divide(device, count);
  } else {
    Expect(code == CL_INVALID_VALUE || code == CL_DEVICE_PARTITION_FAILED, "the documented error");
    Expect(most == 0 || most == 1, "a device that cannot be divided says so");
  }
  return e2e::Finish();
}
