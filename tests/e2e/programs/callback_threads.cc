// SPDX-License-Identifier: Apache-2.0
// What a callback may do that concerns its thread: raise signals and handle them, jump out of a
// handler, look at its signal mask, execute programs that inherit that, and use a deep stack.
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <csetjmp>
#include <csignal>
#include <functional>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

volatile sig_atomic_t g_seen = 0;
sigjmp_buf g_back;

void Note(int) { g_seen = g_seen + 1; }
void JumpBack(int) { siglongjmp(g_back, 1); }

void Install(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  Expect(sigaction(number, &action, nullptr) == 0, "sigaction");
}

void Raise() {
  g_seen = 0;
  raise(SIGUSR1);
  std::printf("handled in the callback: %d\n", static_cast<int>(g_seen));
  Expect(g_seen == 1, "a raised signal is handled at once");
}

// A program that looks whether memory can be read, as crash handlers and interpreters do.
void Fault() {
  volatile int* nowhere = reinterpret_cast<int*>(16);
  if (sigsetjmp(g_back, 1) == 0) {
    *nowhere = 1;
    std::puts("no fault");
  } else {
    std::puts("a fault was handled in the callback");
  }
}

void Masks() {
  sigset_t mask;
  Expect(pthread_sigmask(SIG_BLOCK, nullptr, &mask) == 0, "pthread_sigmask");
  for (const int number : {SIGTERM, SIGINT, SIGCHLD, SIGPIPE, SIGSEGV, SIGUSR2})
    std::printf("signal %d is blocked: %d\n", number, sigismember(&mask, number));
}

// A child that ends only by a signal which it must not have inherited as blocked.
void Spawn() {
  std::fflush(stdout);
  char* const words[] = {const_cast<char*>("sh"), const_cast<char*>("-c"),
                         const_cast<char*>("kill -TERM $$; exit 3"), nullptr};
  pid_t child = 0;
  Expect(posix_spawn(&child, "/bin/sh", nullptr, nullptr, words, environ) == 0, "posix_spawn");
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("a spawned program ended by signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

void Fork() {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) _exit(9);
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("a forked child ended with %d\n", WEXITSTATUS(status));
}

int Deep(int depth) {
  volatile char room[1024] = {};
  room[depth % 1024] = 1;
  return depth == 0 ? 0 : Deep(depth - 1) + room[depth % 1024];
}

void DeepStack() { std::printf("a deep stack: %d\n", Deep(4000)); }

struct Task {
  void (*body)();
  std::atomic<bool> done = false;
};

void CL_CALLBACK RunTask(cl_event, cl_int, void* user_data) {
  auto* task = static_cast<Task*>(user_data);
  task->body();
  task->done.store(true);
}

void InCallback(const e2e::Session& session, void (*body)()) {
  Task task = {.body = body};
  cl_event marker = nullptr;
  Ok(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, &marker));
  Ok(clSetEventCallback(marker, CL_COMPLETE, RunTask, &task));
  Ok(clFlush(session.queue));
  while (!task.done.load()) usleep(1000);
  Ok(clReleaseEvent(marker));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Install(SIGUSR1, Note);
  Install(SIGSEGV, JumpBack);
  for (void (*body)() : {Raise, Fault, Masks, Spawn, Fork, DeepStack, Raise, Fault})
    InCallback(session, body);
  return e2e::Finish();
}
