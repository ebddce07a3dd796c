// SPDX-License-Identifier: Apache-2.0
// A program of 10,000 kernels: built, named, created one by one and all at once, a few of them run.
#include <string>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr cl_uint kKernels = 10000;

std::string Source() {
  std::string source;
  for (cl_uint i = 0; i < kKernels; ++i) {
    source += "kernel void k" + std::to_string(i) +
              "(global uint* to) { *to = " + std::to_string(i) + "; }\n";
  }
  return source;
}

std::string Name(cl_kernel kernel) {
  char name[64] = {};
  Ok(clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, nullptr));
  return name;
}

void Run(const e2e::Session& session, cl_kernel kernel, cl_mem buffer) {
  e2e::SetArg(kernel, 0, buffer);
  e2e::Launch(session.queue, kernel, 1);
  std::printf("%s wrote %u\n", Name(kernel).c_str(),
              e2e::ReadAll<cl_uint>(session.queue, buffer, 1)[0]);
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  const std::string source = Source();
  cl_program program = e2e::BuildProgram(session.context, session.device, source.c_str());
  size_t kernels = 0;
  Ok(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof kernels, &kernels, nullptr));
  size_t bytes = 0;
  Ok(clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, 0, nullptr, &bytes));
  std::string names(bytes, '\0');
  Ok(clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, bytes, names.data(), nullptr));
  std::printf("%zu kernels\n", kernels);
  e2e::PrintChecksum("names", names.data(), names.size());

  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof(cl_uint));
  for (cl_uint i = 0; i < kKernels; i += 1) {
    cl_kernel kernel = e2e::MakeKernel(program, ("k" + std::to_string(i)).c_str());
    if (i % 2500 == 17) Run(session, kernel, buffer);
    Ok(clReleaseKernel(kernel));
  }

  cl_uint count = 0;
  Ok(clCreateKernelsInProgram(program, 0, nullptr, &count));
  Expect(count == kKernels, "as many kernels as the program has");
  std::vector<cl_kernel> all(count);
  Ok(clCreateKernelsInProgram(program, count, all.data(), nullptr));
  size_t named = 0;
  for (cl_kernel kernel : all) named += Name(kernel).starts_with('k') ? 1U : 0U;
  std::printf("%zu of them have a name\n", named);
  Run(session, all.back(), buffer);
  for (cl_kernel kernel : all) Ok(clReleaseKernel(kernel));
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
