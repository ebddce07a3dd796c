// SPDX-License-Identifier: Apache-2.0
// A callback that waits for another one.
#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Ok;

std::atomic<bool> g_second = false;
std::atomic<int> g_done = 0;

// Waits for at most a minute.
bool Await(const std::atomic<bool>& flag) {
  for (int i = 0; i < 60000 && !flag.load(); ++i) usleep(1000);
  return flag.load();
}

void CL_CALLBACK First(cl_event, cl_int, void*) {
  std::printf("the first saw the second: %d\n", Await(g_second) ? 1 : 0);
  g_done.fetch_add(1);
}

void CL_CALLBACK Second(cl_event, cl_int, void*) {
  g_second.store(true);
  g_done.fetch_add(1);
}

void AwaitDone(int count) {
  while (g_done.load() < count) usleep(1000);
}

cl_event MarkerBehind(cl_command_queue queue, cl_event gate) {
  cl_event marker = nullptr;
  Ok(clEnqueueMarkerWithWaitList(queue, 1, &gate, &marker));
  Ok(clFlush(queue));
  return marker;
}

void OneWaitsForAnother(const e2e::Session& session, cl_command_queue other) {
  cl_event gates[] = {e2e::MakeUserEvent(session.context), e2e::MakeUserEvent(session.context)};
  cl_event markers[] = {MarkerBehind(session.queue, gates[0]), MarkerBehind(other, gates[1])};
  Ok(clSetEventCallback(markers[0], CL_COMPLETE, First, nullptr));
  Ok(clSetEventCallback(markers[1], CL_COMPLETE, Second, nullptr));
  for (cl_event gate : gates) Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  AwaitDone(2);
  for (cl_event event : gates) Ok(clReleaseEvent(event));
  for (cl_event event : markers) Ok(clReleaseEvent(event));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_command_queue other = e2e::MakeQueue(session.context, session.device);
  cl_uint units = 0;
  Ok(clGetDeviceInfo(session.device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, nullptr));
  if (units > 1) {
    OneWaitsForAnother(session, other);
  } else {
    std::puts("PoCL has one thread for all callbacks");
  }
  Ok(clReleaseCommandQueue(other));
  return e2e::Finish();
}
