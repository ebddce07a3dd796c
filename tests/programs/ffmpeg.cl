// SPDX-License-Identifier: Apache-2.0
// Kernels for FFmpeg's program_opencl and openclsrc.

constant sampler_t kNearest = CLK_NORMALIZED_COORDS_FALSE | CLK_FILTER_NEAREST;

kernel void swap(write_only image2d_t to, uint frame, read_only image2d_t from) {
  const int2 at = (int2)(get_global_id(0), get_global_id(1));
  write_imagef(to, at, read_imagef(from, kNearest, at).zxyw);
}

kernel void tiles(write_only image2d_t to, uint frame) {
  const int2 at = (int2)(get_global_id(0), get_global_id(1));
  write_imagef(to, at, (float4)((at.x & 15) / 16.0f, (at.y & 15) / 16.0f, (frame & 7) / 8.0f, 1.0f));
}
