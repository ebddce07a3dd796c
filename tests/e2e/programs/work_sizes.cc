// SPDX-License-Identifier: Apache-2.0
// Launches of one, two and three dimensions, with offsets and local sizes: every work item writes
// where it thinks it is, and the program checks each of them.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void where(global uint* out) {
  const size_t x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
  const size_t ox = get_global_offset(0), oy = get_global_offset(1), oz = get_global_offset(2);
  const size_t at = ((z - oz) * get_global_size(1) + (y - oy)) * get_global_size(0) + (x - ox);
  out[2 * at] = (uint)(x | (y << 10) | (z << 20));
  out[2 * at + 1] = (uint)(get_local_id(0) | (get_local_id(1) << 5) | (get_local_id(2) << 10) |
                           (get_group_id(0) << 15) | (get_group_id(1) << 20) | (get_work_dim() << 25));
}
)";

struct Shape {
  const char* label;
  cl_uint dimensions;
  size_t offset[3];
  size_t global[3];
  size_t local[3];  // 0 leaves it to the implementation.
};

constexpr Shape kShapes[] = {
    {"1D", 1, {0, 0, 0}, {100, 1, 1}, {0, 0, 0}},
    {"1D, one item", 1, {0, 0, 0}, {1, 1, 1}, {1, 1, 1}},
    {"1D, local 25", 1, {0, 0, 0}, {100, 1, 1}, {25, 1, 1}},
    {"1D, offset", 1, {37, 0, 0}, {64, 1, 1}, {16, 1, 1}},
    {"2D", 2, {0, 0, 0}, {12, 10, 1}, {0, 0, 0}},
    {"2D, local 4x5", 2, {0, 0, 0}, {12, 10, 1}, {4, 5, 1}},
    {"2D, offset", 2, {3, 9, 0}, {12, 10, 1}, {3, 2, 1}},
    {"3D", 3, {0, 0, 0}, {6, 5, 4}, {0, 0, 0}},
    {"3D, local 2x1x4", 3, {0, 0, 0}, {6, 5, 4}, {2, 1, 4}},
    {"3D, offset", 3, {5, 6, 7}, {6, 5, 4}, {3, 5, 2}},
};

uint32_t Place(const Shape& shape, size_t x, size_t y, size_t z) {
  return static_cast<uint32_t>((x + shape.offset[0]) | ((y + shape.offset[1]) << 10) |
                               ((z + shape.offset[2]) << 20));
}

uint32_t InGroup(const Shape& shape, size_t x, size_t y, size_t z) {
  return static_cast<uint32_t>((x % shape.local[0]) | ((y % shape.local[1]) << 5) |
                               ((z % shape.local[2]) << 10) | ((x / shape.local[0]) << 15) |
                               ((y / shape.local[1]) << 20) | (size_t{shape.dimensions} << 25));
}

void Verify(const Shape& shape, const std::vector<uint32_t>& seen) {
  size_t wrong = 0;
  size_t at = 0;
  for (size_t z = 0; z < shape.global[2]; ++z) {
    for (size_t y = 0; y < shape.global[1]; ++y) {
      for (size_t x = 0; x < shape.global[0]; ++x, ++at) {
        const bool placed = seen[2 * at] == Place(shape, x, y, z);
        const bool grouped = shape.local[0] == 0 || seen[2 * at + 1] == InGroup(shape, x, y, z);
        wrong += placed && grouped ? 0U : 1U;
      }
    }
  }
  std::printf("%s: %zu items, %zu wrong\n", shape.label, at, wrong);
  Expect(wrong == 0, shape.label);
}

void Run(const e2e::Session& session, cl_kernel kernel, const Shape& shape) {
  const size_t count = 2 * shape.global[0] * shape.global[1] * shape.global[2];
  cl_mem buffer = e2e::MakeBuffer(session.context, count * sizeof(uint32_t));
  e2e::SetArg(kernel, 0, buffer);
  const bool offset = shape.offset[0] + shape.offset[1] + shape.offset[2] > 0;
  Ok(clEnqueueNDRangeKernel(session.queue, kernel, shape.dimensions,
                            offset ? shape.offset : nullptr, shape.global,
                            shape.local[0] == 0 ? nullptr : shape.local, 0, nullptr, nullptr));
  Verify(shape, e2e::ReadAll<uint32_t>(session.queue, buffer, count));
  Ok(clReleaseMemObject(buffer));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "where");
  for (const Shape& shape : kShapes) Run(session, kernel, shape);
  cl_mem buffer = e2e::MakeBuffer(session.context, 2 * sizeof(uint32_t));
  e2e::SetArg(kernel, 0, buffer);
  Ok(clEnqueueTask(session.queue, kernel, 0, nullptr, nullptr));
  std::printf("task: %x\n", e2e::ReadAll<uint32_t>(session.queue, buffer, 2)[1]);
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
