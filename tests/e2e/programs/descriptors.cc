// SPDX-License-Identifier: Apache-2.0
// What a program may do with its descriptors behind OpenCL's back: close all of them, use their
// numbers for sockets of its own, fork children that must find these open, and run out of numbers.
// No byte of the program's sockets may get lost, and OpenCL goes on.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kSmall = 4096;
constexpr size_t kLarge = size_t{40} << 20;
constexpr int kNumbers = 64;

// Writes and reads a pattern, so that small and large transfers go both ways.
void Transfer(const e2e::Session& session, const char* label, size_t bytes, uint32_t seed) {
  const std::vector<uint8_t> sent = e2e::Pattern(bytes, seed);
  cl_mem buffer = e2e::MakeBuffer(session.context, bytes);
  Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, 0, bytes, sent.data(), 0, nullptr,
                          nullptr));
  const std::vector<uint8_t> seen = e2e::ReadAll<uint8_t>(session.queue, buffer, bytes);
  e2e::PrintChecksum(label, seen.data(), bytes);
  Expect(seen == sent, label);
  Ok(clReleaseMemObject(buffer));
}

void CL_CALLBACK Completed(cl_event, cl_int, void* user_data) {
  const char byte = 'c';
  if (write(*static_cast<int*>(user_data), &byte, 1) != 1) _exit(3);
}

// A callback uses the program's descriptors.
void Callback(const e2e::Session& session, const char* label) {
  std::array<int, 2> ends = {};
  if (pipe(ends.data()) != 0) _exit(3);
  cl_event marker = nullptr;
  Ok(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, &marker));
  Ok(clSetEventCallback(marker, CL_COMPLETE, Completed, &ends[1]));
  Ok(clFlush(session.queue));
  char byte = 0;
  Expect(read(ends[0], &byte, 1) == 1 && byte == 'c', "a callback writes into a pipe");
  std::printf("%s: a callback wrote into a pipe\n", label);
  Ok(clReleaseEvent(marker));
  close(ends[0]);
  close(ends[1]);
}

// The ends of the program's own socket pairs, on the numbers that were just closed.
struct Sockets {
  std::vector<std::array<int, 2>> pairs;

  void Fill() {
    std::array<int, 2> pair = {};
    while (pair[1] < kNumbers && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair.data()) == 0)
      pairs.push_back(pair);
  }
  void Send() const {
    for (const auto& pair : pairs) {
      Expect(send(pair[0], "one", 3, 0) == 3, "a packet is sent");
      Expect(send(pair[1], "other", 5, 0) == 5, "a packet is sent back");
    }
  }
  void Check(const char* label) const {
    size_t whole = 0;
    for (const auto& pair : pairs) {
      std::array<char, 16> text = {};
      const bool first = recv(pair[1], text.data(), text.size(), MSG_DONTWAIT) == 3;
      const bool second = recv(pair[0], text.data(), text.size(), MSG_DONTWAIT) == 5;
      const bool empty = recv(pair[0], text.data(), text.size(), MSG_DONTWAIT) < 0 &&
                         recv(pair[1], text.data(), text.size(), MSG_DONTWAIT) < 0;
      whole += first && second && empty ? 1 : 0;
    }
    Expect(whole == pairs.size(), label);
    std::printf("%s: %s\n", label, whole == pairs.size() ? "each has its own packet" : "lost");
  }
  size_t Open() const {
    size_t open = 0;
    for (const auto& pair : pairs) {
      for (const int fd : pair) open += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return open;
  }
};

void CloseAll() {
  for (int fd = 3; fd < 1024; ++fd) close(fd);
}

int LowestFree() {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(fd);
  return fd;
}

void Children(const Sockets& sockets) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) _exit(sockets.Open() == 2 * sockets.pairs.size() ? 7 : 8);
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("a child has all of the program's sockets: %d\n", WEXITSTATUS(status));
  Expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "descriptors of a child");
}

}  // namespace

int main() {
  e2e::Begin();
  CloseAll();
  const e2e::Session session;
  Transfer(session, "at first", kSmall, 1);
  std::printf("the next descriptor is %d\n", LowestFree());

  CloseAll();
  Transfer(session, "all closed, small", kSmall, 2);
  Transfer(session, "all closed, large", kLarge, 3);
  Callback(session, "all closed");

  Sockets sockets;
  sockets.Fill();
  sockets.Send();
  Transfer(session, "numbers reused, small", kSmall, 4);
  Transfer(session, "numbers reused, large", 2 * kLarge, 5);
  Callback(session, "numbers reused");
  Children(sockets);
  sockets.Check("the program's sockets");

  const rlimit none = {.rlim_cur = 3, .rlim_max = 3};
  Expect(setrlimit(RLIMIT_NOFILE, &none) == 0, "setrlimit");
  Transfer(session, "no number left", 3 * kLarge, 6);
  return e2e::Finish();
}
