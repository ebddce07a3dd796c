// SPDX-License-Identifier: Apache-2.0
// Reads, writes, copies and fills: sizes from a byte to megabytes, odd offsets, blocking and not,
// and the moment at which the program may use its own memory again.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kSizes[] = {1, 3, 4, 63, 64, 4095, 4096, 4097, 65536, 1000003, 8U << 20U};

void RoundTrips(const e2e::Session& session) {
  for (const size_t bytes : kSizes) {
    for (const cl_bool blocking : {CL_TRUE, CL_FALSE}) {
      cl_mem buffer = e2e::MakeBuffer(session.context, bytes + 7);
      const std::vector<uint8_t> sent = e2e::Pattern(bytes, static_cast<uint32_t>(bytes));
      std::vector<uint8_t> received(bytes);
      Ok(clEnqueueWriteBuffer(session.queue, buffer, blocking, 7, bytes, sent.data(), 0, nullptr,
                              nullptr));
      Ok(clEnqueueReadBuffer(session.queue, buffer, blocking, 7, bytes, received.data(), 0, nullptr,
                             nullptr));
      if (blocking == CL_FALSE) Ok(clFinish(session.queue));
      Expect(sent == received, "what was written is read");
      std::printf("%zu bytes %s: ", bytes, blocking == CL_TRUE ? "blocking" : "not blocking");
      e2e::PrintChecksum("read", received.data(), bytes);
      Ok(clReleaseMemObject(buffer));
    }
  }
}

// A blocking write returns when the memory may be reused, at once: the program overwrites it.
void ReuseAfterBlockingWrite(const e2e::Session& session) {
  constexpr size_t kBytes = 300000;
  cl_mem buffers[8];
  std::vector<uint8_t> memory(kBytes);
  for (size_t i = 0; i < std::size(buffers); ++i) {
    buffers[i] = e2e::MakeBuffer(session.context, kBytes);
    std::memset(memory.data(), static_cast<int>(i + 1), kBytes);
    Ok(clEnqueueWriteBuffer(session.queue, buffers[i], CL_TRUE, 0, kBytes, memory.data(), 0,
                            nullptr, nullptr));
  }
  for (size_t i = 0; i < std::size(buffers); ++i) {
    const auto seen = e2e::ReadAll<uint8_t>(session.queue, buffers[i], kBytes);
    Expect(seen.front() == i + 1 && seen.back() == i + 1,
           "each write took the bytes of its moment");
    Ok(clReleaseMemObject(buffers[i]));
  }
  std::puts("reuse after blocking writes");
}

// A non-blocking write held back by an event takes the bytes that are there when it runs or when
// it was enqueued; the program must leave them alone, and so does this one.
void HeldBackWrite(const e2e::Session& session) {
  constexpr size_t kBytes = 100000;
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);
  const std::vector<uint8_t> data = e2e::Pattern(kBytes, 21);
  std::vector<uint8_t> seen(kBytes);
  cl_event gate = e2e::MakeUserEvent(session.context);
  cl_event done = nullptr;
  Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_FALSE, 0, kBytes, data.data(), 1, &gate,
                          nullptr));
  Ok(clEnqueueReadBuffer(session.queue, buffer, CL_FALSE, 0, kBytes, seen.data(), 0, nullptr,
                         &done));
  Expect(seen[0] == 0 && e2e::EventStatus(done) > CL_COMPLETE, "nothing runs before its gate");
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clWaitForEvents(1, &done));
  Expect(seen == data, "a held-back write and read arrive");
  std::puts("held-back write");
  Ok(clReleaseEvent(gate));
  Ok(clReleaseEvent(done));
  Ok(clReleaseMemObject(buffer));
}

void Copies(const e2e::Session& session) {
  constexpr size_t kBytes = 70000;
  std::vector<uint8_t> expected = e2e::Pattern(kBytes, 1);
  const std::vector<uint8_t> source = e2e::Pattern(kBytes, 2);
  cl_mem from = e2e::MakeBuffer(session.context, kBytes, CL_MEM_COPY_HOST_PTR,
                                const_cast<uint8_t*>(source.data()));
  cl_mem to = e2e::MakeBuffer(session.context, kBytes, CL_MEM_COPY_HOST_PTR, expected.data());
  const size_t moves[][3] = {{0, 0, 1}, {5, 77, 1000}, {40000, 13, 29999}, {0, 69999, 1}};
  for (const auto& [source_at, target_at, bytes] : moves) {
    Ok(clEnqueueCopyBuffer(session.queue, from, to, source_at, target_at, bytes, 0, nullptr,
                           nullptr));
    std::memcpy(expected.data() + target_at, source.data() + source_at, bytes);
  }
  Ok(clEnqueueCopyBuffer(session.queue, to, to, 0, 50000, 1000, 0, nullptr, nullptr));
  std::memcpy(expected.data() + 50000, expected.data(), 1000);
  Expect(e2e::ReadAll<uint8_t>(session.queue, to, kBytes) == expected, "copies");
  e2e::PrintChecksum("copies", expected.data(), kBytes);
  Ok(clReleaseMemObject(from));
  Ok(clReleaseMemObject(to));
}

void Fills(const e2e::Session& session) {
  constexpr size_t kBytes = 4096;
  const std::vector<uint8_t> pattern = e2e::Pattern(128, 4);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);
  for (size_t width = 1; width <= 128; width *= 2) {
    const cl_uchar zero = 0;
    Ok(clEnqueueFillBuffer(session.queue, buffer, &zero, 1, 0, kBytes, 0, nullptr, nullptr));
    std::vector<uint8_t> copy(pattern.begin(), pattern.begin() + static_cast<ptrdiff_t>(width));
    Ok(clEnqueueFillBuffer(session.queue, buffer, copy.data(), width, width, kBytes - 2 * width, 0,
                           nullptr, nullptr));
    std::fill(copy.begin(), copy.end(), uint8_t{0xee});  // The pattern was taken at the call.
    const auto seen = e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes);
    bool right = true;
    for (size_t i = 0; i < kBytes; ++i) {
      const bool inside = i >= width && i < kBytes - width;
      right = right && seen[i] == (inside ? pattern[i % width] : 0);
    }
    Expect(right, "a fill repeats its pattern within its bounds");
    std::printf("fill of %zu: ", width);
    e2e::PrintChecksum("read", seen.data(), kBytes);
  }
  Ok(clReleaseMemObject(buffer));
}

void Migrations(const e2e::Session& session) {
  cl_mem buffers[3];
  for (cl_mem& buffer : buffers) {
    auto data = e2e::Pattern(5000, 33);
    buffer = e2e::MakeBuffer(session.context, 5000, CL_MEM_COPY_HOST_PTR, data.data());
  }
  for (const cl_mem_migration_flags flags :
       {cl_mem_migration_flags{0}, cl_mem_migration_flags{CL_MIGRATE_MEM_OBJECT_HOST}}) {
    Ok(clEnqueueMigrateMemObjects(session.queue, 3, buffers, flags, 0, nullptr, nullptr));
    const auto seen = e2e::ReadAll<uint8_t>(session.queue, buffers[2], 5000);
    e2e::PrintChecksum("migrated", seen.data(), seen.size());
  }
  for (cl_mem buffer : buffers) Ok(clReleaseMemObject(buffer));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  RoundTrips(session);
  ReuseAfterBlockingWrite(session);
  HeldBackWrite(session);
  Copies(session);
  Fills(session);
  Migrations(session);
  return e2e::Finish();
}
