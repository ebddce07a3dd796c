// SPDX-License-Identifier: Apache-2.0
// Native kernels: functions of the program run by the device, where the device can; elsewhere the
// documented error. The output is the same for both.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Ok;

struct Arguments {
  int* memory;
  int value;
};

void CL_CALLBACK Fill(void* raw) {
  const auto* arguments = static_cast<const Arguments*>(raw);
  for (int i = 0; i < 16; ++i) arguments->memory[i] = arguments->value + i;
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_device_exec_capabilities capabilities = 0;
  Ok(clGetDeviceInfo(session.device, CL_DEVICE_EXECUTION_CAPABILITIES, sizeof capabilities,
                     &capabilities, nullptr));
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  Arguments arguments = {nullptr, 70};
  const void* location = &arguments.memory;
  const cl_int code = clEnqueueNativeKernel(session.queue, Fill, &arguments, sizeof arguments, 1,
                                            &buffer, &location, 0, nullptr, nullptr);
  if ((capabilities & CL_EXEC_NATIVE_KERNEL) == 0) {
    e2e::Expect(code == CL_INVALID_OPERATION, "no native kernels");
  } else {
    Ok(code);
    e2e::Expect(e2e::ReadAll<int>(session.queue, buffer, 16)[15] == 85, "a native kernel ran");
  }
  Ok(clReleaseMemObject(buffer));
  return e2e::Finish();
}
