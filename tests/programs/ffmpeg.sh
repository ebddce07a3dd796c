#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# FFmpeg's OpenCL filters: the checksum of every frame.
set -euo pipefail

filter() {
  echo "$1"
  ffmpeg -hide_banner -loglevel error -nostdin -init_hw_device opencl=cl -filter_hw_device cl \
    -f lavfi -i "testsrc2=size=320x240:rate=10:duration=0.5" \
    -vf "format=yuv420p,hwupload,$1,hwdownload,format=yuv420p" -f framemd5 - 2>/dev/null
}

for name in avgblur_opencl=3 boxblur_opencl=2 unsharp_opencl convolution_opencl transpose_opencl erosion_opencl \
  dilation_opencl sobel_opencl prewitt_opencl roberts_opencl nlmeans_opencl=s=4 pad_opencl=400:300:20:20; do
  filter "$name"
done
