// SPDX-License-Identifier: Apache-2.0
//
// saturate: keeps a device busy. It knows nothing of where the device is; bench/shares runs several
// at once and looks at what each gets.
//
//   saturate --calibrate 1000              prints the loops of a kernel of 1000 microseconds
//   saturate --loops 600 --seconds 5       says "ready", reads a line, works for 5 seconds
//
//   --now              does not say "ready" and does not wait for the line
//   --kernels N        ends after so many, if the seconds are not over before
//   --depth D          queues so many kernels before it waits for the oldest; 1: launch and finish
//   --pause-us P       queues D kernels, waits for all and sleeps, again and again
//   --latencies FILE   from the enqueue to the completion of each kernel, a line each, in ns
//
// Ends with the line "kernels N seconds S", last wait included, and with status 1 instead if the
// device computed anything wrong.

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>

#include "bench/micro/device.h"
#include "bench/micro/samples.h"
#include "bench/saturate/work.h"

namespace {

constexpr double kNsPerUs = 1e3;
constexpr double kNsPerS = 1e9;
constexpr double kLoopsMax = std::numeric_limits<std::uint32_t>::max();
constexpr double kPauseUsMax = 1e9;
constexpr double kDepthMax = 65536;

struct Options {
  double loops = 1000;
  double seconds = 1;
  double kernels = std::numeric_limits<double>::infinity();
  double depth = 1;
  double pause_us = 0;
  double calibrate_us = 0;
  std::string latencies;
  bool now = false;
};

[[noreturn]] void Refuse(const std::string& message) {
  std::cerr << "saturate: " << message << '\n';
  std::exit(2);
}

double Number(std::string_view name, const char* text, double least, double most) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= least && value <= most)) {
    Refuse("'" + std::string(name) + "' is not for '" + text + "'");
  }
  return value;
}

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--now") {
      options.now = true;
      continue;
    }
    if (i + 1 == argc) Refuse("unknown option or no value: '" + std::string(name) + "'");
    const char* value = argv[++i];
    if (name == "--loops") {
      options.loops = Number(name, value, 0, kLoopsMax);
    } else if (name == "--seconds") {
      options.seconds = Number(name, value, 0, kPauseUsMax);
    } else if (name == "--kernels") {
      options.kernels = Number(name, value, 1, 1e15);
    } else if (name == "--depth") {
      options.depth = Number(name, value, 1, kDepthMax);
    } else if (name == "--pause-us") {
      options.pause_us = Number(name, value, 0, kPauseUsMax);
    } else if (name == "--calibrate") {
      options.calibrate_us = Number(name, value, 1, 1e7);
    } else if (name == "--latencies") {
      options.latencies = value;
    } else {
      Refuse("unknown option '" + std::string(name) + "'");
    }
  }
  return options;
}

// The kernels that are queued, the oldest first, and how long those before them took.
class Launches {
 public:
  Launches(const bench::Device& device, bench::Work& work, const Options& options)
      : device_(device),
        work_(work),
        depth_(static_cast<size_t>(options.depth)),
        pause_us_(options.pause_us),
        keeps_latencies_(!options.latencies.empty()) {}

  // One kernel more, and whatever has to be waited for before the next.
  void Step() {
    queued_.push_back({.start_ns = bench::NowNs()});
    // Whoever has one kernel at a time calls clFinish, as most programs do.
    work_.Launch(depth_ == 1 ? nullptr : &queued_.back().event);
    if (queued_.size() < depth_) return;
    if (pause_us_ == 0) {
      AwaitOldest();
    } else {
      AwaitAll();
      usleep(static_cast<useconds_t>(pause_us_));
    }
  }

  void AwaitAll() {
    while (!queued_.empty()) AwaitOldest();
  }

  const bench::Samples& latencies_ns() const { return latencies_ns_; }

 private:
  struct Queued {
    double start_ns = 0;
    cl_event event = nullptr;
  };

  void AwaitOldest() {
    const Queued oldest = queued_.front();
    queued_.pop_front();
    if (oldest.event == nullptr) {
      device_.Finish();
    } else {
      bench::Ok(clWaitForEvents(1, &oldest.event));
    }
    if (keeps_latencies_) latencies_ns_.push_back(bench::NowNs() - oldest.start_ns);
    if (oldest.event != nullptr) bench::Ok(clReleaseEvent(oldest.event));
  }

  const bench::Device& device_;
  bench::Work& work_;
  size_t depth_;
  double pause_us_;
  bool keeps_latencies_;
  std::deque<Queued> queued_;
  bench::Samples latencies_ns_;
};

// How long one kernel takes with so many loops, its launch and wait included. Other work on the
// machine can only make it longer, so the quickest of many is the truth.
double QuickestNs(const bench::Device& device, bench::Work& work, double loops, size_t kernels) {
  work.SetLoops(static_cast<std::uint32_t>(loops));
  const bench::Samples samples = bench::TimeEach(kernels, [&] {
    work.Launch(nullptr);
    device.Finish();
  });
  return *std::min_element(samples.begin(), samples.end());
}

// What a loop costs is the difference between two kernels so short that some run undisturbed on a
// busy machine. Launch and wait are in both: they are no part of what is printed.
int Calibrate(double kernel_us) {
  constexpr double kShortNs = 200e3;
  constexpr double kStretch = 4;
  constexpr size_t kKernels = 400;
  const bench::Device device;
  double loops = 16;
  bench::Work work(device, static_cast<std::uint32_t>(loops));
  while (loops < kLoopsMax / 16 && QuickestNs(device, work, loops, 20) < kShortNs) loops *= 2;
  const double short_ns = QuickestNs(device, work, loops, kKernels);
  const double long_ns = QuickestNs(device, work, kStretch * loops, kKernels);
  if (!work.ResultsAreRight()) return 1;
  const double loop_ns = (long_ns - short_ns) / ((kStretch - 1) * loops);
  std::printf("%.0f\n", std::clamp(std::round(kernel_us * kNsPerUs / loop_ns), 1.0, kLoopsMax));
  return 0;
}

bool AwaitLine() {
  std::cout << "ready" << std::endl;
  std::string line;
  return static_cast<bool>(std::getline(std::cin, line));
}

bool WriteLatencies(const bench::Samples& latencies_ns, const std::string& path) {
  std::ofstream file(path);
  for (double latency : latencies_ns) file << static_cast<std::uint64_t>(latency) << '\n';
  file.close();
  if (!file) std::cerr << "saturate: cannot write '" << path << "'\n";
  return !file.fail();
}

int Saturate(const Options& options) {
  const bench::Device device;
  bench::Work work(device, static_cast<std::uint32_t>(options.loops));
  if (!options.now && !AwaitLine()) return 1;
  Launches launches(device, work, options);
  const std::uint64_t before = work.launches();
  const double start_ns = bench::NowNs();
  while (bench::NowNs() - start_ns < options.seconds * kNsPerS &&
         static_cast<double>(work.launches() - before) < options.kernels) {
    launches.Step();
  }
  launches.AwaitAll();
  const double seconds = (bench::NowNs() - start_ns) / kNsPerS;
  if (!work.ResultsAreRight()) return 1;
  if (!options.latencies.empty() && !WriteLatencies(launches.latencies_ns(), options.latencies)) {
    return 1;
  }
  std::printf("kernels %llu seconds %.6f\n",
              static_cast<unsigned long long>(work.launches() - before), seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  return options.calibrate_us > 0 ? Calibrate(options.calibrate_us) : Saturate(options);
}
