// SPDX-License-Identifier: Apache-2.0
// A user event set by a second thread while the first is inside a call that waits for it: in
// clWaitForEvents, in clFinish, in a blocking read and in a blocking map. The second thread may be
// there before or may be started only when the wait is under way.
#include <atomic>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBytes = 4096;

class Scene {
 public:
  explicit Scene(const e2e::Session& session)
      : session_(session), buffer_(e2e::MakeBuffer(session.context, kBytes)) {}
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() { Ok(clReleaseMemObject(buffer_)); }

  // wait is called with the gated command's event and must not return before the gate is open.
  template <typename Wait>
  void Play(const char* label, Wait wait) {
    for (cl_uchar round = 1; round <= 20; ++round) {
      cl_event gate = e2e::MakeUserEvent(session_.context);
      cl_event filled = nullptr;
      Ok(clEnqueueFillBuffer(session_.queue, buffer_, &round, 1, 0, kBytes, 1, &gate, &filled));
      std::atomic<bool> opened = false;
      std::thread opener([&] {
        usleep(round % 3 * 500U);  // Before, about when, and after the wait begins.
        opened = true;
        Ok(clSetUserEventStatus(gate, CL_COMPLETE));
      });
      wait(filled);
      Expect(opened, "nobody passes a closed gate");
      Expect(e2e::EventStatus(filled) == CL_COMPLETE, "the gated command has run");
      opener.join();
      Ok(clReleaseEvent(filled));
      Ok(clReleaseEvent(gate));
    }
    std::puts(label);
  }

  void ReadBlocking() {
    std::vector<uint8_t> host(kBytes);
    Ok(clEnqueueReadBuffer(session_.queue, buffer_, CL_TRUE, 0, kBytes, host.data(), 0, nullptr,
                           nullptr));
    Expect(host[0] == host[kBytes - 1] && host[0] != 0, "read what the gated command wrote");
  }

  void MapBlocking() {
    cl_int code = CL_SUCCESS;
    void* mapped = clEnqueueMapBuffer(session_.queue, buffer_, CL_TRUE, CL_MAP_READ, 0, kBytes, 0,
                                      nullptr, nullptr, &code);
    Ok(code);
    Ok(clEnqueueUnmapMemObject(session_.queue, buffer_, mapped, 0, nullptr, nullptr));
  }

 private:
  const e2e::Session& session_;
  cl_mem buffer_;
};

// Two threads hand a turn to and fro through user events and nothing else.
void PingPong(const e2e::Session& session) {
  constexpr size_t kTurns = 200;
  std::vector<cl_event> turns(2 * kTurns);
  for (cl_event& turn : turns) turn = e2e::MakeUserEvent(session.context);
  std::thread other([&] {
    for (size_t i = 0; i < turns.size(); i += 2) {
      Ok(clWaitForEvents(1, &turns[i]));
      Ok(clSetUserEventStatus(turns[i + 1], CL_COMPLETE));
    }
  });
  for (size_t i = 0; i < turns.size(); i += 2) {
    Ok(clSetUserEventStatus(turns[i], CL_COMPLETE));
    Ok(clWaitForEvents(1, &turns[i + 1]));
  }
  other.join();
  for (cl_event turn : turns) Ok(clReleaseEvent(turn));
  std::printf("ping-pong: %zu turns\n", kTurns);
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Scene scene(session);
  scene.Play("clWaitForEvents", [](cl_event event) { Ok(clWaitForEvents(1, &event)); });
  scene.Play("clFinish", [&](cl_event) { Ok(clFinish(session.queue)); });
  scene.Play("blocking read", [&](cl_event) { scene.ReadBlocking(); });
  scene.Play("blocking map", [&](cl_event) { scene.MapBlocking(); });
  PingPong(session);
  return e2e::Finish();
}
