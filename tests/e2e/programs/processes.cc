// SPDX-License-Identifier: Apache-2.0
// Children: forked before the parent touches OpenCL, forked after it, executed anew, and several at
// once. A child forked from a process that already uses OpenCL starts afresh by executing itself.
#include <sys/wait.h>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void triple(global int* x) { x[get_global_id(0)] = 3 * (int)get_global_id(0); }
)";

int Compute() {
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "triple");
  cl_mem buffer = e2e::MakeBuffer(session.context, 100 * sizeof(int));
  e2e::SetArg(kernel, 0, buffer);
  e2e::Launch(session.queue, kernel, 100);
  const int last = e2e::ReadAll<int>(session.queue, buffer, 100)[99];
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  return last;
}

int Status(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

template <typename Body>
pid_t Fork(Body body) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child != 0) return child;
  const int status = body();
  std::fflush(stdout);
  _exit(status);
}

pid_t Execute(const char* role) {
  return Fork([role] {
    execl("/proc/self/exe", "processes", role, nullptr);
    return 99;
  });
}

void Report(const char* label, int status, int wanted) {
  std::printf("%s: status %d\n", label, status);
  Expect(status == wanted, label);
}

int Parent() {
  Report("forked before OpenCL", Status(Fork([] { return Compute() == 297 ? 11 : 1; })), 11);
  std::printf("parent: %d\n", Compute());
  Report("executed after OpenCL", Status(Execute("child")), 12);
  Report("a child that does not touch OpenCL", Status(Fork([] { return 13; })), 13);
  std::printf("parent: %d\n", Compute());
  pid_t children[4];
  for (pid_t& child : children) child = Execute("quiet");
  for (pid_t child : children) Report("one of four at once", Status(child), 14);
  Report("a child with a child", Status(Execute("family")), 15);
  std::printf("parent: %d\n", Compute());
  return e2e::Finish();
}

// The parent holds live objects over the fork and goes on using them.
int ParentWithObjects() {
  const e2e::Session session;
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  const cl_int value = 21;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &value, 4, 0, 64, 0, nullptr, nullptr));
  Report("executed beside live objects", Status(Execute("child")), 12);
  std::printf("parent's objects: %d\n", e2e::ReadAll<cl_int>(session.queue, buffer, 16)[15]);
  Ok(clReleaseMemObject(buffer));
  return e2e::Finish();
}

}  // namespace

int main(int argc, char** argv) {
  e2e::Begin();
  const std::string role = argc > 1 ? argv[1] : "parent";
  if (role == "child") {
    std::printf("child: %d\n", Compute());
    return 12;
  }
  if (role == "quiet") return Compute() == 297 ? 14 : 1;
  if (role == "family") {
    const int status = Status(Execute("child"));
    return Compute() == 297 && status == 12 ? 15 : 1;
  }
  const pid_t first = Fork([] { return Parent(); });
  Report("whole family in a child", Status(first), 0);
  return ParentWithObjects();
}
