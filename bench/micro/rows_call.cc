// SPDX-License-Identifier: Apache-2.0
#include "bench/micro/device.h"
#include "bench/micro/rows.h"

namespace bench {
namespace {

constexpr size_t kBatch = 1000;

Samples SetKernelArg(double effort) {
  const Device device;
  const EmptyKernel kernel(device);
  cl_int number = 0;
  return TimeBatches(Repetitions(500, effort), kBatch, [&] { kernel.SetNumber(++number); });
}

Samples GetDeviceInfo(double effort) {
  const Device device;
  return TimeBatches(Repetitions(500, effort), kBatch, [&] {
    cl_uint units = 0;
    Ok(clGetDeviceInfo(device.id(), CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, nullptr));
  });
}

Samples GetContextInfo(double effort) {
  const Device device;
  return TimeBatches(Repetitions(500, effort), kBatch, [&] {
    cl_uint devices = 0;
    Ok(clGetContextInfo(device.context(), CL_CONTEXT_NUM_DEVICES, sizeof devices, &devices,
                        nullptr));
  });
}

Samples CreateBuffer(double effort) {
  const Device device;
  return TimeBatches(Repetitions(300, effort), kBatch,
                     [&] { Ok(clReleaseMemObject(device.MakeBuffer(4096))); });
}

Samples CreateKernel(double effort) {
  const Device device;
  const EmptyKernel kernel(device);
  return TimeBatches(Repetitions(300, effort), kBatch, [&] {
    cl_int code = CL_SUCCESS;
    cl_kernel created = clCreateKernel(kernel.program(), "empty", &code);
    Ok(code);
    Ok(clReleaseKernel(created));
  });
}

constexpr Row kRows[] = {
    {"set_kernel_arg", "ns", SetKernelArg},        {"get_device_info", "ns", GetDeviceInfo},
    {"get_context_info", "ns", GetContextInfo},    {"create_release_buffer", "ns", CreateBuffer},
    {"create_release_kernel", "ns", CreateKernel},
};

}  // namespace

std::span<const Row> CallRows() { return kRows; }

}  // namespace bench
