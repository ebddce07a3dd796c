// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kernels that are launched. Each work item of the first sixteen writes its own place, so the
// result does not depend on sizes, and every buffer is large enough.

namespace random_test {

inline constexpr const char* kKernelSource = R"(
#define FIRST(n) (get_global_id(0) < n && get_global_id(1) == 0 && get_global_id(2) == 0)
kernel void fill(global int* x, int n) {
  if (FIRST(16)) x[get_global_id(0)] = n + (int)get_global_id(0);
}
kernel void add(global const int* from, global int* to, int n) {
  if (FIRST(16)) to[get_global_id(0)] = from[get_global_id(0)] + n;
}
kernel void wide(global float4* x, float4 v, long l) {
  if (FIRST(4)) x[get_global_id(0)] = v + (float)l;
}
kernel void shared(global int* x, local int* t) {
  t[get_local_id(0) & 15] = 7;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (FIRST(16)) x[get_global_id(0)] = t[0] + (int)get_global_id(0);
}
kernel void sampled(read_only image2d_t from, sampler_t s, global uint4* to) {
  if (FIRST(4)) to[get_global_id(0)] = read_imageui(from, s, (int2)(get_global_id(0), 0));
}
kernel __attribute__((reqd_work_group_size(8, 1, 1))) void shaped(global int* x) {
  if (FIRST(16)) x[get_global_id(0)] = 5;
}
)";

// What each takes: b a buffer, i an int, f four floats, l a long, L local memory, m an image, s a
// sampler.
struct KernelShape {
  const char* name;
  const char* parameters;
};

inline constexpr KernelShape kKernelShapes[] = {
    {"fill", "bi"},     {"add", "bbi"},  {"wide", "bfl"}, {"shared", "bL"},
    {"sampled", "msb"}, {"shaped", "b"}, {"lone", "b"}};

}  // namespace random_test
