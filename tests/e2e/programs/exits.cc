// SPDX-License-Identifier: Apache-2.0
// Every way to end a program: from main, by exit() in another thread, by _exit and quick_exit, by
// main returning with work pending or with objects alive, by a signal, by pthread_exit of the main
// thread, and with static destructors and atexit handlers that still use OpenCL.
// The program runs itself once for each way and reports how that run ended.
#include <pthread.h>
#include <sys/wait.h>

#include <csignal>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void spin(global float* x, int rounds) {
  float v = 1.0f;
  for (int i = 0; i < rounds; ++i) v = v * 0.999f + 0.5f;
  x[get_global_id(0)] = v;
}
)";

// Objects that are never released: a program may just end. The kernel has run once, since PoCL
// compiles it then, and LLVM does not survive the end of the process in the middle of that.
struct Work {
  e2e::Session* session = new e2e::Session;
  cl_mem buffer = e2e::MakeBuffer(session->context, 4096);
  cl_program program = e2e::BuildProgram(session->context, session->device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "spin");

  Work() {
    Start(1, 1);
    Ok(clFinish(session->queue));
  }

  void Start(int launches, int rounds) const {
    e2e::SetArg(kernel, 0, buffer);
    e2e::SetArg(kernel, 1, rounds);
    for (int i = 0; i < launches; ++i) e2e::Launch(session->queue, kernel, 64);
    Ok(clFlush(session->queue));
  }
};

const Work* g_work = nullptr;

void AtExit() {
  const auto seen = e2e::ReadAll<float>(g_work->session->queue, g_work->buffer, 1);
  std::printf("  atexit handler read %.1f\n", static_cast<double>(seen[0]));
}

struct Lingering {
  e2e::Session* session = nullptr;
  ~Lingering() {
    if (session == nullptr) return;
    delete session;
    std::puts("  static destructor released its session");
  }
};

Lingering g_lingering;

void* ExitFromThread(void*) {
  std::puts("  exit from a thread");
  std::fflush(stdout);
  exit(21);
}

[[noreturn]] void SleepForever() {
  for (;;) pause();
}

int EndByThread() {
  const Work work;
  work.Start(3, 100);
  std::thread([] { ExitFromThread(nullptr); }).detach();
  SleepForever();
}

int EndPending() {
  const Work work;
  work.Start(20, 100000);
  std::puts("  main returns with work pending");
  return 22;
}

int EndGated() {
  const Work work;
  cl_event gate = e2e::MakeUserEvent(work.session->context);
  const cl_uint zero = 0;
  Ok(clEnqueueFillBuffer(work.session->queue, work.buffer, &zero, 4, 0, 64, 1, &gate, nullptr));
  std::puts("  main returns with a command behind a gate");
  return 23;
}

int EndMapped() {
  const Work work;
  cl_int code = CL_SUCCESS;
  clEnqueueMapBuffer(work.session->queue, work.buffer, CL_TRUE, CL_MAP_WRITE, 0, 64, 0, nullptr,
                     nullptr, &code);
  Ok(code);
  return 24;
}

int EndQuickly() {
  const Work work;
  work.Start(3, 100);
  std::puts("  _exit");
  _exit(25);
}

int EndBySignal() {
  const Work work;
  work.Start(3, 100);
  raise(SIGTERM);
  return 0;
}

int EndByAbort() {
  const Work work;
  work.Start(3, 100);
  std::fflush(stdout);
  std::abort();
}

int EndWithHandler() {
  static const Work kWork;
  g_work = &kWork;
  const float value = 7.5F;
  Ok(clEnqueueFillBuffer(kWork.session->queue, kWork.buffer, &value, 4, 0, 4096, 0, nullptr,
                         nullptr));
  if (std::atexit(AtExit) != 0) return 1;
  return 26;
}

int EndWithStatic() {
  g_lingering.session = new e2e::Session;
  return 27;
}

int EndMainThread() {
  static const Work kWork;
  std::thread([] {
    usleep(20000);
    const float value = 2.5F;
    Ok(clEnqueueFillBuffer(kWork.session->queue, kWork.buffer, &value, 4, 0, 4096, 0, nullptr,
                           nullptr));
    std::printf("  after the main thread's end: %.1f\n",
                static_cast<double>(e2e::ReadAll<float>(kWork.session->queue, kWork.buffer, 1)[0]));
    std::fflush(stdout);
    exit(28);
  }).detach();
  pthread_exit(nullptr);
}

struct Way {
  const char* name;
  int (*run)();
  int status;  // Past 1000 it is a signal.
};

constexpr Way kWays[] = {
    {"thread", EndByThread, 21},
    {"pending", EndPending, 22},
    {"gated", EndGated, 23},
    {"mapped", EndMapped, 24},
    {"_exit", EndQuickly, 25},
    {"signal", EndBySignal, 1000 + SIGTERM},
    {"abort", EndByAbort, 1000 + SIGABRT},
    {"atexit", EndWithHandler, 26},
    {"static", EndWithStatic, 27},
    {"main thread", EndMainThread, 28},
};

int Run(const char* name) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    execl("/proc/self/exe", "exits", name, nullptr);
    _exit(99);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  e2e::Begin();
  for (const Way& way : kWays) {
    if (argc > 1) {
      if (std::string(argv[1]) == way.name) return way.run();
      continue;
    }
    const int status = Run(way.name);
    std::printf("%s: status %d\n", way.name, status);
    Expect(status == way.status, way.name);
  }
  return e2e::Finish();
}
