// SPDX-License-Identifier: Apache-2.0
// What a kernel says of itself: name, arguments and their kinds, attributes, work-group limits.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
typedef struct { int a; } Pair;
kernel void first(global const float* restrict in, global volatile int* out, local short* room,
                  constant uint4* table, const int number, Pair pair) {
  room[0] = (short)number; out[0] = room[0] + (int)in[0] + (int)table[0].x + pair.a;
}
kernel __attribute__((reqd_work_group_size(8, 2, 1))) void shaped(global int* out) {
  out[get_global_id(0)] = 1;
}
kernel void nothing() {}
)";

std::string KernelString(cl_kernel kernel, cl_kernel_info name) {
  size_t bytes = 0;
  Ok(clGetKernelInfo(kernel, name, 0, nullptr, &bytes));
  std::string text(bytes, '\0');
  Ok(clGetKernelInfo(kernel, name, bytes, text.data(), nullptr));
  text.resize(std::strlen(text.c_str()));
  return text;
}

void PrintKernel(cl_kernel kernel, cl_program program, cl_context context) {
  cl_uint args = 77;
  cl_uint references = 77;
  cl_program its_program = nullptr;
  cl_context its_context = nullptr;
  Ok(clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof args, &args, nullptr));
  Ok(clGetKernelInfo(kernel, CL_KERNEL_REFERENCE_COUNT, sizeof references, &references, nullptr));
  Ok(clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof its_program, &its_program, nullptr));
  Ok(clGetKernelInfo(kernel, CL_KERNEL_CONTEXT, sizeof its_context, &its_context, nullptr));
  Expect(its_program == program && its_context == context, "a kernel knows where it is from");
  std::printf("kernel %s: %u arguments, %u references, attributes '%s'\n",
              KernelString(kernel, CL_KERNEL_FUNCTION_NAME).c_str(), args, references,
              KernelString(kernel, CL_KERNEL_ATTRIBUTES).c_str());
}

void PrintArg(cl_kernel kernel, cl_uint index) {
  cl_kernel_arg_address_qualifier address = 0;
  cl_kernel_arg_access_qualifier access = 0;
  cl_kernel_arg_type_qualifier qualifier = 0;
  char type[64] = {};
  char name[64] = {};
  size_t type_bytes = 0;
  Ok(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof address, &address,
                        nullptr));
  Ok(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ACCESS_QUALIFIER, sizeof access, &access,
                        nullptr));
  Ok(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_QUALIFIER, sizeof qualifier, &qualifier,
                        nullptr));
  Ok(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_NAME, sizeof type, type, &type_bytes));
  Ok(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_NAME, sizeof name, name, nullptr));
  Expect(type_bytes == std::strlen(type) + 1, "the size counts the NUL");
  std::printf("  %u %s %s: address %x access %x qualifier %llx\n", index, type, name, address,
              access, static_cast<unsigned long long>(qualifier));
}

void PrintGroup(cl_kernel kernel, cl_device_id device) {
  size_t size = 0;
  size_t compiled[3] = {77, 77, 77};
  cl_ulong local = 77;
  size_t multiple = 0;
  Ok(clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof size, &size,
                              nullptr));
  Ok(clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof compiled,
                              compiled, nullptr));
  Ok(clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof local, &local,
                              nullptr));
  Ok(clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE,
                              sizeof multiple, &multiple, nullptr));
  size_t without_device = 0;
  Ok(clGetKernelWorkGroupInfo(kernel, nullptr, CL_KERNEL_WORK_GROUP_SIZE, sizeof without_device,
                              &without_device, nullptr));
  Expect(size == without_device, "one device may be left out");
  std::printf("  group size %zu, compiled for %zu %zu %zu, local memory %llu, multiple %zu\n", size,
              compiled[0], compiled[1], compiled[2], static_cast<unsigned long long>(local),
              multiple);
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program =
      e2e::BuildProgram(session.context, session.device, kSource, "-cl-kernel-arg-info");
  const struct {
    const char* name;
    cl_uint args;
  } kernels[] = {{"first", 6}, {"shaped", 1}, {"nothing", 0}};
  for (const auto& [name, args] : kernels) {
    cl_kernel kernel = e2e::MakeKernel(program, name);
    PrintKernel(kernel, program, session.context);
    for (cl_uint i = 0; i < args; ++i) PrintArg(kernel, i);
    PrintGroup(kernel, session.device);
    Ok(clRetainKernel(kernel));
    Ok(clReleaseKernel(kernel));
    Ok(clReleaseKernel(kernel));
  }
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
