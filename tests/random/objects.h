// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a player knows of the objects it has made: enough to make only calls whose outcome is
// determined.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/programs/names.h"

namespace random_test {

// A user event, as what waits for it sees it.
struct Gate {
  bool is_set = false;
  bool has_failed = false;
  bool may_fail = true;  // PoCL ends the process when a command fails whose event nobody holds.
};

// What a command waits for before it can run. A command that may not wait here must not be made
// while one is unset.
using Gates = std::vector<std::shared_ptr<Gate>>;

inline bool AnyUnset(const Gates& gates) {
  for (const auto& gate : gates) {
    if (!gate->is_set) return true;
  }
  return false;
}

inline bool AnyFailed(const Gates& gates) {
  for (const auto& gate : gates) {
    if (gate->has_failed) return true;
  }
  return false;
}

inline void ForbidFailure(const Gates& gates) {
  for (const auto& gate : gates) gate->may_fail = false;
}

inline void Append(Gates& to, const Gates& from) {
  for (const auto& gate : from) {
    bool has = false;
    for (const auto& other : to) has = has || other == gate;
    if (!has) to.push_back(gate);
  }
}

template <typename H>
struct Object {
  using Handle = H;
  H handle = nullptr;
  std::string name;
  unsigned references = 1;  // The player's own.
};

// A part of one; whole devices are no objects.
struct Device : Object<cl_device_id> {
  bool is_used = false;  // PoCL does not count contexts, queues and parts of it.
};

struct Context : Object<cl_context> {
  std::vector<cl_device_id> devices;
  unsigned shared_memories = 0;  // That the program has not freed itself.
};

struct Event;

struct Queue : Object<cl_command_queue> {
  std::shared_ptr<Context> context;
  cl_device_id device = nullptr;
  bool in_order = true;
  bool profiles = false;
  Gates gates;                      // Of all commands since the last time it was empty.
  Gates barrier_gates;              // Of what later commands wait for, in order or not.
  std::shared_ptr<Event> farewell;  // A marker behind everything, once the queue is released.
};

struct Event : Object<cl_event> {
  std::shared_ptr<Context> context;
  std::shared_ptr<Queue> queue;  // None: a user event.
  std::shared_ptr<Gate> gate;    // Of a user event.
  Gates gates;
};

// Or waits for one that has.
inline bool HasFailed(const Event& event) {
  return (event.gate && event.gate->has_failed) || AnyFailed(event.gates);
}

struct Map {
  unsigned char* address = nullptr;
  size_t row_bytes = 0;
  size_t rows = 1;
  size_t slices = 1;
  size_t row_pitch = 0;
  size_t slice_pitch = 0;
  bool writes = false;
  bool is_undefined = false;  // Until it is written.
};

// Also shared virtual memory, which has no handle but an address.
struct Memory : Object<cl_mem> {
  std::shared_ptr<Context> context;
  std::shared_ptr<Memory> whole;  // Of a part.
  unsigned char* address = nullptr;
  size_t alignment = 0;
  size_t bytes = 0;
  cl_mem_flags flags = 0;
  unsigned char* host = nullptr;
  cl_mem_object_type type = CL_MEM_OBJECT_BUFFER;
  size_t extent[3] = {0, 1, 1};  // Of an image, as its transfers count.
  size_t pixel_bytes = 0;        // 0: a buffer.
  std::vector<Map> maps;
  // The last command that touched the whole, of which this may be a part.
  std::shared_ptr<Queue> last_queue;
  std::shared_ptr<Event> last_event;

  bool is_image() const { return pixel_bytes != 0; }
  bool is_part() const { return whole != nullptr; }
  bool is_shared() const { return address != nullptr; }
};

struct Sampler : Object<cl_sampler> {
  std::shared_ptr<Context> context;
};

struct Program : Object<cl_program> {
  std::shared_ptr<Context> context;
  bool has_source = false;
  bool is_built = false;  // An attempt has been made.
  unsigned kernels = 0;   // PoCL refuses to build under a kernel's feet.
};

struct Kernel : Object<cl_kernel> {
  std::shared_ptr<Program> program;
  std::string function;
  // What its arguments are set to, each kept as long as it is set.
  std::map<unsigned, std::shared_ptr<Memory>> memories;
  std::map<unsigned, std::shared_ptr<Sampler>> samplers;
};

inline Memory& WholeOf(Memory& memory) { return memory.whole ? *memory.whole : memory; }

template <typename T>
typename T::Handle HandleOf(const std::shared_ptr<T>& object) {
  return object ? object->handle : nullptr;
}

template <typename T>
std::string NameOf(const std::shared_ptr<T>& object) {
  return object ? object->name : "NULL";
}

}  // namespace random_test
