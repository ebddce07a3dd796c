// SPDX-License-Identifier: Apache-2.0
#pragma once

// A world is what one thread of a sequence has made, and the record of what it saw. It begins with
// a context, an in-order queue and a buffer, and ends with none of its objects left.
//
// Two runs of a sequence must differ only if the implementations do. So a world orders commands
// that touch the same memory, opens the gates before which a call would wait for ever, and leaves
// out what PoCL does not survive; such places say so.

#include <fmt/format.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/random/commons.h"
#include "tests/random/destructions.h"
#include "tests/random/objects.h"
#include "tests/random/operands.h"

namespace random_test {

class World {
 public:
  // Aloud: each line is printed at once, for those who look for what ends or hangs a player.
  // Without common objects where the sequence has no use for them.
  World(unsigned thread, bool aloud, Commons* commons);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() = default;

  void Play(const Operation& operation);
  void End();  // Waits for everything, records what has become of it, releases all.

  unsigned thread() const { return thread_; }
  const std::string& transcript() const { return transcript_; }

  // --- for the operations ---

  template <typename... Args>
  void Line(fmt::format_string<Args...> format, Args&&... args) {
    Record(fmt::format(format, std::forward<Args>(args)...));
  }

  // Memory of the program's own, filled with a pattern, that lives as long as the world.
  unsigned char* HostMemory(size_t bytes);
  // Its contents become part of the record at the end.
  void WatchHostMemory(std::string what, const unsigned char* at, size_t bytes);

  template <typename T>
  std::shared_ptr<T> Adopt(std::vector<std::shared_ptr<T>>& objects, typename T::Handle handle,
                           const char* kind) {
    auto object = std::make_shared<T>();
    object->handle = handle;
    object->name = fmt::format("{}{}", kind, ++counts_[kind]);
    names_[handle] = object->name;
    objects.push_back(object);
    return object;
  }

  std::string NameOfHandle(const void* handle) const;

  // Whole ones, then parts.
  std::vector<cl_device_id> AllDevices() const;
  bool IsPart(cl_device_id device) const;
  // Memory objects and shared virtual memory.
  std::vector<std::shared_ptr<Memory>> AllMemories() const;

  // Sets the user events among these that are unset, as the next call would wait for them.
  void Open(const Gates& gates);

  void SettleAll();

  void CommandMade() { has_commands_ = true; }
  bool has_commands() const { return has_commands_; }

  // Waits until a queue is empty.
  void Settle(const std::shared_ptr<Queue>& queue);

  std::shared_ptr<Event> AdoptEvent(cl_event handle, const std::shared_ptr<Queue>& queue);
  // What a callback saw; their order is not told.
  void ExpectCallback() { ++callbacks_expected_; }
  void CallbackRan(std::string what);

  void SetUserEvent(Event& event, cl_int status);
  void Drop(const std::shared_ptr<Event>& event);
  void SayFarewell(const std::shared_ptr<Queue>& queue);

  Commons* commons;
  cl_event common_last = nullptr;  // Of this thread's commands on what all have.
  cl_event common_gate = nullptr;  // That the next of them waits for.

  // Callbacks keep it: they may come when the world has ended.
  std::shared_ptr<Destructions> destructions = std::make_shared<Destructions>();

  bool leaks = false;  // PoCL keeps something for ever, and what that is of.

  cl_platform_id platform = nullptr;
  std::vector<cl_device_id> devices;
  std::vector<std::shared_ptr<Device>> sub_devices;
  std::vector<std::shared_ptr<Context>> contexts;
  std::vector<std::shared_ptr<Queue>> queues;
  std::vector<std::shared_ptr<Memory>> memories;
  std::vector<std::shared_ptr<Memory>> shared_memories;  // Shared virtual memory.
  std::vector<std::shared_ptr<Event>> events;
  std::vector<std::shared_ptr<Sampler>> samplers;
  std::vector<std::shared_ptr<Program>> programs;
  std::vector<std::shared_ptr<Kernel>> kernels;

 private:
  struct Watched {
    std::string what;
    const unsigned char* at;
    size_t bytes;
  };

  void Record(std::string_view line);
  void UnmapAll();
  static void UnmapShared(Memory& memory);
  static cl_command_queue QueueOf(const Memory& memory);  // The caller's own.
  void AwaitCallbacks();
  void ReleaseAll();

  unsigned thread_;
  bool aloud_;
  std::string transcript_;
  std::map<std::string, unsigned> counts_;
  std::map<const void*, std::string> names_;
  std::vector<std::unique_ptr<unsigned char[]>> host_memory_;
  std::vector<Watched> watched_;
  std::vector<std::shared_ptr<Event>> all_events_;
  std::vector<std::shared_ptr<Queue>> released_queues_;
  std::mutex callbacks_mutex_;
  std::vector<std::string> callbacks_;
  size_t callbacks_expected_ = 0;
  bool has_commands_ = false;
};

// A short form of memory's contents.
std::string Contents(const void* data, size_t bytes);

// Waits for what a thread did with the common objects, and records what it left there.
void EndCommons(World& world);

// For what takes buffers only; an image is wrong there.
std::shared_ptr<Memory> ChooseBuffer(const World& world, Operands& operands);

// By the program: all that is mapped.
void WriteMap(const Map& map, unsigned seed);

using e2e::CodeName;

}  // namespace random_test
