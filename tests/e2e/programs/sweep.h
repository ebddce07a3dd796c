// SPDX-License-Identifier: Apache-2.0
#pragma once

// The error sweep: each documented error that can be provoked, one line for each attempt:
//   function | what is wrong | code | side effects
// The native output is the reference, also where it differs from the OpenCL text. Left out is what
// the native library does not survive: handles that were released or never were, objects of the
// wrong type, and what a comment names.

#include <initializer_list>
#include <utility>

#include "tests/e2e/programs/check.h"

namespace e2e {

// What a code holds before the call: an honest implementation either sets it or leaves it alone.
inline constexpr cl_int kUntouched = 77;

inline std::string SweepCode(cl_int code) {
  return code == kUntouched ? "untouched" : CodeName(code);
}

// Lines about one function.
class Sweep {
 public:
  explicit Sweep(const char* function) : function_(function) {}

  void operator()(const char* what, cl_int code) const { Line(what, code, ""); }

  // For functions that return an object: whether they did is part of the line. make(code) is the
  // call; the object is the caller's to release.
  template <typename Make>
  auto Made(const char* what, Make make) const {
    cl_int code = kUntouched;
    auto object = make(&code);
    Line(what, code, object == nullptr ? " | NULL" : " | an object");
    return object;
  }

  void Line(const char* what, cl_int code, const char* effects) const {
    std::printf("%s | %s | %s%s\n", function_, what, SweepCode(code).c_str(), effects);
  }

  const char* function() const { return function_; }

 private:
  const char* function_;
};

using InfoName = std::pair<const char*, cl_uint>;

#define E2E_INFO(name) \
  e2e::InfoName { #name, static_cast<cl_uint>(name) }

// Asks for one value in every right and wrong way. ask(name, bytes, value, bytes_ret) is the call.
template <typename Ask>
void SweepInfoName(const Sweep& sweep, const InfoName& name, Ask ask) {
  constexpr size_t kNoSize = 7777;
  constexpr size_t kMargin = 16;
  size_t bytes = kNoSize;
  const cl_int size_code = ask(name.second, 0, nullptr, &bytes);
  if (size_code != CL_SUCCESS) bytes = 64;
  std::vector<unsigned char> room(bytes + kMargin, 0xa5);
  size_t bytes_ret = kNoSize;
  std::string effects = " | exact " + CodeName(ask(name.second, bytes, room.data(), &bytes_ret));
  if (room[bytes] != 0xa5) effects += " and wrote past it";
  if (bytes > 0) {
    bytes_ret = kNoSize;
    effects += ", small " + CodeName(ask(name.second, bytes - 1, room.data(), &bytes_ret));
    if (bytes_ret != kNoSize) effects += " with size";
  }
  effects += ", large " + CodeName(ask(name.second, bytes + kMargin, room.data(), &bytes_ret));
  effects += ", zero " + CodeName(ask(name.second, 0, room.data(), &bytes_ret));
  sweep.Line(name.first, size_code, effects.c_str());
}

template <typename Ask>
void SweepInfo(const Sweep& sweep, std::initializer_list<InfoName> names, Ask ask) {
  for (const InfoName& name : names) SweepInfoName(sweep, name, ask);
  unsigned char room[64];
  size_t bytes = 0;
  for (const cl_uint unknown : {0U, 1U, 0x0fffU, 0x4fffU, 0xffffffffU}) {
    const std::string label = "unknown name " + std::to_string(unknown);
    sweep(label.c_str(), ask(unknown, sizeof room, room, &bytes));
  }
  const cl_uint known = names.begin()->second;
  sweep("neither value nor size wanted", ask(known, 0, nullptr, nullptr));
  sweep("size without a value", ask(known, 64, nullptr, &bytes));
  sweep("an unknown name and nothing wanted", ask(0x4fff, 0, nullptr, nullptr));
}

// What most cases need: two contexts, so that objects of the wrong one are at hand.
struct SweepScene {
  Session session;
  Session other;
  cl_mem buffer = MakeBuffer(session.context, 4096);
  cl_mem foreign_buffer = MakeBuffer(other.context, 4096);
  cl_event done = MakeUserEvent(session.context);
  cl_event foreign_event = MakeUserEvent(other.context);

  SweepScene() {
    Ok(clSetUserEventStatus(done, CL_COMPLETE));
    Ok(clSetUserEventStatus(foreign_event, CL_COMPLETE));
  }
  SweepScene(const SweepScene&) = delete;
  SweepScene& operator=(const SweepScene&) = delete;
  ~SweepScene() {
    Ok(clReleaseEvent(done));
    Ok(clReleaseEvent(foreign_event));
    Ok(clReleaseMemObject(buffer));
    Ok(clReleaseMemObject(foreign_buffer));
  }
};

// Wait lists in every wrong way, and a right one. enqueue(count, list, event) is the call.
template <typename Enqueue>
void SweepWaitLists(const Sweep& sweep, const SweepScene& scene, Enqueue enqueue) {
  const cl_event null_event = nullptr;
  const cl_event mixed[2] = {scene.done, nullptr};
  cl_event event = nullptr;
  sweep("wait list: count without events", enqueue(1, nullptr, nullptr));
  sweep("wait list: events without count", enqueue(0, &scene.done, nullptr));
  sweep("wait list: a NULL event", enqueue(1, &null_event, nullptr));
  sweep("wait list: a NULL event among others", enqueue(2, mixed, nullptr));
  sweep("wait list: an event of another context", enqueue(1, &scene.foreign_event, nullptr));
  const cl_int failed = enqueue(1, nullptr, &event);
  sweep.Line("wait list: wrong, with an event wanted", failed,
             event == nullptr ? " | no event" : " | an event");
  sweep("wait list: right", enqueue(1, &scene.done, &event));
  if (event != nullptr) {
    Ok(clWaitForEvents(1, &event));
    Ok(clReleaseEvent(event));
  }
}

}  // namespace e2e
