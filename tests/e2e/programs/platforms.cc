// SPDX-License-Identifier: Apache-2.0
// Platforms and devices, and every way of asking about them that a program depends on. What an
// implementation may honestly lack (images, shared virtual memory, extensions) is left to clinfo.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

struct StringQuery {
  const char* label;
  cl_uint name;
};

std::string PlatformString(cl_platform_id platform, cl_platform_info name) {
  size_t bytes = 0;
  Ok(clGetPlatformInfo(platform, name, 0, nullptr, &bytes));
  std::string text(bytes, '?');
  Ok(clGetPlatformInfo(platform, name, bytes, text.data(), nullptr));
  Expect(!text.empty() && text.back() == '\0', "a string ends with a NUL that its size counts");
  text.pop_back();
  return text;
}

std::string DeviceString(cl_device_id device, cl_device_info name) {
  size_t bytes = 0;
  Ok(clGetDeviceInfo(device, name, 0, nullptr, &bytes));
  std::string text(bytes, '?');
  size_t again = 0;
  Ok(clGetDeviceInfo(device, name, bytes, text.data(), &again));
  Expect(again == bytes, "the size is the same with and without a value");
  Expect(!text.empty() && text.back() == '\0', "a string ends with a NUL that its size counts");
  text.pop_back();
  return text;
}

void Platforms() {
  cl_uint count = 0;
  Ok(clGetPlatformIDs(0, nullptr, &count));
  std::vector<cl_platform_id> platforms(count + 2, nullptr);
  cl_uint again = 0;
  Ok(clGetPlatformIDs(count + 2, platforms.data(), &again));
  Expect(again == count, "the number of platforms does not depend on the room for them");
  Expect(platforms[count] == nullptr, "nothing is written past the platforms");
  const StringQuery queries[] = {
      {"profile", CL_PLATFORM_PROFILE}, {"name", CL_PLATFORM_NAME}, {"vendor", CL_PLATFORM_VENDOR}};
  std::printf("platforms: %u\n", count);
  for (const auto& [label, name] : queries) {
    std::printf("platform %s: %s\n", label, PlatformString(platforms[0], name).c_str());
  }
  Expect(PlatformString(platforms[0], CL_PLATFORM_VERSION).starts_with("OpenCL 3.0 "), "version");
  cl_version version = 0;
  Ok(clGetPlatformInfo(platforms[0], CL_PLATFORM_NUMERIC_VERSION, sizeof version, &version,
                       nullptr));
  std::printf("platform version: %u.%u.%u\n", CL_VERSION_MAJOR(version), CL_VERSION_MINOR(version),
              CL_VERSION_PATCH(version));
}

void DeviceTypes(cl_platform_id platform) {
  const struct {
    const char* label;
    cl_device_type type;
  } types[] = {{"default", CL_DEVICE_TYPE_DEFAULT},
               {"cpu", CL_DEVICE_TYPE_CPU},
               {"gpu", CL_DEVICE_TYPE_GPU},
               {"accelerator", CL_DEVICE_TYPE_ACCELERATOR},
               {"custom", CL_DEVICE_TYPE_CUSTOM},
               {"all", CL_DEVICE_TYPE_ALL},
               {"cpu|gpu", CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU}};
  for (const auto& [label, type] : types) {
    cl_uint count = 77;
    const cl_int code = clGetDeviceIDs(platform, type, 0, nullptr, &count);
    std::printf("devices of type %s: %s, count %u\n", label, e2e::CodeName(code).c_str(), count);
  }
}

template <typename T>
void PrintNumber(cl_device_id device, const char* label, cl_device_info name) {
  T value{};
  size_t bytes = 0;
  Ok(clGetDeviceInfo(device, name, sizeof value, &value, &bytes));
  Expect(bytes == sizeof value, "the size of a number");
  std::printf("device %s: %llu (%zu bytes)\n", label, static_cast<unsigned long long>(value),
              bytes);
}

void DeviceNumbers(cl_device_id device) {
  const StringQuery words[] = {
      {"vendor id", CL_DEVICE_VENDOR_ID},
      {"compute units", CL_DEVICE_MAX_COMPUTE_UNITS},
      {"dimensions", CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS},
      {"char width", CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR},
      {"int width", CL_DEVICE_NATIVE_VECTOR_WIDTH_INT},
      {"double width", CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE},
      {"address bits", CL_DEVICE_ADDRESS_BITS},
      {"base address align", CL_DEVICE_MEM_BASE_ADDR_ALIGN},
      {"cache type", CL_DEVICE_GLOBAL_MEM_CACHE_TYPE},
      {"cache line", CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE},
      {"constant args", CL_DEVICE_MAX_CONSTANT_ARGS},
      {"local memory type", CL_DEVICE_LOCAL_MEM_TYPE},
      {"error correction", CL_DEVICE_ERROR_CORRECTION_SUPPORT},
      {"little endian", CL_DEVICE_ENDIAN_LITTLE},
      {"available", CL_DEVICE_AVAILABLE},
      {"compiler", CL_DEVICE_COMPILER_AVAILABLE},
      {"linker", CL_DEVICE_LINKER_AVAILABLE},
      {"reference count", CL_DEVICE_REFERENCE_COUNT},
  };
  const StringQuery longs[] = {
      {"type", CL_DEVICE_TYPE},
      {"largest allocation", CL_DEVICE_MAX_MEM_ALLOC_SIZE},
      {"global memory", CL_DEVICE_GLOBAL_MEM_SIZE},
      {"constant buffer", CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE},
      {"local memory", CL_DEVICE_LOCAL_MEM_SIZE},
      {"single precision", CL_DEVICE_SINGLE_FP_CONFIG},
      {"double precision", CL_DEVICE_DOUBLE_FP_CONFIG},
      {"queue properties", CL_DEVICE_QUEUE_ON_HOST_PROPERTIES},
  };
  const StringQuery sizes[] = {
      {"work group size", CL_DEVICE_MAX_WORK_GROUP_SIZE},
      {"parameter size", CL_DEVICE_MAX_PARAMETER_SIZE},
      {"timer resolution", CL_DEVICE_PROFILING_TIMER_RESOLUTION},
      {"printf buffer", CL_DEVICE_PRINTF_BUFFER_SIZE},
      {"group multiple", CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE},
  };
  for (const auto& [label, name] : words) PrintNumber<cl_uint>(device, label, name);
  for (const auto& [label, name] : longs) PrintNumber<cl_ulong>(device, label, name);
  for (const auto& [label, name] : sizes) PrintNumber<size_t>(device, label, name);
}

void DeviceRelations(cl_platform_id platform, cl_device_id device) {
  cl_platform_id owner = nullptr;
  Ok(clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof owner, &owner, nullptr));
  Expect(owner == platform, "a device knows its platform");
  cl_device_id parent = device;
  Ok(clGetDeviceInfo(device, CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent, nullptr));
  Expect(parent == nullptr, "a root device has no parent");
  size_t sizes[3] = {};
  size_t bytes = 0;
  Ok(clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sizes, sizes, &bytes));
  std::printf("work item sizes: %zu %zu %zu (%zu bytes)\n", sizes[0], sizes[1], sizes[2], bytes);
  cl_device_id twice[2] = {};
  for (cl_device_id& id : twice) Ok(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &id, nullptr));
  Expect(twice[0] == twice[1] && twice[0] == device, "a device keeps its handle");
  Ok(clRetainDevice(device));
  Ok(clReleaseDevice(device));
  Ok(clReleaseDevice(device));
  PrintNumber<cl_uint>(device, "references after more releases than retains",
                       CL_DEVICE_REFERENCE_COUNT);
}

}  // namespace

int main() {
  e2e::Begin();
  Platforms();
  cl_platform_id platform = e2e::FirstPlatform();
  cl_device_id device = e2e::FirstDevice();
  DeviceTypes(platform);
  const StringQuery strings[] = {{"name", CL_DEVICE_NAME},
                                 {"vendor", CL_DEVICE_VENDOR},
                                 {"profile", CL_DEVICE_PROFILE},
                                 {"OpenCL C", CL_DEVICE_OPENCL_C_VERSION}};
  for (const auto& [label, name] : strings) {
    std::printf("device %s: %s\n", label, DeviceString(device, name).c_str());
  }
  DeviceNumbers(device);
  DeviceRelations(platform, device);
  return e2e::Finish();
}
