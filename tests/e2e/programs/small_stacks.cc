// SPDX-License-Identifier: Apache-2.0
// Threads with little stack, and coroutines on stacks of their own, that transfer, launch and ask.
#include <pthread.h>
#include <ucontext.h>

#include <algorithm>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void add(global int* x, int value) { x[get_global_id(0)] += value; }
)";
constexpr size_t kStackBytes = size_t{32} << 10;
constexpr size_t kItems = 1024;

struct Work {
  const e2e::Session* session;
  cl_kernel kernel;
  int result = 0;
};

// Everything that programs do all the time, building apart.
void Compute(Work& work) {
  const e2e::Session& session = *work.session;
  cl_mem buffer = e2e::MakeBuffer(session.context, kItems * sizeof(cl_int));
  const cl_int value = 3;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &value, sizeof value, 0, kItems * sizeof value, 0,
                         nullptr, nullptr));
  for (int i = 0; i < 4; ++i) {
    e2e::SetArg(work.kernel, 0, buffer);
    e2e::SetArg(work.kernel, 1, i);
    cl_event event = nullptr;
    e2e::Launch(session.queue, work.kernel, kItems, &event);
    Ok(clWaitForEvents(1, &event));
    Ok(clReleaseEvent(event));
  }
  cl_int last = 0;
  Ok(clEnqueueReadBuffer(session.queue, buffer, CL_TRUE, (kItems - 1) * sizeof last, sizeof last,
                         &last, 0, nullptr, nullptr));
  cl_int code = CL_SUCCESS;
  void* mapped = clEnqueueMapBuffer(session.queue, buffer, CL_TRUE, CL_MAP_READ, 0, 64, 0, nullptr,
                                    nullptr, &code);
  Ok(code);
  Expect(*static_cast<cl_int*>(mapped) == last, "the mapped value");
  Ok(clEnqueueUnmapMemObject(session.queue, buffer, mapped, 0, nullptr, nullptr));
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(buffer));
  work.result = last;
}

void* ThreadMain(void* work) {
  Compute(*static_cast<Work*>(work));
  return nullptr;
}

void Thread(Work& work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  const size_t bytes = std::max(kStackBytes, static_cast<size_t>(PTHREAD_STACK_MIN));
  Expect(pthread_attr_setstacksize(&attributes, bytes) == 0, "the stack's size");
  pthread_t thread;
  Expect(pthread_create(&thread, &attributes, ThreadMain, &work) == 0, "pthread_create");
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

Work* g_work = nullptr;
void CoroutineMain() { Compute(*g_work); }

void Coroutine(Work& work) {
  g_work = &work;
  alignas(64) static char stack[kStackBytes];
  ucontext_t here;
  ucontext_t there;
  getcontext(&there);
  there.uc_stack = {.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
  there.uc_link = &here;
  makecontext(&there, CoroutineMain, 0);
  swapcontext(&here, &there);
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  Work work = {.session = &session, .kernel = e2e::MakeKernel(program, "add")};
  Compute(work);
  std::printf("main: %d\n", work.result);
  Thread(work);
  std::printf("thread: %d\n", work.result);
  Coroutine(work);
  std::printf("coroutine: %d\n", work.result);
  Ok(clReleaseKernel(work.kernel));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
