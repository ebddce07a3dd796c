#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# FFmpeg's OpenCL filters: the checksum of every frame. All but tonemap_opencl, which takes P010 only: its planes of two
# 16-bit channels are no image format of PoCL's.
set -euo pipefail

HERE=$(dirname "$(readlink -f "$0")")
LENGTH="rate=10:duration=0.5"

frames() {
  echo "$1"
  ffmpeg -hide_banner -loglevel error -nostdin -init_hw_device opencl=cl -filter_hw_device cl "${@:2}" -f framemd5 - 2>/dev/null
}

one_input() {
  frames "$1" -f lavfi -i "testsrc2=size=320x240:$LENGTH" -vf "format=$2,hwupload,$1,hwdownload,format=$2"
}

two_inputs() {
  frames "$1" -f lavfi -i "testsrc2=size=320x240:$LENGTH" -f lavfi -i "testsrc=size=$2:$LENGTH" \
    -filter_complex "[0:v]format=yuv420p,hwupload[a];[1:v]format=$3,hwupload[b];[a][b]$1,hwdownload,format=yuv420p"
}

# Coordinates, mirrored left to right, as a picture of 16 bits each.
coordinates() { echo "color=size=320x240:$LENGTH,format=gray16,geq=lum=$1"; }

for name in avgblur_opencl=3 boxblur_opencl=2 unsharp_opencl convolution_opencl transpose_opencl erosion_opencl \
  dilation_opencl sobel_opencl prewitt_opencl roberts_opencl nlmeans_opencl=s=4 pad_opencl=400:300:20:20 deshake_opencl; do
  one_input "$name" yuv420p
done
one_input colorkey_opencl=red:0.3:0.1 rgba
one_input "program_opencl=source=$HERE/ffmpeg.cl:kernel=swap" rgba | sed "s|$HERE/||"
two_inputs overlay_opencl=10:20 64x64 yuva420p
two_inputs xfade_opencl=duration=0.3:offset=0.1 320x240 yuv420p
frames remap_opencl -f lavfi -i "testsrc2=size=320x240:$LENGTH" -f lavfi -i "$(coordinates 319-X)" -f lavfi -i "$(coordinates Y)" \
  -filter_complex "[0:v]format=rgba,hwupload[a];[1:v]hwupload[b];[2:v]hwupload[c];[a][b][c]remap_opencl,hwdownload,format=rgba"
frames openclsrc -filter_complex \
  "openclsrc=source=$HERE/ffmpeg.cl:kernel=tiles:size=64x64:rate=10:format=rgba,hwdownload,format=rgba" -frames:v 5
