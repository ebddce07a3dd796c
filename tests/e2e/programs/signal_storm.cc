// SPDX-License-Identifier: Apache-2.0
// A timer that interrupts the program's threads thousands of times, without restarting what they
// wait in. No call notices.
#include <atomic>
#include <csignal>
#include <ctime>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void add(global int* x, int value) { x[get_global_id(0)] += value; }
)";
constexpr int kThreads = 3;
constexpr int kRounds = 60;
constexpr size_t kItems = 20000;

std::atomic<int> g_signals = 0;

void Count(int) { g_signals.fetch_add(1); }

void StartTimer() {
  struct sigaction action = {};
  action.sa_handler = Count;  // no SA_RESTART
  Expect(sigaction(SIGUSR1, &action, nullptr) == 0, "sigaction");
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_t timer = nullptr;
  Expect(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
  const itimerspec every = {.it_interval = {0, 300000}, .it_value = {0, 300000}};
  Expect(timer_settime(timer, 0, &every, nullptr) == 0, "timer_settime");
}

void Compute(const e2e::Session& session, cl_program program, std::atomic<int>& wrong) {
  cl_command_queue queue = e2e::MakeQueue(session.context, session.device);
  cl_kernel kernel = e2e::MakeKernel(program, "add");
  std::vector<cl_int> values(kItems);
  for (int round = 0; round < kRounds; ++round) {
    values.assign(kItems, round);
    cl_mem buffer = e2e::MakeBuffer(session.context, kItems * sizeof(cl_int));
    Ok(clEnqueueWriteBuffer(queue, buffer, round % 2 == 0 ? CL_TRUE : CL_FALSE, 0,
                            kItems * sizeof(cl_int), values.data(), 0, nullptr, nullptr));
    e2e::SetArg(kernel, 0, buffer);
    e2e::SetArg(kernel, 1, round);
    cl_event event = nullptr;
    e2e::Launch(queue, kernel, kItems, &event);
    Ok(clWaitForEvents(1, &event));
    if (e2e::ReadAll<cl_int>(queue, buffer, kItems)[kItems - 1] != 2 * round) wrong.fetch_add(1);
    Ok(clReleaseEvent(event));
    Ok(clReleaseMemObject(buffer));
  }
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseCommandQueue(queue));
}

}  // namespace

int main() {
  e2e::Begin();
  StartTimer();  // before the first call, so that this one is interrupted, too
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] { Compute(session, program, wrong); });
  for (std::thread& thread : threads) thread.join();
  Expect(g_signals.load() > 0, "interrupted");
  std::printf("%d results were wrong\n", wrong.load());
  Expect(wrong.load() == 0, "results");
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
