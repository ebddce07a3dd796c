// SPDX-License-Identifier: Apache-2.0
// Plays sequences on whatever OpenCL it is linked to and says what it saw.
//
//   player FILE...    prints the transcript of each, each line also on standard error at once
//   player --serve    plays what comes on standard input and answers on standard output
//   (tests/random/channel.h)

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

#include "tests/random/channel.h"
#include "tests/random/world.h"

namespace random_test {

namespace {

// Each thread plays its own operations in a world of its own, and in what all have; no order
// between them is said.
std::string Transcript(const Sequence& sequence, bool aloud) {
  std::vector<Sequence> parts(kThreadsMax);
  for (const Operation& operation : sequence) parts[operation.thread].push_back(operation);
  std::vector<std::unique_ptr<World>> worlds(kThreadsMax);
  std::unique_ptr<Commons> commons;
  for (const Operation& operation : sequence) {
    if (!commons && OperationKinds()[operation.kind].group == Group::kCommons)
      commons = std::make_unique<Commons>();
  }
  const auto play = [&](unsigned thread) {
    worlds[thread] = std::make_unique<World>(thread, aloud, commons.get());
    for (const Operation& operation : parts[thread]) worlds[thread]->Play(operation);
    worlds[thread]->End();
  };
  std::vector<std::thread> threads;
  for (unsigned thread = 1; thread < kThreadsMax; ++thread) {
    if (!parts[thread].empty()) threads.emplace_back(play, thread);
  }
  play(0);
  for (std::thread& thread : threads) thread.join();
  std::string transcript;
  for (const auto& world : worlds) {
    if (world) transcript += world->transcript();
  }
  return transcript;
}

int Serve() {
  // Whatever else prints must not get between the answers.
  const int answers = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  for (;;) {
    const Received received = Receive(STDIN_FILENO, -1);
    if (!received.text) return 0;
    const auto sequence = FromText(*received.text);
    if (!Send(answers, sequence ? Transcript(*sequence, false) : "not a sequence\n")) return 1;
  }
}

int PlayFiles(int count, char** names) {
  for (int i = 0; i < count; ++i) {
    std::ifstream file(names[i]);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto sequence = FromText(text);
    if (!sequence) {
      std::fprintf(stderr, "%s: not a sequence\n", names[i]);
      return 2;
    }
    std::fputs(Transcript(*sequence, true).c_str(), stdout);
  }
  return 0;
}

}  // namespace

}  // namespace random_test

int main(int argc, char** argv) {
  // Before there are threads: PoCL says of a device that is being made ready that there is none.
  cl_platform_id platform = nullptr;
  cl_uint count = 0;
  clGetPlatformIDs(1, &platform, nullptr);
  clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
  if (argc == 2 && std::strcmp(argv[1], "--serve") == 0) return random_test::Serve();
  return random_test::PlayFiles(argc - 1, argv + 1);
}
