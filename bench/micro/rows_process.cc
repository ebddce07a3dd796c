// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>

#include "bench/micro/device.h"
#include "bench/micro/rows.h"

namespace bench {
namespace {

constexpr double kNsPerMs = 1e6;

// A process that runs this program again in some role, with a pipe in each direction.
class Child {
 public:
  explicit Child(const char* role) {
    int to_child[2];
    int from_child[2];
    if (pipe(to_child) != 0 || pipe(from_child) != 0) Fail("pipe");
    pid_ = fork();
    if (pid_ < 0) Fail("fork");
    if (pid_ == 0) {
      dup2(to_child[0], STDIN_FILENO);
      dup2(from_child[1], STDOUT_FILENO);
      for (int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(fd);
      execl("/proc/self/exe", "micro", "--child", role, nullptr);
      Fail("exec");
    }
    close(to_child[0]);
    close(from_child[1]);
    input_ = to_child[1];
    output_ = fdopen(from_child[0], "r");
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    close(input_);
    std::fclose(output_);
    int status = 0;
    waitpid(pid_, &status, 0);
  }

  // Each role says one number at a time.
  double Hear() const {
    double value = 0;
    if (std::fscanf(output_, "%lf", &value) != 1) Fail("child");
    return value;
  }

  void Go() const {
    if (write(input_, "g", 1) != 1) Fail("write");
  }

 private:
  [[noreturn]] static void Fail(const char* what) {
    std::perror(what);
    std::_Exit(1);
  }

  pid_t pid_ = -1;
  int input_ = -1;
  FILE* output_ = nullptr;
};

void Say(double value) {
  std::printf("%.3f\n", value);
  std::fflush(stdout);
}

void AwaitGo() {
  char go = 0;
  if (read(STDIN_FILENO, &go, 1) != 1) std::_Exit(1);
}

// From the first call of a fresh process to a queue that has done something.
void SetUpRole() {
  const double start = NowNs();
  const Device device;
  Ok(clEnqueueMarkerWithWaitList(device.queue(), 0, nullptr, nullptr));
  device.Finish();
  Say((NowNs() - start) / kNsPerMs);
}

Samples SetUp(double effort) {
  Samples samples(Repetitions(20, effort));
  for (double& sample : samples) sample = Child("set-up").Hear();
  return samples;
}

// Up to a kernel object. What an implementation puts off to the first launch is not counted.
double BuildMs(const Device& device, const std::string& source) {
  const double start = NowNs();
  cl_int code = CL_SUCCESS;
  cl_program program = device.Build(source.c_str());
  cl_kernel kernel = clCreateKernel(program, "small", &code);
  Ok(code);
  const double built = NowNs();
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  return (built - start) / kNsPerMs;
}

std::string SmallSource(unsigned long long salt) {
  return "kernel void small(global int* x) { x[get_global_id(0)] += " +
         std::to_string(salt % 1000000007ULL) + "; }\n";
}

// Never built before by anybody.
Samples BuildFresh(double effort) {
  const Device device;
  auto salt = static_cast<unsigned long long>(NowNs());
  Samples samples(Repetitions(20, effort));
  for (double& sample : samples) sample = BuildMs(device, SmallSource(++salt));
  return samples;
}

// Built before, so that caches can help.
Samples BuildAgain(double effort) {
  const Device device;
  const std::string source = SmallSource(1);
  BuildMs(device, source);
  Samples samples(Repetitions(20, effort));
  for (double& sample : samples) sample = BuildMs(device, source);
  return samples;
}

constexpr int kSessions = 4;
constexpr double kLoopNs = 700e6;

// Launches and waits as fast as it goes for a while, then tells how often and how long at worst.
void LoopRole() {
  const Device device;
  const EmptyKernel kernel(device);
  Say(0);
  AwaitGo();
  Samples samples;
  samples.reserve(1U << 18U);
  const double start = NowNs();
  double now = start;
  while (now - start < kLoopNs) {
    kernel.Launch();
    device.Finish();
    const double then = std::exchange(now, NowNs());
    samples.push_back(now - then);
  }
  Say(static_cast<double>(samples.size()) / (now - start) * 1e9);
  Say(Quantile(samples, 0.99) / 1000);
}

struct Together {
  double operations_per_s = 0;
  double worst_p99_us = 0;
};

Together RunTogether() {
  const Child children[kSessions] = {Child("loop"), Child("loop"), Child("loop"), Child("loop")};
  for (const Child& child : children) child.Hear();
  for (const Child& child : children) child.Go();
  Together all;
  for (const Child& child : children) {
    all.operations_per_s += child.Hear();
    all.worst_p99_us = std::max(all.worst_p99_us, child.Hear());
  }
  return all;
}

Samples SessionsRate(double effort) {
  Samples samples(Repetitions(10, effort));
  for (double& sample : samples) sample = RunTogether().operations_per_s;
  return samples;
}

Samples SessionsTail(double effort) {
  Samples samples(Repetitions(10, effort));
  for (double& sample : samples) sample = RunTogether().worst_p99_us;
  return samples;
}

constexpr Row kRows[] = {
    {"set_up", "ms", SetUp},
    {"build_fresh", "ms", BuildFresh},
    {"build_again", "ms", BuildAgain},
    {"sessions_4_rate", "ops/s", SessionsRate},
    {"sessions_4_p99", "us", SessionsTail},
};

}  // namespace

std::span<const Row> ProcessRows() { return kRows; }

int RunChild(const char* role) {
  if (std::strcmp(role, "set-up") == 0) {
    SetUpRole();
    return 0;
  }
  if (std::strcmp(role, "loop") == 0) {
    LoopRole();
    return 0;
  }
  std::fprintf(stderr, "micro: unknown role '%s'\n", role);
  return 2;
}

}  // namespace bench
