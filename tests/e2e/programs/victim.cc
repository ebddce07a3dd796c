// SPDX-License-Identifier: Apache-2.0
// The program that other tests kill, or let run beside what they kill.
//
//   victim                 a few rounds of everything, then "all right"
//   victim for SECONDS     rounds for so long
//   victim spin            a kernel that never ends
//   victim forks           a kernel that makes processes for ever, by system calls of its own
//   victim build TEXT      builds a program that no cache has unless it has seen TEXT before
//
// Whatever happens to its device, it ends with an error rather than hang.
#include <chrono>
#include <cstring>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void add(global int* x, int n) { x[get_global_id(0)] += n; }
kernel void spin(volatile global int* x) { while (x[0] == 0) { } }
)";

// A device that is a CPU runs what a kernel contains, whatever that is.
constexpr const char* kForks = R"(
kernel void forks(global long* x) {
  for (;;) {
    long result = 57;  // fork
    __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
    x[0] = result;
  }
}
)";

constexpr std::size_t kItems = 4096;

class Work {
 public:
  Work() : program_(e2e::BuildProgram(session_.context, session_.device, kSource)) {}
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work() { Ok(clReleaseProgram(program_)); }

  void Round() {
    cl_kernel kernel = e2e::MakeKernel(program_, "add");
    std::vector<int> values(kItems, 1);
    cl_mem buffer = e2e::MakeBuffer(session_.context, kItems * sizeof(int), CL_MEM_COPY_HOST_PTR,
                                    values.data());
    e2e::SetArg(kernel, 0, buffer);
    for (int i = 1; i <= 4; ++i) {
      e2e::SetArg(kernel, 1, i);
      e2e::Launch(session_.queue, kernel, kItems);
    }
    AddOneThroughAMap(buffer);
    values = e2e::ReadAll<int>(session_.queue, buffer, kItems);
    Expect(values[0] == 13 && values[kItems - 1] == 11, "sum");
    Ok(clReleaseMemObject(buffer));
    Ok(clReleaseKernel(kernel));
  }

  void Spin() {
    cl_kernel kernel = e2e::MakeKernel(program_, "spin");
    cl_mem buffer = e2e::MakeBuffer(session_.context, sizeof(int));
    const int zero = 0;
    Ok(clEnqueueFillBuffer(session_.queue, buffer, &zero, sizeof zero, 0, sizeof zero, 0, nullptr,
                           nullptr));
    e2e::SetArg(kernel, 0, buffer);
    e2e::Launch(session_.queue, kernel, 1);
    std::puts("spinning");
    Ok(clFinish(session_.queue));
  }

 private:
  void AddOneThroughAMap(cl_mem buffer) {
    cl_int error = CL_SUCCESS;
    auto* mapped = static_cast<int*>(clEnqueueMapBuffer(session_.queue, buffer, CL_TRUE,
                                                        CL_MAP_READ | CL_MAP_WRITE, 0, sizeof(int),
                                                        0, nullptr, nullptr, &error));
    Ok(error);
    mapped[0] += 2;
    Ok(clEnqueueUnmapMemObject(session_.queue, buffer, mapped, 0, nullptr, nullptr));
  }

  e2e::Session session_;
  cl_program program_;
};

void Build(const char* text) {
  const e2e::Session session;
  const std::string source =
      std::string("kernel void unique(global int* x) { x[0] = sizeof(\"") + text + "\"); }";
  cl_program program = e2e::BuildProgram(session.context, session.device, source.c_str());
  cl_kernel kernel = e2e::MakeKernel(program, "unique");
  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof(int));
  e2e::SetArg(kernel, 0, buffer);
  e2e::Launch(session.queue, kernel, 1);
  const int bytes = e2e::ReadAll<int>(session.queue, buffer, 1)[0];
  Expect(bytes == static_cast<int>(std::strlen(text)) + 1, "length");
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
}

void Fork() {
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kForks);
  cl_kernel kernel = e2e::MakeKernel(program, "forks");
  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof(cl_long));
  e2e::SetArg(kernel, 0, buffer);
  std::puts("forking");
  e2e::Launch(session.queue, kernel, 1);
  Ok(clFinish(session.queue));
}

void RoundsFor(double seconds) {
  using Clock = std::chrono::steady_clock;
  Work work;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  std::puts("working");
  do {
    work.Round();
  } while (Clock::now() < end);
}

}  // namespace

int main(int argc, char** argv) {
  e2e::Begin();
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "build" && argc > 2) {
    Build(argv[2]);
  } else if (what == "for" && argc > 2) {
    RoundsFor(std::strtod(argv[2], nullptr));
  } else if (what == "spin") {
    Work().Spin();
  } else if (what == "forks") {
    Fork();
  } else {
    Work work;
    for (int i = 0; i < 20; ++i) work.Round();
  }
  return e2e::Finish();
}
