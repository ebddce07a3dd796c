// SPDX-License-Identifier: Apache-2.0
// Error sweep: events, their callbacks and times.
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepInfo;
using e2e::SweepScene;

void CL_CALLBACK Seen(cl_event, cl_int, void*) {}

void Waits(const SweepScene& scene) {
  const Sweep wait("clWaitForEvents");
  const cl_event null_event = nullptr;
  const cl_event with_null[2] = {scene.done, nullptr};
  const cl_event mixed[2] = {scene.done, scene.foreign_event};
  cl_event failed = e2e::MakeUserEvent(scene.session.context);
  Ok(clSetUserEventStatus(failed, -3));
  const cl_event with_failed[2] = {scene.done, failed};
  wait("no events", clWaitForEvents(0, &scene.done));
  wait("nothing at all", clWaitForEvents(0, nullptr));
  wait("NULL list", clWaitForEvents(1, nullptr));
  wait("a NULL event", clWaitForEvents(1, &null_event));
  wait("a NULL event among others", clWaitForEvents(2, with_null));
  wait("events of two contexts", clWaitForEvents(2, mixed));
  wait("a failed event", clWaitForEvents(1, &failed));
  wait("a failed event among others", clWaitForEvents(2, with_failed));
  wait("right", clWaitForEvents(1, &scene.done));
  Ok(clReleaseEvent(failed));
}

void UserEvents(const SweepScene& scene) {
  const Sweep create("clCreateUserEvent");
  create.Made("NULL context", [](cl_int* code) { return clCreateUserEvent(nullptr, code); });
  create.Made("no code wanted", [](cl_int*) { return clCreateUserEvent(nullptr, nullptr); });
  const Sweep set("clSetUserEventStatus");
  cl_event user = e2e::MakeUserEvent(scene.session.context);
  cl_event command = nullptr;
  Ok(clEnqueueMarkerWithWaitList(scene.session.queue, 0, nullptr, &command));
  Ok(clFinish(scene.session.queue));
  set("NULL event", clSetUserEventStatus(nullptr, CL_COMPLETE));
  set("a command's event", clSetUserEventStatus(command, CL_COMPLETE));
  for (const cl_int status : {CL_RUNNING, CL_SUBMITTED, CL_QUEUED, 4}) {
    set(("status " + std::to_string(status)).c_str(), clSetUserEventStatus(user, status));
  }
  set("right", clSetUserEventStatus(user, CL_COMPLETE));
  set("twice", clSetUserEventStatus(user, CL_COMPLETE));
  set("an error after success", clSetUserEventStatus(user, -1));
  std::printf("status after all that: %s\n", e2e::StatusName(e2e::EventStatus(user)).c_str());
  Ok(clReleaseEvent(user));
  Ok(clReleaseEvent(command));
}

void Callbacks(const SweepScene& scene) {
  const Sweep set("clSetEventCallback");
  cl_event event = e2e::MakeUserEvent(scene.session.context);
  set("NULL event", clSetEventCallback(nullptr, CL_COMPLETE, Seen, nullptr));
  set("NULL function", clSetEventCallback(event, CL_COMPLETE, nullptr, nullptr));
  for (const cl_int type : {CL_QUEUED, 4, 77, -1}) {
    set(("type " + std::to_string(type)).c_str(), clSetEventCallback(event, type, Seen, nullptr));
  }
  set("right", clSetEventCallback(event, CL_COMPLETE, Seen, nullptr));
  Ok(clSetUserEventStatus(event, CL_COMPLETE));
  Ok(clReleaseEvent(event));
}

void Info(const SweepScene& scene) {
  const Sweep info("clGetEventInfo");
  SweepInfo(info,
            {E2E_INFO(CL_EVENT_COMMAND_EXECUTION_STATUS), E2E_INFO(CL_EVENT_COMMAND_QUEUE),
             E2E_INFO(CL_EVENT_COMMAND_TYPE), E2E_INFO(CL_EVENT_REFERENCE_COUNT),
             E2E_INFO(CL_EVENT_CONTEXT), E2E_INFO(CL_PROFILING_COMMAND_END)},
            [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
              return clGetEventInfo(scene.done, name, bytes, value, bytes_ret);
            });
  cl_int value = 0;
  info("NULL event", clGetEventInfo(nullptr, CL_EVENT_COMMAND_TYPE, sizeof value, &value, nullptr));
  Sweep("clRetainEvent")("NULL", clRetainEvent(nullptr));
  Sweep("clReleaseEvent")("NULL", clReleaseEvent(nullptr));
}

void Profiling(const SweepScene& scene) {
  const Sweep info("clGetEventProfilingInfo");
  cl_command_queue queue =
      e2e::MakeQueue(scene.session.context, scene.session.device, CL_QUEUE_PROFILING_ENABLE);
  const cl_uint zero = 0;
  cl_event event = nullptr;
  Ok(clEnqueueFillBuffer(queue, scene.buffer, &zero, 4, 0, 64, 0, nullptr, &event));
  Ok(clWaitForEvents(1, &event));
  SweepInfo(info,
            {E2E_INFO(CL_PROFILING_COMMAND_QUEUED), E2E_INFO(CL_PROFILING_COMMAND_SUBMIT),
             E2E_INFO(CL_PROFILING_COMMAND_START), E2E_INFO(CL_PROFILING_COMMAND_END),
             E2E_INFO(CL_PROFILING_COMMAND_COMPLETE), E2E_INFO(CL_EVENT_COMMAND_TYPE)},
            [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
              return clGetEventProfilingInfo(event, name, bytes, value, bytes_ret);
            });
  cl_ulong time = 0;
  info("NULL event",
       clGetEventProfilingInfo(nullptr, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr));
  info("a user event",
       clGetEventProfilingInfo(scene.done, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr));
  info("a user event and an unknown name",
       clGetEventProfilingInfo(scene.done, 1, sizeof time, &time, nullptr));
  Ok(clReleaseEvent(event));
  Ok(clReleaseCommandQueue(queue));
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  Waits(scene);
  UserEvents(scene);
  Callbacks(scene);
  Info(scene);
  Profiling(scene);
  return e2e::Finish();
}
