// SPDX-License-Identifier: Apache-2.0
#include "bench/micro/device.h"
#include "bench/micro/rows.h"

namespace bench {
namespace {

constexpr size_t kBytes = 16U << 20U;

Samples GigabytesPerSecond(Samples samples_ns) {
  for (double& sample : samples_ns) sample = static_cast<double>(kBytes) / sample;
  return samples_ns;
}

Samples Write(double effort) {
  const Device device;
  cl_mem buffer = device.MakeBuffer(kBytes);
  const std::vector<char> host(kBytes, 'w');
  const auto write = [&] {
    Ok(clEnqueueWriteBuffer(device.queue(), buffer, CL_TRUE, 0, kBytes, host.data(), 0, nullptr,
                            nullptr));
  };
  write();
  Samples samples = TimeEach(Repetitions(100, effort), write);
  Ok(clReleaseMemObject(buffer));
  return GigabytesPerSecond(std::move(samples));
}

Samples Read(double effort) {
  const Device device;
  cl_mem buffer = device.MakeBuffer(kBytes);
  std::vector<char> host(kBytes, 'r');
  const auto read = [&] {
    Ok(clEnqueueReadBuffer(device.queue(), buffer, CL_TRUE, 0, kBytes, host.data(), 0, nullptr,
                           nullptr));
  };
  read();
  Samples samples = TimeEach(Repetitions(100, effort), read);
  Ok(clReleaseMemObject(buffer));
  return GigabytesPerSecond(std::move(samples));
}

// Mapped, touched in one place, unmapped and waited for, as a zero-copy program does.
Samples Map(double effort) {
  const Device device;
  cl_mem buffer = device.MakeBuffer(kBytes);
  const auto map = [&] {
    cl_int code = CL_SUCCESS;
    auto* mapped = static_cast<char*>(clEnqueueMapBuffer(device.queue(), buffer, CL_TRUE,
                                                         CL_MAP_READ | CL_MAP_WRITE, 0, kBytes, 0,
                                                         nullptr, nullptr, &code));
    Ok(code);
    mapped[kBytes / 2] = 'm';
    Ok(clEnqueueUnmapMemObject(device.queue(), buffer, mapped, 0, nullptr, nullptr));
    device.Finish();
  };
  map();
  Samples samples = TimeEach(Repetitions(1000, effort), map);
  Ok(clReleaseMemObject(buffer));
  for (double& sample : samples) sample /= 1000;
  return samples;
}

constexpr Row kRows[] = {
    {"write_16m", "GB/s", Write},
    {"read_16m", "GB/s", Read},
    {"map_unmap_16m", "us", Map},
};

}  // namespace

std::span<const Row> TransferRows() { return kRows; }

}  // namespace bench
