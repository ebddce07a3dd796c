// SPDX-License-Identifier: Apache-2.0
// A thread that has made no call yet makes its first ones while another one waits for a large read:
// the read gives what the buffer held when its turn came, and does not wait for ever when that
// thread has to end the wait. Each round is a process of its own, since only a process's first two
// threads are of interest.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBytes = size_t{1} << 20;
constexpr int kRounds = 2;

constexpr const char* kSlowFill = R"(
kernel void fill(global uchar* bytes, uint rounds) {
  uint value = get_global_id(0);
  for (uint i = 0; i < rounds; ++i) value = value * 1664525u + 1013904223u;
  bytes[get_global_id(0)] = value == 12345u ? 1 : 7;
}
)";

struct Setup {
  e2e::Session session;
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);
  cl_program program = e2e::BuildProgram(session.context, session.device, kSlowFill);
  cl_kernel kernel = e2e::MakeKernel(program, "fill");

  void Start(cl_uint rounds, const cl_event* gate = nullptr) {
    e2e::SetArg(kernel, 0, buffer);
    e2e::SetArg(kernel, 1, rounds);
    const size_t items = kBytes;
    Ok(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &items, nullptr,
                              gate == nullptr ? 0 : 1, gate, nullptr));
    Ok(clFlush(session.queue));
  }
  std::vector<uint8_t> Read() { return e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes); }
};

const std::vector<uint8_t> kSevens(kBytes, 7);

// Its write comes after the read in the queue.
void Overwrites() {
  Setup setup;
  setup.Start(1000);
  const std::vector<uint8_t> other(kBytes, 9);
  std::thread late([&] {
    usleep(300000);
    Ok(clEnqueueWriteBuffer(setup.session.queue, setup.buffer, CL_TRUE, 0, kBytes, other.data(), 0,
                            nullptr, nullptr));
  });
  const std::vector<uint8_t> seen = setup.Read();
  late.join();
  Expect(seen == kSevens || seen == other, "a read before or after the write, not between");
  Expect(setup.Read() == other, "and then the write's");
  // It has stood in the queue, behind the kernel, since long before the write.
  Expect(seen == kSevens, "the read came first");
}

// Without it the read would not end.
void EndsTheWait() {
  Setup setup;
  cl_event gate = e2e::MakeUserEvent(setup.session.context);
  setup.Start(1, &gate);
  std::thread late([&] {
    usleep(300000);
    Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  });
  Expect(setup.Read() == kSevens, "the read ended, and came after the kernel");
  late.join();
  Ok(clReleaseEvent(gate));
}

bool InProcess(void (*round)()) {
  const pid_t child = fork();
  if (child == 0) {
    e2e::Begin();
    e2e::g_failures = 0;  // of the parent's
    round();
    std::fflush(stdout);
    _exit(e2e::g_failures == 0 ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

int main() {
  e2e::Begin();
  for (int round = 0; round < kRounds; ++round) {
    Expect(InProcess(Overwrites), "a late write");
    Expect(InProcess(EndsTheWait), "a late completion");
  }
  return e2e::Finish();
}
