// SPDX-License-Identifier: Apache-2.0
// Event callbacks for each status: called once, with the event, the status and the user data that
// they were registered with, also when the event is already there.
#include <array>
#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

struct Note {
  cl_event wanted = nullptr;
  std::atomic<int> calls = 0;
  std::atomic<cl_int> status = 77;
  std::atomic<bool> right_event = true;
};

void CL_CALLBACK Record(cl_event event, cl_int status, void* user_data) {
  auto* note = static_cast<Note*>(user_data);
  // It may be asked still, although the program may have given it back.
  cl_command_type type = 0;
  const cl_int asked = clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, nullptr);
  note->right_event = note->right_event && event == note->wanted && asked == CL_SUCCESS &&
                      (type == CL_COMMAND_FILL_BUFFER || type == CL_COMMAND_USER);
  note->status = status;
  ++note->calls;
}

void AwaitCalls(const Note& note, int wanted) {
  for (int i = 0; i < 60000 && note.calls < wanted; ++i) usleep(1000);
  Expect(note.calls == wanted && note.right_event, "called once for each registration");
}

void EachStatus(const e2e::Session& session, cl_mem buffer) {
  cl_event gate = e2e::MakeUserEvent(session.context);
  cl_event event = nullptr;
  const cl_uint zero = 0;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &zero, sizeof zero, 0, 64, 1, &gate, &event));
  std::array<Note, 3> notes;
  const cl_int statuses[3] = {CL_SUBMITTED, CL_RUNNING, CL_COMPLETE};
  for (size_t i = 0; i < 3; ++i) {
    notes[i].wanted = event;
    Ok(clSetEventCallback(event, statuses[i], Record, &notes[i]));
  }
  Expect(notes[1].calls == 0 && notes[2].calls == 0, "nothing is called before the gate opens");
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clWaitForEvents(1, &event));
  for (size_t i = 0; i < 3; ++i) {
    AwaitCalls(notes[i], 1);
    std::printf("registered for %s: called with %s\n", e2e::StatusName(statuses[i]).c_str(),
                e2e::StatusName(notes[i].status).c_str());
  }
  Ok(clReleaseEvent(gate));
  Ok(clReleaseEvent(event));
}

void Late(const e2e::Session& session, cl_mem buffer) {
  cl_event event = nullptr;
  const cl_uint zero = 0;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &zero, sizeof zero, 0, 64, 0, nullptr, &event));
  Ok(clWaitForEvents(1, &event));
  Note note;
  note.wanted = event;
  Ok(clSetEventCallback(event, CL_COMPLETE, Record, &note));
  AwaitCalls(note, 1);
  std::printf("registered after the end: called with %s\n", e2e::StatusName(note.status).c_str());
  Ok(clReleaseEvent(event));
}

void Many(const e2e::Session& session, cl_mem buffer) {
  cl_event gate = e2e::MakeUserEvent(session.context);
  cl_event event = nullptr;
  const cl_uint zero = 0;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &zero, sizeof zero, 0, 64, 1, &gate, &event));
  Note note;
  note.wanted = event;
  for (int i = 0; i < 100; ++i) Ok(clSetEventCallback(event, CL_COMPLETE, Record, &note));
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  AwaitCalls(note, 100);
  std::printf("a hundred callbacks of one event: %d calls\n", note.calls.load());
  Ok(clReleaseEvent(gate));
  Ok(clReleaseEvent(event));
}

// The program's reference is gone before the callback runs; the event's handle is still good in it.
void AfterRelease(const e2e::Session& session, cl_mem buffer) {
  cl_event gate = e2e::MakeUserEvent(session.context);
  Note notes[50];
  for (Note& note : notes) {
    const cl_uint zero = 0;
    Ok(clEnqueueFillBuffer(session.queue, buffer, &zero, sizeof zero, 0, 64, 1, &gate,
                           &note.wanted));
    Ok(clSetEventCallback(note.wanted, CL_COMPLETE, Record, &note));
    Ok(clReleaseEvent(note.wanted));
  }
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clFinish(session.queue));
  for (const Note& note : notes) AwaitCalls(note, 1);
  std::puts("fifty events released before their callbacks");
  Ok(clReleaseEvent(gate));
}

void OfUserEvent(const e2e::Session& session) {
  cl_event user = e2e::MakeUserEvent(session.context);
  Note note;
  note.wanted = user;
  Ok(clSetEventCallback(user, CL_COMPLETE, Record, &note));
  Expect(note.calls == 0, "not yet");
  Ok(clSetUserEventStatus(user, CL_COMPLETE));
  AwaitCalls(note, 1);
  std::printf("user event: called with %s\n", e2e::StatusName(note.status).c_str());
  Ok(clReleaseEvent(user));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_mem buffer = e2e::MakeBuffer(session.context, 64);
  EachStatus(session, buffer);
  Late(session, buffer);
  Many(session, buffer);
  AfterRelease(session, buffer);
  OfUserEvent(session);
  Ok(clReleaseMemObject(buffer));
  return e2e::Finish();
}
