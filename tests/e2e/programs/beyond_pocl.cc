// SPDX-License-Identifier: Apache-2.0
// Pipes, programs from an intermediate language, queues on the device. PoCL 3.1 refuses them all,
// and so does a virtual device; on the stand-in of tests/standin they are there.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

void Say(const char* what, cl_int code) {
  std::printf("%s: %s\n", what, e2e::CodeName(code).c_str());
}

void Pipes(const e2e::Session& session) {
  const struct {
    const char* what;
    cl_mem_flags flags;
    cl_uint bytes, packets;
    cl_pipe_properties properties[3];
    bool listed;
  } cases[] = {{"a pipe", 0, 16, 64, {}, false},
               {"a pipe with no properties", CL_MEM_READ_WRITE, 4, 1, {0}, true},
               {"a pipe of nothing", 0, 0, 64, {}, false},
               {"a pipe of huge packets", 0, 1 << 20, 64, {}, false},
               {"a pipe with a property", 0, 16, 64, {77, 1, 0}, true},
               {"a pipe with wrong flags", cl_mem_flags{1} << 40, 16, 64, {}, false}};
  for (const auto& one : cases) {
    cl_int code = CL_SUCCESS;
    cl_mem pipe = clCreatePipe(session.context, one.flags, one.bytes, one.packets,
                               one.listed ? one.properties : nullptr, &code);
    Say(one.what, code);
    if (pipe == nullptr) continue;
    cl_uint bytes = 0;
    cl_uint packets = 0;
    size_t size = 99;
    Ok(clGetPipeInfo(pipe, CL_PIPE_PACKET_SIZE, sizeof bytes, &bytes, nullptr));
    Ok(clGetPipeInfo(pipe, CL_PIPE_MAX_PACKETS, sizeof packets, &packets, &size));
    std::printf("  %u packets of %u bytes, answered in %zu\n", packets, bytes, size);
    Say("  its properties", clGetPipeInfo(pipe, CL_PIPE_PROPERTIES, 0, nullptr, &size));
    std::printf("  of %zu bytes\n", size);
    Say("  too small a place", clGetPipeInfo(pipe, CL_PIPE_PACKET_SIZE, 2, &bytes, nullptr));
    Say("  no such information", clGetPipeInfo(pipe, 4, sizeof bytes, &bytes, nullptr));
    cl_mem_object_type type = 0;
    cl_context context = nullptr;
    Ok(clGetMemObjectInfo(pipe, CL_MEM_TYPE, sizeof type, &type, nullptr));
    Ok(clGetMemObjectInfo(pipe, CL_MEM_CONTEXT, sizeof context, &context, nullptr));
    std::printf("  type %#x, in %s context\n", type,
                context == session.context ? "our" : "another");
    Ok(clRetainMemObject(pipe));
    Ok(clReleaseMemObject(pipe));
    cl_program program = e2e::BuildProgram(session.context, session.device,
                                           "kernel void fill(global int *first) { *first = 7; }");
    cl_kernel kernel = e2e::MakeKernel(program, "fill");
    e2e::SetArg(kernel, 0, pipe);
    e2e::Launch(session.queue, kernel, 1);
    Ok(clFinish(session.queue));
    Ok(clReleaseKernel(kernel));
    Ok(clReleaseProgram(program));
    Ok(clReleaseMemObject(pipe));
  }
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  cl_uint bytes = 0;
  Say("a buffer is no pipe",
      clGetPipeInfo(buffer, CL_PIPE_PACKET_SIZE, sizeof bytes, &bytes, nullptr));
  Ok(clReleaseMemObject(buffer));
}

constexpr std::string_view kIl =
    "AVA-STANDIN-IL\nkernel void chosen(global int *out) { *out = CONSTANT_0 * 1000 + CONSTANT_3; "
    "}";

void IntermediateLanguage(const e2e::Session& session) {
  cl_int code = CL_SUCCESS;
  cl_program wrong = clCreateProgramWithIL(session.context, "nonsense", 8, &code);
  Say("nonsense as a program", code);
  if (wrong != nullptr) Ok(clReleaseProgram(wrong));
  cl_program program = clCreateProgramWithIL(session.context, kIl.data(), kIl.size(), &code);
  Say("a program", code);
  if (program == nullptr) return;
  const cl_uint values[] = {12, 34};
  Say("  a constant", clSetProgramSpecializationConstant(program, 0, 4, &values[0]));
  Say("  another", clSetProgramSpecializationConstant(program, 3, 4, &values[1]));
  Say("  none of that number", clSetProgramSpecializationConstant(program, 4, 4, &values[0]));
  Say("  of a wrong size", clSetProgramSpecializationConstant(program, 1, 2, &values[0]));
  size_t bytes = 0;
  Ok(clGetProgramInfo(program, CL_PROGRAM_IL, 0, nullptr, &bytes));
  std::string il(bytes, '\0');
  Ok(clGetProgramInfo(program, CL_PROGRAM_IL, il.size(), il.data(), nullptr));
  Expect(il == kIl, "the program comes back as it went");
  Ok(clBuildProgram(program, 1, &session.device, "", nullptr, nullptr));
  cl_kernel kernel = e2e::MakeKernel(program, "chosen");
  cl_mem out = e2e::MakeBuffer(session.context, 4);
  e2e::SetArg(kernel, 0, out);
  e2e::Launch(session.queue, kernel, 1);
  std::printf("  computes %d\n", e2e::ReadAll<cl_int>(session.queue, out, 1)[0]);
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseMemObject(out));
  Ok(clReleaseProgram(program));
}

void DeviceQueues(const e2e::Session& session) {
  const cl_queue_properties properties[] = {
      CL_QUEUE_PROPERTIES, CL_QUEUE_ON_DEVICE | CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE,
      CL_QUEUE_SIZE, 8192, 0};
  cl_int code = CL_SUCCESS;
  cl_command_queue queue =
      clCreateCommandQueueWithProperties(session.context, session.device, properties, &code);
  Say("a queue on the device", code);
  if (queue == nullptr) return;
  cl_uint bytes = 0;
  cl_command_queue_properties asked = 0;
  Say("  its size", clGetCommandQueueInfo(queue, CL_QUEUE_SIZE, sizeof bytes, &bytes, nullptr));
  Ok(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof asked, &asked, nullptr));
  std::printf("  %u bytes, properties %#llx\n", bytes, static_cast<unsigned long long>(asked));
  cl_command_queue chosen = session.queue;
  const auto ask = [&] {
    return clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE_DEFAULT, sizeof chosen, &chosen, nullptr);
  };
  Say("  the default", ask());
  std::printf("  %s\n", chosen == nullptr ? "is none" : chosen == queue ? "is this" : "is another");
  Say("  a new default", clSetDefaultDeviceCommandQueue(session.context, session.device, queue));
  Say("  the default", ask());
  std::printf("  %s\n", chosen == nullptr ? "is none" : chosen == queue ? "is this" : "is another");
  Say("  a queue on the host as default",
      clSetDefaultDeviceCommandQueue(session.context, session.device, session.queue));
  Ok(clReleaseCommandQueue(queue));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_bool pipes = CL_FALSE;
  Ok(clGetDeviceInfo(session.device, CL_DEVICE_PIPE_SUPPORT, sizeof pipes, &pipes, nullptr));
  std::printf("pipes: %s\n", pipes == CL_TRUE ? "yes" : "no");
  Pipes(session);
  IntermediateLanguage(session);
  DeviceQueues(session);
  return e2e::Finish();
}
