// SPDX-License-Identifier: Apache-2.0
// Room for far more than there is: programs say "as much as you like", and get what there is.
#include <algorithm>
#include <iterator>
#include <memory>

#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;

constexpr cl_uint kMany = 0xffffffffU;
constexpr size_t kSizes[] = {size_t{1} << 20U, size_t{1} << 33U, size_t{1} << 40U,
                             (size_t{1} << 63U) + 5, ~size_t{0}};

template <typename Ask>
void Absurd(const char* function, const char* what, Ask ask) {
  const Sweep sweep(function);
  for (const size_t size : kSizes) {
    std::vector<unsigned char> room(1U << 20U, 0xa5);
    size_t bytes_ret = 7777;
    const cl_int code = ask(size, room.data(), &bytes_ret);
    const auto untouched =
        std::find_if(room.rbegin(), room.rend(), [](unsigned char byte) { return byte != 0xa5; });
    const std::string effects =
        std::string(" | ") + std::to_string(bytes_ret) + ", wrote past it: " +
        (std::distance(untouched, room.rend()) > static_cast<std::ptrdiff_t>(bytes_ret) ? "yes"
                                                                                        : "no");
    sweep.Line((std::string(what) + " " + std::to_string(size)).c_str(), code, effects.c_str());
  }
}

void Lists(cl_platform_id platform, cl_device_id device, cl_context context, cl_program program) {
  auto platforms = std::make_unique<cl_platform_id[]>(64);
  auto devices = std::make_unique<cl_device_id[]>(64);
  auto formats = std::make_unique<cl_image_format[]>(512);
  auto kernels = std::make_unique<cl_kernel[]>(64);
  cl_uint count = 77;
  const auto print = [&](const char* what, cl_int code) {
    std::printf("%s | %s | %u\n", what, e2e::CodeName(code).c_str(), count);
  };
  print("clGetPlatformIDs", clGetPlatformIDs(kMany, platforms.get(), &count));
  cl_platform_id* end = platforms.get() + 64;
  e2e::Expect(std::find(platforms.get(), end, platform) != end, "platform");
  print("clGetDeviceIDs",
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, kMany, devices.get(), &count));
  e2e::Expect(devices[0] == device, "device");
  print("clGetDeviceIDs, no count",
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, kMany, devices.get(), nullptr));
  print("clGetSupportedImageFormats",
        clGetSupportedImageFormats(context, CL_MEM_READ_ONLY, CL_MEM_OBJECT_IMAGE2D, kMany,
                                   formats.get(), &count));
  print("clCreateKernelsInProgram", clCreateKernelsInProgram(program, 64, kernels.get(), &count));
  for (cl_uint i = 0; i < count && kernels[i] != nullptr; ++i) Ok(clReleaseKernel(kernels[i]));
  const cl_device_partition_property equally[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
  cl_uint units = 0;
  Ok(clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, nullptr));
  auto parts = std::make_unique<cl_device_id[]>(units);
  const cl_int code = clCreateSubDevices(device, equally, kMany, parts.get(), &count);
  std::printf("clCreateSubDevices | %s\n", e2e::CodeName(code).c_str());
  for (cl_uint i = 0; code == CL_SUCCESS && i < count; ++i) Ok(clReleaseDevice(parts[i]));
}

void Values(const e2e::Session& session, cl_program program, cl_kernel kernel) {
  Absurd("clGetPlatformInfo", "name", [&](size_t size, void* value, size_t* ret) {
    return clGetPlatformInfo(e2e::FirstPlatform(), CL_PLATFORM_NAME, size, value, ret);
  });
  Absurd("clGetPlatformInfo", "extensions", [&](size_t size, void* value, size_t* ret) {
    const cl_int code =
        clGetPlatformInfo(e2e::FirstPlatform(), CL_PLATFORM_EXTENSIONS, size, value, ret);
    *ret = std::strlen(static_cast<char*>(value)) + 1 == *ret ? 1U << 19U : 0;  // its own affair
    return code;
  });
  Absurd("clGetDeviceInfo", "name", [&](size_t size, void* value, size_t* ret) {
    return clGetDeviceInfo(session.device, CL_DEVICE_NAME, size, value, ret);
  });
  Absurd("clGetDeviceInfo", "platform", [&](size_t size, void* value, size_t* ret) {
    return clGetDeviceInfo(session.device, CL_DEVICE_PLATFORM, size, value, ret);
  });
  Absurd("clGetContextInfo", "devices", [&](size_t size, void* value, size_t* ret) {
    return clGetContextInfo(session.context, CL_CONTEXT_DEVICES, size, value, ret);
  });
  Absurd("clGetContextInfo", "properties", [&](size_t size, void* value, size_t* ret) {
    return clGetContextInfo(session.context, CL_CONTEXT_PROPERTIES, size, value, ret);
  });
  Absurd("clGetCommandQueueInfo", "device", [&](size_t size, void* value, size_t* ret) {
    return clGetCommandQueueInfo(session.queue, CL_QUEUE_DEVICE, size, value, ret);
  });
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  Absurd("clGetMemObjectInfo", "size", [&](size_t size, void* value, size_t* ret) {
    return clGetMemObjectInfo(buffer, CL_MEM_SIZE, size, value, ret);
  });
  Absurd("clGetMemObjectInfo", "host pointer", [&](size_t size, void* value, size_t* ret) {
    return clGetMemObjectInfo(buffer, CL_MEM_HOST_PTR, size, value, ret);
  });
  Ok(clReleaseMemObject(buffer));
  Absurd("clGetProgramInfo", "source", [&](size_t size, void* value, size_t* ret) {
    return clGetProgramInfo(program, CL_PROGRAM_SOURCE, size, value, ret);
  });
  Absurd("clGetProgramInfo", "kernel names", [&](size_t size, void* value, size_t* ret) {
    return clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, size, value, ret);
  });
  Absurd("clGetProgramBuildInfo", "log", [&](size_t size, void* value, size_t* ret) {
    return clGetProgramBuildInfo(program, session.device, CL_PROGRAM_BUILD_LOG, size, value, ret);
  });
  Absurd("clGetKernelInfo", "name", [&](size_t size, void* value, size_t* ret) {
    return clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, size, value, ret);
  });
  Absurd("clGetKernelArgInfo", "name", [&](size_t size, void* value, size_t* ret) {
    return clGetKernelArgInfo(kernel, 0, CL_KERNEL_ARG_ADDRESS_QUALIFIER, size, value, ret);
  });
  Absurd("clGetKernelWorkGroupInfo", "size", [&](size_t size, void* value, size_t* ret) {
    return clGetKernelWorkGroupInfo(kernel, session.device, CL_KERNEL_WORK_GROUP_SIZE, size, value,
                                    ret);
  });
  cl_event event = e2e::MakeUserEvent(session.context);
  Absurd("clGetEventInfo", "status", [&](size_t size, void* value, size_t* ret) {
    return clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, size, value, ret);
  });
  Ok(clSetUserEventStatus(event, CL_COMPLETE));
  Ok(clReleaseEvent(event));
}

}  // namespace

int main() {
  e2e::Begin();
  {
    const e2e::Session session;
    cl_program program = e2e::BuildProgram(session.context, session.device,
                                           "kernel void a(global int* x) { *x = 1; }"
                                           "kernel void b(global int* x) { *x = 2; }");
    cl_kernel kernel = e2e::MakeKernel(program, "a");
    Lists(e2e::FirstPlatform(), session.device, session.context, program);
    Values(session, program, kernel);
    Ok(clReleaseKernel(kernel));
    Ok(clReleaseProgram(program));
  }
  return e2e::Finish();
}
