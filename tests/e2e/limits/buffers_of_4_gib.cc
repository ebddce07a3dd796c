// SPDX-License-Identifier: Apache-2.0
// A buffer of more than 4 GiB: sizes and offsets that do not fit in 32 bits, in every kind of
// transfer.
#include <algorithm>
#include <span>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBoundary = size_t{1} << 32U;
constexpr size_t kTail = size_t{1} << 20U;
constexpr size_t kBytes = kBoundary + kTail;
constexpr size_t kWords = kBytes / sizeof(uint64_t);
constexpr uint64_t kKey = 0x5a5a1234deadbeefULL;
constexpr const char* kSource = R"(
kernel void scramble(global ulong* words, ulong key) { words[get_global_id(0)] ^= key; }
)";

void FillWords(std::vector<uint64_t>& words) {
  for (size_t i = 0; i < words.size(); ++i) words[i] = i * 0x9e3779b97f4a7c15ULL;
}

void Scramble(const e2e::Session& session, cl_mem buffer) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "scramble");
  e2e::SetArg(kernel, 0, buffer);
  e2e::SetArg(kernel, 1, kKey);
  e2e::Launch(session.queue, kernel, kWords);
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
}

void* Map(const e2e::Session& session, cl_mem buffer, cl_map_flags flags, size_t offset,
          size_t bytes) {
  cl_int code = CL_SUCCESS;
  void* mapped = clEnqueueMapBuffer(session.queue, buffer, CL_TRUE, flags, offset, bytes, 0,
                                    nullptr, nullptr, &code);
  Ok(code);
  return mapped;
}

void Unmap(const e2e::Session& session, cl_mem buffer, void* mapped) {
  Ok(clEnqueueUnmapMemObject(session.queue, buffer, mapped, 0, nullptr, nullptr));
  Ok(clFinish(session.queue));
}

void Whole(const e2e::Session& session, cl_mem buffer, std::vector<uint64_t>& words) {
  FillWords(words);
  const uint64_t plain = e2e::Checksum(words.data(), kBytes);
  Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, 0, kBytes, words.data(), 0, nullptr,
                          nullptr));
  std::fill(words.begin(), words.end(), 0);
  Ok(clEnqueueReadBuffer(session.queue, buffer, CL_FALSE, 0, kBytes, words.data(), 0, nullptr,
                         nullptr));
  Ok(clFinish(session.queue));
  Expect(e2e::Checksum(words.data(), kBytes) == plain, "all of it is written and read");
  e2e::PrintChecksum("read", words.data(), kBytes);

  Scramble(session, buffer);
  void* mapped = Map(session, buffer, CL_MAP_READ, 0, kBytes);
  Expect(std::ranges::equal(std::span(static_cast<uint64_t*>(mapped), kWords), words,
                            [](uint64_t now, uint64_t before) { return now == (before ^ kKey); }),
         "a kernel reaches all of it, and so does a map");
  Unmap(session, buffer, mapped);
}

void BeyondTheBoundary(const e2e::Session& session, cl_mem buffer) {
  const std::vector<uint8_t> data = e2e::Pattern(kTail, 7);
  std::vector<uint8_t> seen(kTail);
  Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, kBoundary, kTail, data.data(), 0, nullptr,
                          nullptr));
  Ok(clEnqueueCopyBuffer(session.queue, buffer, buffer, kBoundary, 4096, kTail, 0, nullptr,
                         nullptr));
  Ok(clEnqueueReadBuffer(session.queue, buffer, CL_TRUE, 4096, kTail, seen.data(), 0, nullptr,
                         nullptr));
  Expect(seen == data, "copied from beyond 4 GiB");

  const cl_uint fill = 0xa1b2c3d4U;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &fill, sizeof fill, kBoundary - 4096, 8192, 0,
                         nullptr, nullptr));
  Ok(clEnqueueReadBuffer(session.queue, buffer, CL_TRUE, kBoundary - 8192, kTail / 2, seen.data(),
                         0, nullptr, nullptr));
  e2e::PrintChecksum("filled across 4 GiB", seen.data(), kTail / 2);

  auto* mapped =
      static_cast<uint8_t*>(Map(session, buffer, CL_MAP_READ | CL_MAP_WRITE, kBoundary, kTail));
  e2e::PrintChecksum("mapped beyond 4 GiB", mapped, kTail);
  std::reverse(mapped, mapped + kTail);
  Unmap(session, buffer, mapped);

  // Rows of 4 KiB from planes of 1 GiB, the fifth of which begins at 4 GiB.
  const size_t from[] = {16, 2, 4};
  const size_t to[] = {0, 0, 0};
  const size_t region[] = {1024, 8, 1};
  Ok(clEnqueueReadBufferRect(session.queue, buffer, CL_TRUE, from, to, region, 4096, kBoundary / 4,
                             1024, 8192, seen.data(), 0, nullptr, nullptr));
  e2e::PrintChecksum("a rectangle beyond 4 GiB", seen.data(), 8192);

  const cl_buffer_region part = {.origin = kBoundary, .size = kTail};
  cl_int code = CL_SUCCESS;
  cl_mem tail =
      clCreateSubBuffer(buffer, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &part, &code);
  Ok(code);
  Ok(clEnqueueReadBuffer(session.queue, tail, CL_TRUE, 0, kTail, seen.data(), 0, nullptr, nullptr));
  e2e::PrintChecksum("a sub-buffer beyond 4 GiB", seen.data(), kTail);
  Ok(clReleaseMemObject(tail));
}

void InTheProgramsMemory(const e2e::Session& session, std::vector<uint64_t>& words) {
  FillWords(words);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, CL_MEM_USE_HOST_PTR, words.data());
  Scramble(session, buffer);
  void* mapped = Map(session, buffer, CL_MAP_READ, 0, kBytes);
  Expect(mapped == words.data(), "a map of the program's memory is where it is");
  e2e::PrintChecksum("in the program's memory", mapped, kBytes);
  Unmap(session, buffer, mapped);
  Ok(clReleaseMemObject(buffer));
}

void TooLarge(const e2e::Session& session) {
  cl_ulong most = 0;
  Ok(clGetDeviceInfo(session.device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, nullptr));
  for (const size_t bytes : {static_cast<size_t>(most) + 1, size_t{1} << 47U, ~size_t{0}}) {
    cl_int code = CL_SUCCESS;
    cl_mem buffer = clCreateBuffer(session.context, CL_MEM_READ_WRITE, bytes, nullptr, &code);
    std::printf("%zu bytes: %d\n", bytes, code);
    Expect(buffer == nullptr, "more than the device has is refused");
  }
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  std::vector<uint64_t> words(kWords);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);
  Whole(session, buffer, words);
  BeyondTheBoundary(session, buffer);
  Ok(clReleaseMemObject(buffer));
  InTheProgramsMemory(session, words);
  TooLarge(session);
  return e2e::Finish();
}
