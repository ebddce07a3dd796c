// SPDX-License-Identifier: Apache-2.0
// Buffers with every flag: what they report, what they hold at birth, and that the program's own
// memory is used or copied as the flag says.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBytes = 10000;

template <typename T>
T Info(cl_mem buffer, cl_mem_info name) {
  T value{};
  size_t bytes = 0;
  Ok(clGetMemObjectInfo(buffer, name, sizeof value, &value, &bytes));
  Expect(bytes == sizeof value, "the size of the answer");
  return value;
}

void PrintBuffer(const char* label, cl_mem buffer, const void* host, cl_context context) {
  Expect(Info<cl_context>(buffer, CL_MEM_CONTEXT) == context, "a buffer knows its context");
  Expect(Info<cl_mem>(buffer, CL_MEM_ASSOCIATED_MEMOBJECT) == nullptr, "no parent");
  const void* reported = Info<void*>(buffer, CL_MEM_HOST_PTR);
  const char* pointer = reported == nullptr ? "none" : reported == host ? "the program's" : "other";
  std::printf("%s: type %x flags %llx size %zu maps %u references %u offset %zu host pointer %s\n",
              label, Info<cl_mem_object_type>(buffer, CL_MEM_TYPE),
              static_cast<unsigned long long>(Info<cl_mem_flags>(buffer, CL_MEM_FLAGS)),
              Info<size_t>(buffer, CL_MEM_SIZE), Info<cl_uint>(buffer, CL_MEM_MAP_COUNT),
              Info<cl_uint>(buffer, CL_MEM_REFERENCE_COUNT), Info<size_t>(buffer, CL_MEM_OFFSET),
              pointer);
}

struct Kind {
  const char* label;
  cl_mem_flags flags;
};

constexpr Kind kPlain[] = {
    {"default", 0},
    {"read-write", CL_MEM_READ_WRITE},
    {"write-only", CL_MEM_WRITE_ONLY},
    {"read-only", CL_MEM_READ_ONLY},
    {"alloc-host", CL_MEM_ALLOC_HOST_PTR},
    {"alloc-host read-only", CL_MEM_ALLOC_HOST_PTR | CL_MEM_READ_ONLY},
    {"host write-only", CL_MEM_HOST_WRITE_ONLY},
    {"host read-only", CL_MEM_HOST_READ_ONLY},
    {"host no access", CL_MEM_HOST_NO_ACCESS},
};

constexpr Kind kWithPointer[] = {
    {"copy", CL_MEM_COPY_HOST_PTR},
    {"copy read-only", CL_MEM_COPY_HOST_PTR | CL_MEM_READ_ONLY},
    {"copy alloc-host", CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR},
    {"copy host read-only", CL_MEM_COPY_HOST_PTR | CL_MEM_HOST_READ_ONLY},
    {"use", CL_MEM_USE_HOST_PTR},
    {"use write-only", CL_MEM_USE_HOST_PTR | CL_MEM_WRITE_ONLY},
    {"use host read-only", CL_MEM_USE_HOST_PTR | CL_MEM_HOST_READ_ONLY},
};

void Plain(const e2e::Session& session) {
  for (const auto& [label, flags] : kPlain) {
    cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, flags);
    PrintBuffer(label, buffer, nullptr, session.context);
    Ok(clReleaseMemObject(buffer));
  }
}

void WithPointer(const e2e::Session& session) {
  for (const auto& [label, flags] : kWithPointer) {
    std::vector<uint8_t> host = e2e::Pattern(kBytes, 7);
    const uint64_t before = e2e::Checksum(host.data(), kBytes);
    cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, flags, host.data());
    PrintBuffer(label, buffer, host.data(), session.context);
    if ((flags & CL_MEM_COPY_HOST_PTR) != 0) std::fill(host.begin(), host.end(), uint8_t{0});
    const std::vector<uint8_t> seen = e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes);
    Expect(e2e::Checksum(seen.data(), kBytes) == before, "the buffer starts with the bytes given");
    Ok(clReleaseMemObject(buffer));
  }
}

constexpr const char* kIncrement = R"(
kernel void increment(global uchar* bytes) { bytes[get_global_id(0)] += 1; }
)";

// What a kernel writes into a CL_MEM_USE_HOST_PTR buffer is in the program's memory after a map,
// and what the program writes between map and unmap is what the next kernel sees.
void UseHostPointer(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kIncrement);
  cl_kernel kernel = e2e::MakeKernel(program, "increment");
  std::vector<uint8_t> host(kBytes, 40);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, CL_MEM_USE_HOST_PTR, host.data());
  e2e::SetArg(kernel, 0, buffer);
  for (int round = 0; round < 3; ++round) {
    e2e::Launch(session.queue, kernel, kBytes);
    cl_int code = CL_SUCCESS;
    auto* mapped = static_cast<uint8_t*>(clEnqueueMapBuffer(session.queue, buffer, CL_TRUE,
                                                            CL_MAP_READ | CL_MAP_WRITE, 0, kBytes,
                                                            0, nullptr, nullptr, &code));
    Ok(code);
    Expect(mapped == host.data(), "a map of such a buffer is the program's own memory");
    std::printf("host[0] after round %d: %d, host[%zu]: %d\n", round, host[0], kBytes - 1,
                host[kBytes - 1]);
    host[0] = 100;
    Ok(clEnqueueUnmapMemObject(session.queue, buffer, mapped, 0, nullptr, nullptr));
  }
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  Expect(host[1] == 43, "the program's memory is its own again");
}

void References(const e2e::Session& session) {
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);
  for (int i = 0; i < 4; ++i) Ok(clRetainMemObject(buffer));
  PrintBuffer("retained four times", buffer, nullptr, session.context);
  for (int i = 0; i < 4; ++i) Ok(clReleaseMemObject(buffer));
  PrintBuffer("released four times", buffer, nullptr, session.context);
  Ok(clReleaseMemObject(buffer));
}

void WithProperties(const e2e::Session& session) {
  cl_int code = CL_SUCCESS;
  const cl_mem_properties none[] = {0};
  for (const cl_mem_properties* properties :
       {static_cast<const cl_mem_properties*>(nullptr), none}) {
    cl_mem buffer = clCreateBufferWithProperties(session.context, properties, CL_MEM_READ_WRITE,
                                                 kBytes, nullptr, &code);
    std::printf("with properties: %s\n", e2e::CodeName(code).c_str());
    if (buffer == nullptr) continue;
    size_t bytes = 77;
    Ok(clGetMemObjectInfo(buffer, CL_MEM_PROPERTIES, 0, nullptr, &bytes));
    std::printf("property list of %zu bytes\n", bytes);
    PrintBuffer("with properties", buffer, nullptr, session.context);
    Ok(clReleaseMemObject(buffer));
  }
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Plain(session);
  WithPointer(session);
  UseHostPointer(session);
  References(session);
  WithProperties(session);
  return e2e::Finish();
}
