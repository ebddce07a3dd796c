// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "bench/micro/device.h"
#include "bench/micro/rows.h"

namespace bench {
namespace {

constexpr size_t kLaunchesPerRun = 10000;
constexpr double kNsPerUs = 1000;

Samples Scaled(Samples samples, double by) {
  for (double& sample : samples) sample /= by;
  return samples;
}

// A run is ten thousand launches and one wait. Which part of it is told, the row decides.
struct PipelinedRun {
  double call_ns;   // A launch, as the program's thread sees it.
  double whole_ns;  // A launch, with its share of everything up to the end of the wait.
};

PipelinedRun Pipelined(const Device& device, const EmptyKernel& kernel, bool sets_argument) {
  const double start = NowNs();
  for (size_t i = 0; i < kLaunchesPerRun; ++i) {
    if (sets_argument) kernel.SetNumber(static_cast<cl_int>(i));
    kernel.Launch();
  }
  const double launched = NowNs();
  device.Finish();
  const double count = kLaunchesPerRun;
  return {(launched - start) / count, (NowNs() - start) / count};
}

Samples PipelinedSamples(double effort, bool sets_argument, double PipelinedRun::* part) {
  const Device device;
  const EmptyKernel kernel(device);
  Samples samples(Repetitions(20, effort));
  Pipelined(device, kernel, sets_argument);
  for (double& sample : samples) sample = Pipelined(device, kernel, sets_argument).*part;
  return samples;
}

Samples LaunchCall(double effort) {
  return PipelinedSamples(effort, false, &PipelinedRun::call_ns);
}

Samples LaunchRun(double effort) {
  return PipelinedSamples(effort, false, &PipelinedRun::whole_ns);
}

Samples SetAndLaunchRun(double effort) {
  return PipelinedSamples(effort, true, &PipelinedRun::whole_ns);
}

Samples LaunchFinish(double effort) {
  const Device device;
  const EmptyKernel kernel(device);
  return Scaled(TimeEach(Repetitions(5000, effort),
                         [&] {
                           kernel.Launch();
                           device.Finish();
                         }),
                kNsPerUs);
}

// The same while other threads would like to have all cores.
Samples LaunchFinishBusy(double effort) {
  std::atomic<bool> over = false;
  std::vector<std::thread> others(2 * std::thread::hardware_concurrency());
  for (std::thread& other : others) {
    other = std::thread([&over] {
      while (!over.load(std::memory_order_relaxed)) {
      }
    });
  }
  Samples samples = LaunchFinish(effort / 5);
  over = true;
  for (std::thread& other : others) other.join();
  return samples;
}

// The first call after a pause: whoever slept has to be woken.
Samples LaunchFinishAfterPause(double effort) {
  constexpr useconds_t kPauseUs = 1000;
  const Device device;
  const EmptyKernel kernel(device);
  Samples samples(Repetitions(1000, effort));
  for (double& sample : samples) {
    usleep(kPauseUs);
    const double start = NowNs();
    kernel.Launch();
    device.Finish();
    sample = (NowNs() - start) / kNsPerUs;
  }
  return samples;
}

Samples Read(double effort, size_t bytes) {
  const Device device;
  cl_mem buffer = device.MakeBuffer(bytes);
  std::vector<char> host(bytes);
  const auto read = [&] {
    Ok(clEnqueueReadBuffer(device.queue(), buffer, CL_TRUE, 0, bytes, host.data(), 0, nullptr,
                           nullptr));
  };
  read();
  Samples samples = TimeEach(Repetitions(5000, effort), read);
  Ok(clReleaseMemObject(buffer));
  return Scaled(std::move(samples), kNsPerUs);
}

Samples Read4(double effort) { return Read(effort, 4); }

Samples Read4K(double effort) { return Read(effort, 4096); }

Samples Write4(double effort) {
  const Device device;
  cl_mem buffer = device.MakeBuffer(4);
  cl_int value = 0;
  Samples samples = TimeEach(Repetitions(5000, effort), [&] {
    ++value;
    Ok(clEnqueueWriteBuffer(device.queue(), buffer, CL_TRUE, 0, sizeof value, &value, 0, nullptr,
                            nullptr));
  });
  Ok(clReleaseMemObject(buffer));
  return Scaled(std::move(samples), kNsPerUs);
}

constexpr Row kRows[] = {
    {"launch_call", "ns", LaunchCall},
    {"launch_run", "ns", LaunchRun},
    {"set_arg_launch_run", "ns", SetAndLaunchRun},
    {"launch_finish", "us", LaunchFinish},
    {"launch_finish_after_pause", "us", LaunchFinishAfterPause},
    {"launch_finish_busy", "us", LaunchFinishBusy},
    {"read_4", "us", Read4},
    {"write_4", "us", Write4},
    {"read_4k", "us", Read4K},
};

}  // namespace

std::span<const Row> LatencyRows() { return kRows; }

}  // namespace bench
