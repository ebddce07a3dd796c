// SPDX-License-Identifier: Apache-2.0
// What is advertised is there: each function of an advertised extension can be looked up, and a
// name that nobody knows cannot.
#include <sstream>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

std::string Extensions(cl_platform_id platform, cl_device_id device) {
  size_t bytes = 0;
  Ok(clGetPlatformInfo(platform, CL_PLATFORM_EXTENSIONS, 0, nullptr, &bytes));
  std::string text(bytes, '\0');
  Ok(clGetPlatformInfo(platform, CL_PLATFORM_EXTENSIONS, bytes, text.data(), nullptr));
  text.back() = ' ';
  Ok(clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, 0, nullptr, &bytes));
  std::string more(bytes, '\0');
  Ok(clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, bytes, more.data(), nullptr));
  more.pop_back();
  return text + more;
}

bool Has(const std::string& extensions, const std::string& name) {
  std::istringstream words(extensions);
  for (std::string word; words >> word;) {
    if (word == name) return true;
  }
  return false;
}

constexpr struct {
  const char* extension;
  const char* function;
} kFunctions[] = {{"cl_khr_command_buffer", "clCreateCommandBufferKHR"},
                  {"cl_khr_il_program", "clCreateProgramWithILKHR"},
                  {"cl_khr_subgroups", "clGetKernelSubGroupInfoKHR"},
                  {"cl_khr_gl_sharing", "clCreateFromGLBuffer"},
                  {"cl_khr_terminate_context", "clTerminateContextKHR"},
                  {"cl_pocl_content_size", "clSetContentSizeBufferPoCL"}};

}  // namespace

int main() {
  e2e::Begin();
  cl_platform_id platform = e2e::FirstPlatform();
  const std::string extensions = Extensions(platform, e2e::FirstDevice());
  for (const auto& [extension, function] : kFunctions) {
    const bool found = clGetExtensionFunctionAddressForPlatform(platform, function) != nullptr;
    Expect(found || !Has(extensions, extension), function);
  }
  void* none = clGetExtensionFunctionAddressForPlatform(platform, "clNobodyKnowsThis");
  Expect(none == nullptr, "an unknown name");
  Expect(clGetExtensionFunctionAddress("clNobodyKnowsThis") == nullptr, "the older way");
  std::puts("what is advertised is there");
  return e2e::Finish();
}
