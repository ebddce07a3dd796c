// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the library of toy.h is made of. Commands run on a thread of each queue, so that everything
// is as late as on a device. One lock for all.
//
// TOY_BUGS in the environment switches faults on, for tests of what stands around the library:
//   lost-byte     a write leaves out its last byte
//   crash         a launch of 13 items ends the process
//   failed-event  a launch of 13 items fails
//   slow          each command takes 2 ms longer

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "specs/toy/toy.h"

#define TOY_EXPORT extern "C" __attribute__((visibility("default")))

namespace toy {

inline constexpr int kNotYet = 1;  // an event

// Counted by the program, and by what the library itself still does with it.
struct Object {
  int references = 1;
  int uses = 0;
};

}  // namespace toy

struct toy_device_object {
  void (*log)(const char*, std::size_t, void*) = nullptr;
  void* log_data = nullptr;
  std::string labels;
  int temperature = 40;
  std::map<char*, std::size_t> addresses;
  std::map<toy_sensor, std::unique_ptr<toy_sensor_state>> sensors;
};

struct toy_event_object : toy::Object {
  int status = toy::kNotYet;
  std::vector<std::pair<void (*)(toy_event, toy_status, void*), void*>> callbacks;
};

struct toy_buffer_object : toy::Object {
  std::size_t size = 0;
  char* bytes = nullptr;
  bool is_ours = false;
  toy_buffer whole = nullptr;
  std::vector<std::pair<void (*)(toy_buffer, void*), void*>> ends;
};

struct toy_kernel_object : toy::Object {
  toy_device device = nullptr;
  std::string text;
  std::string log;
  std::vector<std::string> operations;
  bool is_built = false;
  toy_buffer buffer = nullptr;
  std::array<int, 4> numbers = {};
};

struct toy_queue_object : toy::Object {
  struct Command {
    std::vector<toy_event> waits;
    std::function<toy_status()> run;
    toy_event event;  // or null
  };
  toy_device device = nullptr;
  std::deque<Command> commands;
  unsigned not_ended = 0;
  bool stops = false;
  std::thread thread;
};

namespace toy {

inline constexpr std::size_t kMemory = std::size_t{1} << 28;

// Never destroyed: queues' threads may outlive main().
inline std::mutex& lock = *new std::mutex;  // guards everything below, and in objects
inline std::condition_variable& changed = *new std::condition_variable;
inline std::size_t allocated = 0;
inline toy_device_object the_device;

bool HasBug(std::string_view bug);

inline toy_status Report(toy_status status, toy_status* error) {
  if (error != nullptr) *error = status;
  return status;
}

template <typename T>
T* Failed(toy_status status, toy_status* error) {
  Report(status, error);
  return nullptr;
}

// Those that take Calls want the lock; they say what is to be called without it.
using Calls = std::vector<std::function<void()>>;

void Drop(toy_event event, Calls& calls);
void Drop(toy_buffer buffer, Calls& calls);
void Drop(toy_kernel kernel, Calls& calls);
void Drop(toy_queue queue, Calls& calls);
void End(toy_event event, toy_status status, Calls& calls);

template <typename T>
void StopUsing(T* object) {
  Calls calls;
  {
    const std::scoped_lock locked(lock);
    --object->uses;
    Drop(object, calls);
  }
  for (const auto& call : calls) call();
}

template <typename T>
toy_status Retain(T* object, toy_status bad) {
  const std::scoped_lock locked(lock);
  if (object == nullptr) return bad;
  ++object->references;
  return TOY_OK;
}

template <typename T>
toy_status Release(T* object, toy_status bad) {
  Calls calls;
  {
    const std::scoped_lock locked(lock);
    if (object == nullptr) return bad;
    --object->references;
    Drop(object, calls);
  }
  for (const auto& call : calls) call();
  return TOY_OK;
}

bool AllEnded(const std::vector<toy_event>& events);
// A queue's thread.
void RunCommands(toy_queue queue);
// With the lock. `event`: where the program wants to have it, or null.
void Enqueue(toy_queue queue, std::vector<toy_event> waits, std::function<toy_status()> run,
             toy_event* event);
void WaitUntilIdle(toy_queue queue);
toy_status Check(toy_queue queue, unsigned num_waits, const toy_event* waits);
void Say(toy_device device, const std::string& text);

// What a program wants to know, and where.
struct Asked {
  std::size_t size;
  void* value;
  std::size_t* size_ret;

  template <typename T>
  toy_status With(const T& answer) const {
    if constexpr (std::is_same_v<T, std::string>) {
      return Answer(answer.c_str(), answer.size() + 1);
    } else {
      return Answer(&answer, sizeof(answer));
    }
  }

  toy_status Answer(const void* from, std::size_t bytes) const {
    if (value != nullptr && size < bytes) return TOY_BAD_VALUE;
    if (value != nullptr) std::memcpy(value, from, bytes);
    if (size_ret != nullptr) *size_ret = bytes;
    return TOY_OK;
  }
};

}  // namespace toy
