// SPDX-License-Identifier: Apache-2.0
// A buffer of 300 MiB, larger than any staging area one would set aside: written, read, mapped,
// copied and changed by a kernel, each time with the checksum of the whole.
#include <cstddef>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBytes = 300U << 20U;
constexpr size_t kWords = kBytes / sizeof(uint64_t);

constexpr const char* kSource = R"(
kernel void scramble(global ulong* words, ulong key) { words[get_global_id(0)] ^= key; }
)";

constexpr uint64_t kKey = 0x5a5a1234deadbeefULL;

std::vector<uint64_t> LargePattern() {
  std::vector<uint64_t> words(kWords);
  for (size_t i = 0; i < kWords; ++i) words[i] = i * 0x9e3779b97f4a7c15ULL;
  return words;
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

uint64_t MappedChecksum(const e2e::Session& session, cl_mem buffer) {
  cl_int code = CL_SUCCESS;
  void* mapped = clEnqueueMapBuffer(session.queue, buffer, CL_TRUE, CL_MAP_READ, 0, kBytes, 0,
                                    nullptr, nullptr, &code);
  Ok(code);
  const uint64_t sum = e2e::Checksum(mapped, kBytes);
  Ok(clEnqueueUnmapMemObject(session.queue, buffer, mapped, 0, nullptr, nullptr));
  Ok(clFinish(session.queue));
  return sum;
}

void WriteThroughMap(const e2e::Session& session, cl_mem buffer,
                     const std::vector<uint64_t>& words) {
  cl_int code = CL_SUCCESS;
  void* mapped = clEnqueueMapBuffer(session.queue, buffer, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION,
                                    0, kBytes, 0, nullptr, nullptr, &code);
  Ok(code);
  std::memcpy(mapped, words.data(), kBytes);
  Ok(clEnqueueUnmapMemObject(session.queue, buffer, mapped, 0, nullptr, nullptr));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  std::vector<uint64_t> words = LargePattern();
  const uint64_t plain = e2e::Checksum(words.data(), kBytes);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);

  Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, 0, kBytes, words.data(), 0, nullptr,
                          nullptr));
  std::fill(words.begin(), words.end(), 0);
  Ok(clEnqueueReadBuffer(session.queue, buffer, CL_TRUE, 0, kBytes, words.data(), 0, nullptr,
                         nullptr));
  Expect(e2e::Checksum(words.data(), kBytes) == plain, "written and read");
  e2e::PrintChecksum("read back", words.data(), kBytes);

  Scramble(session, buffer);
  for (uint64_t& word : words) word ^= kKey;
  const uint64_t mixed = e2e::Checksum(words.data(), kBytes);
  Expect(MappedChecksum(session, buffer) == mixed, "mapped after a kernel");
  e2e::PrintChecksum("mapped", words.data(), kBytes);

  std::fill(words.begin(), words.end(), 0);
  Ok(clEnqueueReadBuffer(session.queue, buffer, CL_FALSE, 0, kBytes, words.data(), 0, nullptr,
                         nullptr));
  Ok(clFinish(session.queue));
  Expect(e2e::Checksum(words.data(), kBytes) == mixed, "read without blocking");

  words = LargePattern();
  WriteThroughMap(session, buffer, words);
  Expect(MappedChecksum(session, buffer) == plain, "written through a map");
  Ok(clReleaseMemObject(buffer));

  cl_mem own = e2e::MakeBuffer(session.context, kBytes, CL_MEM_USE_HOST_PTR, words.data());
  Scramble(session, own);
  Expect(MappedChecksum(session, own) == mixed, "a large buffer in the program's memory");
  Expect(e2e::Checksum(words.data(), kBytes) == mixed, "is there after the map");
  Ok(clReleaseMemObject(own));
  return e2e::Finish();
}
