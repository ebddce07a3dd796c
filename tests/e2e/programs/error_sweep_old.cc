// SPDX-License-Identifier: Apache-2.0
// Error sweep: functions that later versions of OpenCL or of its extensions replace.
#include <CL/cl_ext.h>

#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepScene;

constexpr cl_image_format kFormat = {CL_RGBA, CL_UNSIGNED_INT8};
constexpr size_t kSide = 16;

struct ImageCase {
  const char* what;
  cl_context context;
  cl_mem_flags flags = 0;
  const cl_image_format* format = &kFormat;
  size_t width = kSide;
  size_t row_pitch = 0;
  void* host = nullptr;
};

// make(case, code) is the call.
template <typename Make>
void Images(const Sweep& create, cl_context context, Make make) {
  uint8_t host[kSide * kSide * 8] = {};
  const cl_image_format bad_order = {0x7777, CL_UNSIGNED_INT8};
  const cl_image_format bad_pair = {CL_RGBA, CL_UNORM_SHORT_565};
  const ImageCase cases[] = {
      {.what = "NULL context", .context = nullptr},
      {.what = "bad flags", .context = context, .flags = CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY},
      {.what = "NULL format", .context = context, .format = nullptr},
      {.what = "unknown order", .context = context, .format = &bad_order},
      {.what = "order and type that do not fit", .context = context, .format = &bad_pair},
      {.what = "width 0", .context = context, .width = 0},
      {.what = "too wide", .context = context, .width = 1U << 20U},
      {.what = "use without a pointer", .context = context, .flags = CL_MEM_USE_HOST_PTR},
      {.what = "a pointer without use or copy", .context = context, .host = host},
      {.what = "a pitch below a row",
       .context = context,
       .flags = CL_MEM_COPY_HOST_PTR,
       .row_pitch = kSide * 4 - 1,
       .host = host},
      {.what = "right", .context = context, .flags = CL_MEM_COPY_HOST_PTR, .host = host},
  };
  for (const ImageCase& it : cases) {
    cl_mem image = create.Made(it.what, [&](cl_int* code) { return make(it, code); });
    if (image != nullptr) Ok(clReleaseMemObject(image));
  }
}

void Extensions(cl_device_id device) {
  const Sweep address("clGetExtensionFunctionAddress");
  const Sweep of_platform("clGetExtensionFunctionAddressForPlatform");
  const auto tell = [](const Sweep& sweep, const char* what, const void* found) {
    std::printf("%s | %s | %s\n", sweep.function(), what, found == nullptr ? "NULL" : "an address");
  };
  tell(address, "an unknown name", clGetExtensionFunctionAddress("clNobody"));
  tell(address, "NULL", clGetExtensionFunctionAddress(nullptr));
  cl_platform_id platform = e2e::FirstPlatform();
  tell(of_platform, "an unknown name",
       clGetExtensionFunctionAddressForPlatform(platform, "clNobody"));
  tell(of_platform, "NULL name", clGetExtensionFunctionAddressForPlatform(platform, nullptr));
  tell(of_platform, "NULL platform", clGetExtensionFunctionAddressForPlatform(nullptr, "clNobody"));
  cl_uint count = 0;
  // Left out: a device. PoCL 3.1 does not have the function.
  Sweep("clCreateSubDevicesEXT")("NULL device",
                                 clCreateSubDevicesEXT(nullptr, nullptr, 0, nullptr, &count));
  const Sweep retain("clRetainDeviceEXT");
  retain("NULL", clRetainDeviceEXT(nullptr));
  retain("a root device", clRetainDeviceEXT(device));
  const Sweep release("clReleaseDeviceEXT");
  release("NULL", clReleaseDeviceEXT(nullptr));
  release("a root device", clReleaseDeviceEXT(device));
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  Images(Sweep("clCreateImage2D"), scene.session.context, [](const ImageCase& it, cl_int* code) {
    return clCreateImage2D(it.context, it.flags, it.format, it.width, kSide, it.row_pitch, it.host,
                           code);
  });
  Images(Sweep("clCreateImage3D"), scene.session.context, [](const ImageCase& it, cl_int* code) {
    return clCreateImage3D(it.context, it.flags, it.format, it.width, kSide, 2, it.row_pitch, 0,
                           it.host, code);
  });
  Extensions(scene.session.device);
  Sweep("clEnqueueWaitForEvents")("NULL queue", clEnqueueWaitForEvents(nullptr, 1, &scene.done));
  // Left out: a queue. PoCL 3.1 ends the process ("unimplemented").
  return e2e::Finish();
}
