// SPDX-License-Identifier: Apache-2.0
// Rectangular reads, writes and copies against a plain model of them, with pitches given and
// left to the implementation.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

struct Layout {
  size_t origin[3];
  size_t row_pitch;
  size_t slice_pitch;
};

struct Case {
  const char* label;
  Layout buffer;
  Layout host;
  size_t region[3];
};

constexpr size_t kBytes = 40000;

constexpr Case kCases[] = {
    {"one byte", {{3, 2, 1}, 10, 100}, {{0, 0, 0}, 0, 0}, {1, 1, 1}},
    {"one row", {{5, 0, 0}, 64, 0}, {{0, 3, 0}, 50, 0}, {33, 1, 1}},
    {"plane, tight host", {{16, 4, 0}, 128, 0}, {{0, 0, 0}, 0, 0}, {40, 12, 1}},
    {"plane, tight buffer", {{0, 0, 0}, 0, 0}, {{7, 5, 0}, 99, 0}, {40, 12, 1}},
    {"box", {{4, 3, 2}, 32, 1024}, {{1, 2, 3}, 48, 960}, {20, 10, 5}},
    {"box, gaps between slices", {{0, 0, 0}, 32, 2080}, {{2, 0, 1}, 20, 400}, {16, 20, 6}},
    {"whole rows", {{0, 1, 1}, 100, 2000}, {{0, 0, 0}, 100, 2000}, {100, 10, 3}},
};

Layout Filled(const Layout& layout, const size_t (&region)[3]) {
  Layout full = layout;
  if (full.row_pitch == 0) full.row_pitch = region[0];
  if (full.slice_pitch == 0) full.slice_pitch = full.row_pitch * region[1];
  return full;
}

size_t At(const Layout& layout, size_t y, size_t z) {
  return (layout.origin[2] + z) * layout.slice_pitch + (layout.origin[1] + y) * layout.row_pitch +
         layout.origin[0];
}

void Move(std::vector<uint8_t>& to, const Layout& to_layout, const std::vector<uint8_t>& from,
          const Layout& from_layout, const size_t (&region)[3]) {
  const Layout target = Filled(to_layout, region);
  const Layout source = Filled(from_layout, region);
  for (size_t z = 0; z < region[2]; ++z) {
    for (size_t y = 0; y < region[1]; ++y) {
      std::memcpy(to.data() + At(target, y, z), from.data() + At(source, y, z), region[0]);
    }
  }
}

void Writes(const e2e::Session& session, const Case& rect, cl_bool blocking) {
  std::vector<uint8_t> expected = e2e::Pattern(kBytes, 1);
  const std::vector<uint8_t> host = e2e::Pattern(kBytes, 2);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, CL_MEM_COPY_HOST_PTR, expected.data());
  Ok(clEnqueueWriteBufferRect(session.queue, buffer, blocking, rect.buffer.origin, rect.host.origin,
                              rect.region, rect.buffer.row_pitch, rect.buffer.slice_pitch,
                              rect.host.row_pitch, rect.host.slice_pitch, host.data(), 0, nullptr,
                              nullptr));
  Move(expected, rect.buffer, host, rect.host, rect.region);
  Expect(e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes) == expected,
         "a rectangle is written");
  e2e::PrintChecksum("  write", expected.data(), kBytes);
  Ok(clReleaseMemObject(buffer));
}

void Reads(const e2e::Session& session, const Case& rect, cl_bool blocking) {
  std::vector<uint8_t> source = e2e::Pattern(kBytes, 3);
  std::vector<uint8_t> expected = e2e::Pattern(kBytes, 4);
  std::vector<uint8_t> host = expected;
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, CL_MEM_COPY_HOST_PTR, source.data());
  Ok(clEnqueueReadBufferRect(session.queue, buffer, blocking, rect.buffer.origin, rect.host.origin,
                             rect.region, rect.buffer.row_pitch, rect.buffer.slice_pitch,
                             rect.host.row_pitch, rect.host.slice_pitch, host.data(), 0, nullptr,
                             nullptr));
  if (blocking == CL_FALSE) Ok(clFinish(session.queue));
  Move(expected, rect.host, source, rect.buffer, rect.region);
  Expect(host == expected, "a rectangle is read, and nothing beside it");
  e2e::PrintChecksum("  read", host.data(), kBytes);
  Ok(clReleaseMemObject(buffer));
}

void Copies(const e2e::Session& session, const Case& rect) {
  std::vector<uint8_t> source = e2e::Pattern(kBytes, 5);
  std::vector<uint8_t> expected = e2e::Pattern(kBytes, 6);
  cl_mem from = e2e::MakeBuffer(session.context, kBytes, CL_MEM_COPY_HOST_PTR, source.data());
  cl_mem to = e2e::MakeBuffer(session.context, kBytes, CL_MEM_COPY_HOST_PTR, expected.data());
  Ok(clEnqueueCopyBufferRect(session.queue, from, to, rect.buffer.origin, rect.host.origin,
                             rect.region, rect.buffer.row_pitch, rect.buffer.slice_pitch,
                             rect.host.row_pitch, rect.host.slice_pitch, 0, nullptr, nullptr));
  Move(expected, rect.host, source, rect.buffer, rect.region);
  Expect(e2e::ReadAll<uint8_t>(session.queue, to, kBytes) == expected, "a rectangle is copied");
  e2e::PrintChecksum("  copy", expected.data(), kBytes);
  Ok(clReleaseMemObject(from));
  Ok(clReleaseMemObject(to));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  for (const Case& rect : kCases) {
    std::puts(rect.label);
    for (const cl_bool blocking : {CL_TRUE, CL_FALSE}) {
      Writes(session, rect, blocking);
      Reads(session, rect, blocking);
    }
    Copies(session, rect);
  }
  return e2e::Finish();
}
