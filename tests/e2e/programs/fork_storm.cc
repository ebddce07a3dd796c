// SPDX-License-Identifier: Apache-2.0
// A program whose threads are inside OpenCL and the allocator all the time, and that forks
// meanwhile: from its main thread and from a callback, with children that end at once, fork again,
// or execute another program. The parent's results stay right, and no child hangs.
#include <sys/wait.h>

#include <atomic>
#include <memory>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr int kThreads = 4;
constexpr int kForks = 120;
constexpr size_t kBytes = 100000;

std::atomic<bool> g_stop = false;
std::atomic<int> g_wrong = 0;

void Transfer(const e2e::Session& session, uint32_t seed) {
  cl_command_queue queue = e2e::MakeQueue(session.context, session.device);
  while (!g_stop.load()) {
    const std::vector<uint8_t> data = e2e::Pattern(kBytes, seed);
    cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);
    Ok(clEnqueueWriteBuffer(queue, buffer, CL_FALSE, 0, kBytes, data.data(), 0, nullptr, nullptr));
    if (e2e::ReadAll<uint8_t>(queue, buffer, kBytes) != data) g_wrong.fetch_add(1);
    Ok(clReleaseMemObject(buffer));
    seed += kThreads;
  }
  Ok(clReleaseCommandQueue(queue));
}

int Await(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int Descend(int depth) {
  // What a child of a program with threads may well do: the C library sees to that.
  const auto memory = std::make_unique<std::vector<int>>(1000, depth);
  if (depth == 0) return memory->back() == 0 ? 7 : 8;
  const pid_t child = fork();
  if (child == 0) _exit(Descend(depth - 1));
  return Await(child);
}

int ForkOne(int kind) {
  const pid_t child = fork();
  if (child == 0) {
    if (kind == 2) execl("/bin/sh", "sh", "-c", "exit 7", nullptr);
    _exit(Descend(kind));
  }
  return Await(child);
}

struct InCallback {
  std::atomic<int> status = -1;
};

void CL_CALLBACK ForkInCallback(cl_event, cl_int, void* user_data) {
  static_cast<InCallback*>(user_data)->status.store(ForkOne(1));
}

int ForkFromCallback(const e2e::Session& session) {
  InCallback result;
  cl_event marker = nullptr;
  Ok(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, &marker));
  Ok(clSetEventCallback(marker, CL_COMPLETE, ForkInCallback, &result));
  Ok(clFlush(session.queue));
  while (result.status.load() < 0) usleep(500);
  Ok(clReleaseEvent(marker));
  return result.status.load();
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&session, i] { Transfer(session, i + 1); });
  int right = 0;
  for (int i = 0; i < kForks; ++i) right += ForkOne(i % 3) == 7 ? 1 : 0;
  for (int i = 0; i < 10; ++i) right += ForkFromCallback(session) == 7 ? 1 : 0;
  g_stop.store(true);
  for (std::thread& thread : threads) thread.join();
  std::printf("%d children ended as they should, %d transfers were wrong\n", right, g_wrong.load());
  Expect(right == kForks + 10 && g_wrong.load() == 0, "children and transfers");
  return e2e::Finish();
}
