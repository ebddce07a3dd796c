// SPDX-License-Identifier: Apache-2.0
// Programs from source and binary, with options and without, what they report, and what becomes
// of a build that fails.
#include <algorithm>
#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
#ifndef FACTOR
#define FACTOR 3
#endif
kernel void scale(global int* out) { out[get_global_id(0)] = (int)get_global_id(0) * FACTOR; }
kernel void negate(global int* out) { out[get_global_id(0)] = -out[get_global_id(0)]; }
)";

int RunScale(const e2e::Session& session, cl_program program) {
  cl_kernel kernel = e2e::MakeKernel(program, "scale");
  cl_mem buffer = e2e::MakeBuffer(session.context, 64 * sizeof(int));
  e2e::SetArg(kernel, 0, buffer);
  e2e::Launch(session.queue, kernel, 64);
  const int last = e2e::ReadAll<int>(session.queue, buffer, 64)[63];
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  return last;
}

template <typename T>
T BuildInfo(cl_program program, cl_device_id device, cl_program_build_info name) {
  T value{};
  Ok(clGetProgramBuildInfo(program, device, name, sizeof value, &value, nullptr));
  return value;
}

std::string BuildOptions(cl_program program, cl_device_id device) {
  char text[256] = {};
  Ok(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_OPTIONS, sizeof text, text, nullptr));
  return text;
}

std::string ProgramString(cl_program program, cl_program_info name) {
  size_t bytes = 0;
  Ok(clGetProgramInfo(program, name, 0, nullptr, &bytes));
  std::string text(bytes, '\0');
  Ok(clGetProgramInfo(program, name, bytes, text.data(), nullptr));
  text.resize(std::strlen(text.c_str()));
  return text;
}

// Implementations list kernels in an order of their own.
std::string KernelNames(cl_program program) {
  const std::string text = ProgramString(program, CL_PROGRAM_KERNEL_NAMES);
  std::vector<std::string> names;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(';', at), text.size());
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::sort(names.begin(), names.end());
  std::string sorted;
  for (const std::string& name : names) sorted += name + " ";
  return sorted;
}

void PrintBuild(const char* label, const e2e::Session& session, cl_program program) {
  std::printf("%s: status %d, binary type %u, options '%s'\n", label,
              BuildInfo<cl_build_status>(program, session.device, CL_PROGRAM_BUILD_STATUS),
              BuildInfo<cl_program_binary_type>(program, session.device, CL_PROGRAM_BINARY_TYPE),
              BuildOptions(program, session.device).c_str());
}

void FromSource(const e2e::Session& session) {
  cl_program program = e2e::MakeProgram(session.context, kSource);
  PrintBuild("before the build", session, program);
  Ok(clBuildProgram(program, 1, &session.device, "-DFACTOR=5 -cl-mad-enable", nullptr, nullptr));
  PrintBuild("after the build", session, program);
  Expect(ProgramString(program, CL_PROGRAM_SOURCE) == kSource, "the source is the program's");
  size_t kernels = 0;
  Ok(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof kernels, &kernels, nullptr));
  std::printf("%zu kernels: %s\n", kernels, KernelNames(program).c_str());
  std::printf("63 * 5 = %d\n", RunScale(session, program));
  // Built again with other options once no kernel is attached.
  Ok(clBuildProgram(program, 0, nullptr, "-D FACTOR=7", nullptr, nullptr));
  PrintBuild("built again", session, program);
  std::printf("63 * 7 = %d\n", RunScale(session, program));
  Ok(clReleaseProgram(program));
}

void SeveralStrings(const e2e::Session& session) {
  const std::string whole = kSource;
  const char* halves[] = {whole.c_str(), whole.c_str() + 40, "\n// the end\n"};
  const size_t lengths[] = {40, 0, 0};  // 0 means up to the NUL.
  cl_int code = CL_SUCCESS;
  cl_program program = clCreateProgramWithSource(session.context, 3, halves, lengths, &code);
  Ok(code);
  Expect(ProgramString(program, CL_PROGRAM_SOURCE) == whole + "\n// the end\n", "joined source");
  Ok(clBuildProgram(program, 1, &session.device, nullptr, nullptr, nullptr));
  std::printf("several strings: 63 * 3 = %d\n", RunScale(session, program));
  Ok(clReleaseProgram(program));

  const std::string unterminated = whole + "this is past the end";
  const char* start = unterminated.data();
  const size_t length = whole.size();
  program = clCreateProgramWithSource(session.context, 1, &start, &length, &code);
  Ok(code);
  Ok(clBuildProgram(program, 1, &session.device, "", nullptr, nullptr));
  std::printf("one string with a length: 63 * 3 = %d\n", RunScale(session, program));
  Ok(clReleaseProgram(program));
}

std::vector<unsigned char> Binary(cl_program program) {
  size_t bytes = 0;
  Ok(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, nullptr));
  std::vector<unsigned char> binary(bytes);
  unsigned char* at = binary.data();
  Ok(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof at, &at, nullptr));
  return binary;
}

void FromBinary(const e2e::Session& session) {
  cl_program original = e2e::BuildProgram(session.context, session.device, kSource, "-DFACTOR=11");
  const std::vector<unsigned char> binary = Binary(original);
  Expect(!binary.empty(), "a built program has a binary");
  Ok(clReleaseProgram(original));
  const unsigned char* start = binary.data();
  const size_t length = binary.size();
  cl_int status = 77;
  cl_int code = CL_SUCCESS;
  cl_program program = clCreateProgramWithBinary(session.context, 1, &session.device, &length,
                                                 &start, &status, &code);
  Ok(code);
  Ok(status);
  PrintBuild("from binary", session, program);
  Ok(clBuildProgram(program, 1, &session.device, "", nullptr, nullptr));
  PrintBuild("from binary, built", session, program);
  std::printf("63 * 11 = %d\n", RunScale(session, program));
  Expect(Binary(program).size() == binary.size(), "its binary is as long");
  std::printf("source of a program from binary: '%s'\n",
              ProgramString(program, CL_PROGRAM_SOURCE).c_str());
  Ok(clReleaseProgram(program));
}

void Failure(const e2e::Session& session) {
  cl_program program = e2e::MakeProgram(
      session.context, "kernel void broken(global int* x) { x[0] = undeclared_name; }");
  e2e::ExpectCode(clBuildProgram(program, 1, &session.device, "", nullptr, nullptr),
                  CL_BUILD_PROGRAM_FAILURE, "a broken program");
  PrintBuild("a broken program", session, program);
  const std::string log = e2e::BuildLog(program, session.device);
  Expect(log.find("undeclared_name") != std::string::npos, "the log names the mistake");
  std::printf("the log names the mistake: %d\n", log.find("undeclared_name") != std::string::npos);
  cl_int code = CL_SUCCESS;
  cl_kernel kernel = clCreateKernel(program, "broken", &code);
  std::printf("a kernel of it: %s, %s\n", e2e::CodeName(code).c_str(), kernel ? "kernel" : "NULL");
  Ok(clReleaseProgram(program));
  program = e2e::MakeProgram(session.context,
                             "#ifndef GOOD\n#error give GOOD\n#endif\n"
                             "kernel void scale(global int* x) { x[63] = GOOD; }");
  e2e::ExpectCode(clBuildProgram(program, 1, &session.device, "", nullptr, nullptr),
                  CL_BUILD_PROGRAM_FAILURE, "without its option");
  Ok(clBuildProgram(program, 1, &session.device, "-DGOOD=12", nullptr, nullptr));
  std::printf("mended: %d\n", RunScale(session, program));
  Ok(clReleaseProgram(program));
}

std::atomic<int> g_notified = 0;

void CL_CALLBACK Built(cl_program program, void* user_data) {
  *static_cast<cl_program*>(user_data) = program;
  g_notified = 1;
}

void WithCallback(const e2e::Session& session) {
  cl_program seen = nullptr;
  cl_program program = e2e::MakeProgram(session.context, kSource);
  Ok(clBuildProgram(program, 1, &session.device, "-DFACTOR=2", Built, &seen));
  for (int i = 0; i < 60000 && g_notified == 0; ++i) usleep(1000);
  Expect(seen == program, "the callback got the program and its user data");
  PrintBuild("with a callback", session, program);
  std::printf("63 * 2 = %d\n", RunScale(session, program));
  Ok(clReleaseProgram(program));
}

void Relations(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_context context = nullptr;
  cl_uint devices = 0;
  cl_device_id device = nullptr;
  Ok(clGetProgramInfo(program, CL_PROGRAM_CONTEXT, sizeof context, &context, nullptr));
  Ok(clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof devices, &devices, nullptr));
  Ok(clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof device, &device, nullptr));
  Expect(context == session.context && devices == 1 && device == session.device, "relations");
  cl_kernel kernels[4] = {};
  cl_uint count = 0;
  Ok(clCreateKernelsInProgram(program, 0, nullptr, &count));
  std::printf("kernels in program: %u\n", count);
  Ok(clCreateKernelsInProgram(program, 4, kernels, &count));
  std::vector<std::string> names;
  for (cl_uint i = 0; i < count; ++i) {
    char name[32] = {};
    Ok(clGetKernelInfo(kernels[i], CL_KERNEL_FUNCTION_NAME, sizeof name, name, nullptr));
    names.emplace_back(name);
    Ok(clReleaseKernel(kernels[i]));
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) std::printf("  %s\n", name.c_str());
  Ok(clUnloadPlatformCompiler(e2e::FirstPlatform()));
  std::printf("after unloading the compiler: %d\n", RunScale(session, program));
  Ok(clReleaseProgram(program));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  FromSource(session);
  SeveralStrings(session);
  FromBinary(session);
  Failure(session);
  WithCallback(session);
  Relations(session);
  return e2e::Finish();
}
