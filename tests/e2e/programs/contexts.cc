// SPDX-License-Identifier: Apache-2.0
// Contexts: by device, by type, with properties and a notify function, and what they report.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

void CL_CALLBACK Notify(const char*, const void*, size_t, void*) {}

cl_uint References(cl_context context) {
  cl_uint count = 0;
  Ok(clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof count, &count, nullptr));
  return count;
}

void PrintContext(const char* label, cl_context context) {
  cl_uint count = 0;
  Ok(clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof count, &count, nullptr));
  size_t device_bytes = 0;
  Ok(clGetContextInfo(context, CL_CONTEXT_DEVICES, 0, nullptr, &device_bytes));
  std::vector<cl_device_id> devices(device_bytes / sizeof(cl_device_id));
  Ok(clGetContextInfo(context, CL_CONTEXT_DEVICES, device_bytes, devices.data(), nullptr));
  Expect(devices.size() == count, "as many devices as reported");
  Expect(devices[0] == e2e::FirstDevice(), "the devices are those the program knows");
  size_t property_bytes = 0;
  Ok(clGetContextInfo(context, CL_CONTEXT_PROPERTIES, 0, nullptr, &property_bytes));
  std::vector<cl_context_properties> properties(property_bytes / sizeof(cl_context_properties));
  // PoCL writes the size through the last pointer unchecked when a context has no properties.
  Ok(clGetContextInfo(context, CL_CONTEXT_PROPERTIES, property_bytes, properties.data(),
                      &property_bytes));
  std::printf("%s: %u devices, %zu properties, %u references\n", label, count, properties.size(),
              References(context));
  if (properties.size() == 3) {
    Expect(properties[0] == CL_CONTEXT_PLATFORM, "the property's name");
    Expect(properties[1] == reinterpret_cast<cl_context_properties>(e2e::FirstPlatform()),
           "the platform is the program's handle");
    Expect(properties[2] == 0, "the list ends with 0");
  }
}

void Created(const char* label, cl_context context, cl_int code) {
  Ok(code);
  PrintContext(label, context);
  Ok(clReleaseContext(context));
}

}  // namespace

int main() {
  e2e::Begin();
  cl_device_id device = e2e::FirstDevice();
  const cl_context_properties properties[] = {
      CL_CONTEXT_PLATFORM, reinterpret_cast<cl_context_properties>(e2e::FirstPlatform()), 0};
  cl_int code = CL_SUCCESS;
  int user_data = 0;

  cl_context context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &code);
  Created("by device", context, code);
  context = clCreateContext(properties, 1, &device, Notify, &user_data, &code);
  Created("with platform and notify function", context, code);
  context = clCreateContextFromType(properties, CL_DEVICE_TYPE_ALL, nullptr, nullptr, &code);
  Created("all devices", context, code);
  context = clCreateContextFromType(properties, CL_DEVICE_TYPE_CPU, Notify, nullptr, &code);
  Created("CPU devices", context, code);
  context = clCreateContextFromType(properties, CL_DEVICE_TYPE_DEFAULT, nullptr, nullptr, nullptr);
  Created("default device, no code wanted", context, CL_SUCCESS);
  context = clCreateContextFromType(properties, CL_DEVICE_TYPE_GPU, nullptr, nullptr, &code);
  // PoCL 3.1 reports the error and returns a context all the same; which it is says nothing.
  std::printf("GPU devices: %s\n", e2e::CodeName(code).c_str());

  const cl_device_id twice[] = {device, device};
  context = clCreateContext(nullptr, 2, twice, nullptr, nullptr, &code);
  std::printf("the same device twice: %s\n", e2e::CodeName(code).c_str());
  if (context != nullptr) Created("the same device twice", context, code);

  context = e2e::MakeContext(device);
  for (int i = 0; i < 3; ++i) Ok(clRetainContext(context));
  std::printf("after three retains: %u references\n", References(context));
  for (int i = 0; i < 3; ++i) Ok(clReleaseContext(context));
  std::printf("after three releases: %u references\n", References(context));
  Ok(clReleaseContext(context));

  for (int i = 0; i < 50; ++i) Ok(clReleaseContext(e2e::MakeContext(device)));
  std::puts("50 contexts one after another");
  return e2e::Finish();
}
