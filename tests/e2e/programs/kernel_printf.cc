// SPDX-License-Identifier: Apache-2.0
// A kernel's printf appears on the program's standard output, between what the program itself
// writes before the launch and after the wait.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Ok;

constexpr const char* kSource = R"(
kernel void say(int round) { printf("kernel: round %d, item %d\n", round, (int)get_global_id(0)); }
kernel void kinds(float f, char c, long l, uint u) {
  printf("kernel: %d %5d|%-5d|%05d %x %o\n", -42, 42, 42, 42, 255u, 8u);
  printf("kernel: %.3f %g %e\n", f, f * 2.0f, f);
  printf("kernel: %c %s %%\n", c, "text");
  printf("kernel: %ld %u\n", l, u);
  printf("kernel: %v4hld\n", (int4)(1, 2, 3, 4));
  printf("kernel: no newline, ");
}
kernel void much(int count) {
  for (int i = 0; i < count; ++i) printf("kernel: line %d of a longer text that fills the buffer\n", i);
}
)";

void Rounds(const e2e::Session& session, cl_program program) {
  cl_kernel say = e2e::MakeKernel(program, "say");
  for (int round = 0; round < 5; ++round) {
    e2e::SetArg(say, 0, round);
    std::printf("program: before round %d\n", round);
    e2e::Launch(session.queue, say, 1);
    Ok(clFinish(session.queue));
    std::printf("program: after round %d\n", round);
  }
  Ok(clReleaseKernel(say));
}

// Every way of waiting is enough for the text to be there.
void Waits(const e2e::Session& session, cl_program program) {
  cl_kernel say = e2e::MakeKernel(program, "say");
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  e2e::SetArg(say, 0, 10);
  cl_event event = nullptr;
  e2e::Launch(session.queue, say, 1, &event);
  Ok(clWaitForEvents(1, &event));
  Ok(clReleaseEvent(event));
  std::puts("program: after clWaitForEvents");
  e2e::SetArg(say, 0, 11);
  e2e::Launch(session.queue, say, 1);
  e2e::ReadAll<int>(session.queue, buffer, 16);
  std::puts("program: after a blocking read");
  for (int round = 12; round < 16; ++round) {
    e2e::SetArg(say, 0, round);
    e2e::Launch(session.queue, say, 1);
  }
  Ok(clFinish(session.queue));
  std::puts("program: after four launches and one wait");
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(say));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  Rounds(session, program);
  Waits(session, program);
  cl_kernel kinds = e2e::MakeKernel(program, "kinds");
  e2e::SetArg(kinds, 0, 1.5F);
  e2e::SetArg(kinds, 1, cl_char{'z'});
  e2e::SetArg(kinds, 2, cl_long{-5000000000});
  e2e::SetArg(kinds, 3, cl_uint{4000000000});
  e2e::Launch(session.queue, kinds, 1);
  Ok(clFinish(session.queue));
  std::puts("program: after the kinds");
  cl_kernel much = e2e::MakeKernel(program, "much");
  e2e::SetArg(much, 0, 3000);
  e2e::Launch(session.queue, much, 1);
  Ok(clFinish(session.queue));
  std::puts("program: after much");
  Ok(clReleaseKernel(much));
  Ok(clReleaseKernel(kinds));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
