// SPDX-License-Identifier: Apache-2.0
// A user event set to an error: what becomes of the commands and waits that depend on it.
#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Ok;

std::atomic<int> g_seen_status = 77;

void CL_CALLBACK Seen(cl_event, cl_int status, void*) { g_seen_status = status; }

void PrintStatus(const char* label, cl_event event) {
  std::printf("%s: %s\n", label, e2e::StatusName(e2e::EventStatus(event)).c_str());
}

void Alone(const e2e::Session& session) {
  cl_event user = e2e::MakeUserEvent(session.context);
  Ok(clSetEventCallback(user, CL_COMPLETE, Seen, nullptr));
  Ok(clSetUserEventStatus(user, -7));
  PrintStatus("a user event set to -7", user);
  for (int i = 0; i < 300 && g_seen_status == 77; ++i) usleep(1000);
  std::printf("its callback saw: %s\n",  // PoCL does not call it.
              g_seen_status == 77 ? "nothing" : e2e::StatusName(g_seen_status).c_str());
  std::printf("waiting for it: %s\n", e2e::CodeName(clWaitForEvents(1, &user)).c_str());
  Ok(clReleaseEvent(user));
}

void Dependent(const e2e::Session& session) {
  cl_event user = e2e::MakeUserEvent(session.context);
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  const cl_uint one = 1;
  cl_event fill = nullptr;
  cl_event marker = nullptr;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &one, sizeof one, 0, 64, 1, &user, &fill));
  Ok(clEnqueueMarkerWithWaitList(session.queue, 1, &fill, &marker));
  Ok(clSetUserEventStatus(user, CL_OUT_OF_RESOURCES));
  std::printf("waiting for what waits for it: %s\n",
              e2e::CodeName(clWaitForEvents(1, &fill)).c_str());
  std::printf("and for what waits for that: %s\n",
              e2e::CodeName(clWaitForEvents(1, &marker)).c_str());
  PrintStatus("the fill", fill);
  PrintStatus("the marker", marker);
  std::printf("finish: %s\n", e2e::CodeName(clFinish(session.queue)).c_str());
  Ok(clReleaseEvent(user));
  Ok(clReleaseEvent(fill));
  Ok(clReleaseEvent(marker));
  Ok(clReleaseMemObject(buffer));
}

// The fill's error is its own: a later command without that event in its wait list runs.
// (A blocking command that does wait for a failed event never returns on PoCL, so it is left out.)
void Afterwards(const e2e::Session& session) {
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  const cl_uint two = 2;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &two, sizeof two, 0, 64, 0, nullptr, nullptr));
  std::printf("the queue goes on: %u\n", e2e::ReadAll<cl_uint>(session.queue, buffer, 16)[15]);
  Ok(clReleaseMemObject(buffer));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Alone(session);
  Dependent(session);
  Afterwards(session);
  return e2e::Finish();
}
