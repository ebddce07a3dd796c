// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/devices.h"

#include <CL/cl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/ava/launch.h"
#include "ava/base/system_error.h"
#include "ava/base/unique_fd.h"

namespace ava::cli {
namespace {

using Json = nlohmann::ordered_json;

// The few functions that a list needs, from whichever library the environment leads to.
struct OpenCl {
  decltype(&clGetPlatformIDs) get_platforms = nullptr;
  decltype(&clGetPlatformInfo) get_platform_info = nullptr;
  decltype(&clGetDeviceIDs) get_devices = nullptr;
  decltype(&clGetDeviceInfo) get_device_info = nullptr;

  bool Load() {
    void* library = dlopen("libOpenCL.so.1", RTLD_NOW);
    if (library == nullptr) return false;
    get_platforms = Symbol<decltype(get_platforms)>(library, "clGetPlatformIDs");
    get_platform_info = Symbol<decltype(get_platform_info)>(library, "clGetPlatformInfo");
    get_devices = Symbol<decltype(get_devices)>(library, "clGetDeviceIDs");
    get_device_info = Symbol<decltype(get_device_info)>(library, "clGetDeviceInfo");
    return get_platforms != nullptr && get_platform_info != nullptr && get_devices != nullptr &&
           get_device_info != nullptr;
  }

 private:
  template <class Function>
  static Function Symbol(void* library, const char* name) {
    return reinterpret_cast<Function>(dlsym(library, name));
  }
};

template <class Get, class Object, class Name>
std::string Text(Get get, Object object, Name name) {
  std::size_t bytes = 0;
  if (get(object, name, 0, nullptr, &bytes) != CL_SUCCESS || bytes == 0) return "";
  std::string text(bytes, '\0');
  if (get(object, name, bytes, text.data(), nullptr) != CL_SUCCESS) return "";
  text.resize(text.find('\0') == std::string::npos ? bytes : text.find('\0'));
  return text;
}

template <class T>
std::uint64_t Number(const OpenCl& cl, cl_device_id device, cl_device_info name) {
  T value{};
  if (cl.get_device_info(device, name, sizeof value, &value, nullptr) != CL_SUCCESS) return 0;
  return value;
}

const char* TypeOf(cl_device_type type) {
  if ((type & CL_DEVICE_TYPE_GPU) != 0) return "gpu";
  if ((type & CL_DEVICE_TYPE_CPU) != 0) return "cpu";
  if ((type & CL_DEVICE_TYPE_ACCELERATOR) != 0) return "accelerator";
  return "other";
}

Json DescribeDevice(const OpenCl& cl, cl_platform_id platform, cl_device_id device) {
  return {{"api", "opencl"},
          {"platform", Text(cl.get_platform_info, platform, CL_PLATFORM_NAME)},
          {"device", Text(cl.get_device_info, device, CL_DEVICE_NAME)},
          {"type", TypeOf(Number<cl_device_type>(cl, device, CL_DEVICE_TYPE))},
          {"version", Text(cl.get_device_info, device, CL_DEVICE_VERSION)},
          {"driver", Text(cl.get_device_info, device, CL_DRIVER_VERSION)},
          {"compute_units", Number<cl_uint>(cl, device, CL_DEVICE_MAX_COMPUTE_UNITS)},
          {"clock_mhz", Number<cl_uint>(cl, device, CL_DEVICE_MAX_CLOCK_FREQUENCY)},
          {"memory_bytes", Number<cl_ulong>(cl, device, CL_DEVICE_GLOBAL_MEM_SIZE)}};
}

Json ListDevices(const OpenCl& cl) {
  Json devices = Json::array();
  cl_uint count = 0;
  if (cl.get_platforms(0, nullptr, &count) != CL_SUCCESS) return devices;
  std::vector<cl_platform_id> platforms(count);
  if (cl.get_platforms(count, platforms.data(), nullptr) != CL_SUCCESS) return devices;
  for (cl_platform_id platform : platforms) {
    cl_uint in_platform = 0;
    cl.get_devices(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &in_platform);
    std::vector<cl_device_id> ids(in_platform);
    if (in_platform == 0 || cl.get_devices(platform, CL_DEVICE_TYPE_ALL, in_platform, ids.data(),
                                           nullptr) != CL_SUCCESS) {
      continue;
    }
    for (cl_device_id id : ids) devices.push_back(DescribeDevice(cl, platform, id));
  }
  return devices;
}

// Our own program, as an unmodified guest; its standard output.
Result<std::string> RunSelf(const Context& context) {
  const auto launch = AVA_TRY(PrepareLaunch(context, {.via = Via::kLibrary}));
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) return FailSystem("pipe", "devices");
  const UniqueFd read_end(pipe[0]);
  UniqueFd write_end(pipe[1]);
  const pid_t child = fork();
  if (child < 0) return FailSystem("fork", "devices");
  if (child == 0) {
    dup2(write_end.get(), STDOUT_FILENO);
    _exit(Execute("/proc/self/exe", {"ava", "list-opencl"}));
  }
  write_end.Reset();
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t bytes = 0; (bytes = read(read_end.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) return Fail(ErrorCode::kUnavailable, "the guest library cannot be used");
  return text;
}

}  // namespace

int ListOpenCl() {
  OpenCl cl;
  if (!cl.Load()) {
    std::fprintf(stderr, "ava devices: libOpenCL.so.1 cannot be used: %s\n", dlerror());
    return kExitFailed;
  }
  std::puts(ListDevices(cl).dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  return 0;
}

int Devices(const Context& context, bool json) {
  const auto text = RunSelf(context);
  if (!text.has_value()) return Complain("devices", text.error());
  if (json) {
    std::fputs(text->c_str(), stdout);
    return 0;
  }
  const Json devices = Json::parse(*text, nullptr, false);
  if (!devices.is_array() || devices.empty()) {
    return Complain("devices", "no virtual device: 'ava doctor' says what is missing");
  }
  for (const Json& device : devices) {
    std::printf(
        "%s: %s (%s, %s)\n    %lu compute units at %lu MHz, %.1f GiB; %s, driver %s\n",
        device["api"].get<std::string>().c_str(), device["device"].get<std::string>().c_str(),
        device["type"].get<std::string>().c_str(), device["platform"].get<std::string>().c_str(),
        device["compute_units"].get<std::uint64_t>(), device["clock_mhz"].get<std::uint64_t>(),
        static_cast<double>(device["memory_bytes"].get<std::uint64_t>()) / (1U << 30U),
        device["version"].get<std::string>().c_str(), device["driver"].get<std::string>().c_str());
  }
  return 0;
}

}  // namespace ava::cli
