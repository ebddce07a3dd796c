// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every test program in this folder shares. A program prints one line per fact it has
// established, so that the outputs of two runs can be compared line by line, and ends with
// `return Finish();`, which is 0 only when every Expect() held. None of them knows on which
// implementation it runs.

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <source_location>
#include <string>
#include <vector>

#include "tests/e2e/programs/names.h"

namespace e2e {

inline int g_failures = 0;

// No program may hang: after this many seconds SIGALRM ends it.
inline constexpr unsigned kLifetimeMaxSeconds = 300;

// Output appears line by line, in the order of the calls, also between parent and child.
inline void Begin() {
  alarm(kLifetimeMaxSeconds);
  setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
}

inline int Finish() {
  if (g_failures == 0) {
    std::puts("all right");
    return 0;
  }
  std::printf("%d failures\n", g_failures);
  return 1;
}

inline void Expect(bool holds, const char* what,
                   std::source_location at = std::source_location::current()) {
  if (holds) return;
  ++g_failures;
  std::printf("FAILED line %u: %s\n", at.line(), what);
}

// For calls without which the rest of the program makes no sense.
inline void Ok(cl_int code, std::source_location at = std::source_location::current()) {
  if (code == CL_SUCCESS) return;
  std::printf("FAILED line %u: %s\n", at.line(), CodeName(code).c_str());
  std::fflush(stdout);
  _exit(2);
}

inline void ExpectCode(cl_int code, cl_int wanted, const char* what,
                       std::source_location at = std::source_location::current()) {
  std::printf("%s: %s\n", what, CodeName(code).c_str());
  Expect(code == wanted, what, at);
}

// --- short forms of what nearly every program does ---

inline cl_platform_id FirstPlatform() {
  cl_platform_id platform = nullptr;
  Ok(clGetPlatformIDs(1, &platform, nullptr));
  return platform;
}

inline cl_device_id FirstDevice() {
  cl_device_id device = nullptr;
  Ok(clGetDeviceIDs(FirstPlatform(), CL_DEVICE_TYPE_ALL, 1, &device, nullptr));
  return device;
}

inline cl_context MakeContext(cl_device_id device) {
  cl_int error = CL_SUCCESS;
  cl_context context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &error);
  Ok(error);
  return context;
}

inline cl_command_queue MakeQueue(cl_context context, cl_device_id device,
                                  cl_command_queue_properties properties = 0) {
  cl_int error = CL_SUCCESS;
  const cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, properties, 0};
  cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, list, &error);
  Ok(error);
  return queue;
}

inline cl_mem MakeBuffer(cl_context context, size_t bytes, cl_mem_flags flags = CL_MEM_READ_WRITE,
                         void* host = nullptr) {
  cl_int error = CL_SUCCESS;
  cl_mem buffer = clCreateBuffer(context, flags, bytes, host, &error);
  Ok(error);
  return buffer;
}

inline cl_program MakeProgram(cl_context context, const char* source) {
  cl_int error = CL_SUCCESS;
  cl_program program = clCreateProgramWithSource(context, 1, &source, nullptr, &error);
  Ok(error);
  return program;
}

inline std::string BuildLog(cl_program program, cl_device_id device) {
  size_t bytes = 0;
  Ok(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &bytes));
  std::string log(bytes, '\0');
  Ok(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, log.data(), nullptr));
  log.resize(std::strlen(log.c_str()));
  return log;
}

inline cl_program BuildProgram(cl_context context, cl_device_id device, const char* source,
                               const char* options = "") {
  cl_program program = MakeProgram(context, source);
  const cl_int code = clBuildProgram(program, 1, &device, options, nullptr, nullptr);
  if (code != CL_SUCCESS) std::printf("build log: %s\n", BuildLog(program, device).c_str());
  Ok(code);
  return program;
}

inline cl_kernel MakeKernel(cl_program program, const char* name) {
  cl_int error = CL_SUCCESS;
  cl_kernel kernel = clCreateKernel(program, name, &error);
  Ok(error);
  return kernel;
}

inline cl_event MakeUserEvent(cl_context context) {
  cl_int error = CL_SUCCESS;
  cl_event event = clCreateUserEvent(context, &error);
  Ok(error);
  return event;
}

template <typename T>
void SetArg(cl_kernel kernel, cl_uint index, const T& value,
            std::source_location at = std::source_location::current()) {
  Ok(clSetKernelArg(kernel, index, sizeof value, &value), at);
}

inline void Launch(cl_command_queue queue, cl_kernel kernel, size_t items,
                   cl_event* event = nullptr) {
  Ok(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &items, nullptr, 0, nullptr, event));
}

inline cl_int EventStatus(cl_event event) {
  cl_int status = CL_QUEUED;
  Ok(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, nullptr));
  return status;
}

template <typename T>
std::vector<T> ReadAll(cl_command_queue queue, cl_mem buffer, size_t count) {
  std::vector<T> values(count);
  Ok(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, count * sizeof(T), values.data(), 0, nullptr,
                         nullptr));
  return values;
}

// The first device with a context and one queue: enough for most programs.
struct Session {
  cl_device_id device = FirstDevice();
  cl_context context = MakeContext(device);
  cl_command_queue queue;

  explicit Session(cl_command_queue_properties properties = 0)
      : queue(MakeQueue(context, device, properties)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    Ok(clReleaseCommandQueue(queue));
    Ok(clReleaseContext(context));
  }
};

// --- data whose every byte says where it belongs ---

inline std::vector<uint8_t> Pattern(size_t bytes, uint32_t seed) {
  std::vector<uint8_t> data(bytes);
  uint32_t state = seed * 2654435761U + 1;
  for (uint8_t& byte : data) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return data;
}

// Fowler-Noll-Vo over 64-bit words, the tail over bytes.
inline uint64_t Checksum(const void* data, size_t bytes) {
  constexpr uint64_t kPrime = 1099511628211ULL;
  uint64_t hash = 14695981039346656037ULL;
  const auto* at = static_cast<const uint8_t*>(data);
  for (; bytes >= sizeof hash; at += sizeof hash, bytes -= sizeof hash) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    hash = (hash ^ word) * kPrime;
  }
  for (; bytes > 0; ++at, --bytes) hash = (hash ^ *at) * kPrime;
  return hash;
}

inline void PrintChecksum(const char* label, const void* data, size_t bytes) {
  std::printf("%s: %zu bytes, checksum %016llx\n", label, bytes,
              static_cast<unsigned long long>(Checksum(data, bytes)));
}

}  // namespace e2e
