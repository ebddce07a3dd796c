// SPDX-License-Identifier: Apache-2.0
#include "tests/random/world.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "tests/random/operations.h"

namespace random_test {

#define OPERATION(name, weight, group) void Play_##name(World& world, Operands operands);
RANDOM_OPERATIONS(OPERATION)
#undef OPERATION

namespace {

using PlayFunction = void (*)(World&, Operands);

constexpr PlayFunction kPlayFunctions[] = {
#define OPERATION(name, weight, group) Play_##name,
    RANDOM_OPERATIONS(OPERATION)
#undef OPERATION
};

constexpr size_t kFirstBufferBytes = 256;
constexpr int kCallbackWaitMs = 2000;

}  // namespace

std::string Contents(const void* data, size_t bytes) {
  const auto* at = static_cast<const unsigned char*>(data);
  uint64_t hash = 14695981039346656037ULL;
  for (size_t i = 0; i < bytes; ++i) hash = (hash ^ at[i]) * 1099511628211ULL;
  std::string text = fmt::format("{} bytes", bytes);
  for (size_t i = 0; i < std::min<size_t>(bytes, 8); ++i) text += fmt::format(" {:02x}", at[i]);
  return text + fmt::format(" #{:016x}", hash);
}

std::shared_ptr<Memory> ChooseBuffer(const World& world, Operands& operands) {
  const auto memory = operands.Choose(world.memories);
  if (memory && memory->is_image()) operands.AddFault();
  return memory;
}

void WriteMap(const Map& map, unsigned seed) {
  for (size_t slice = 0; slice < map.slices; ++slice) {
    for (size_t row = 0; row < map.rows; ++row) {
      unsigned char* at = map.address + slice * map.slice_pitch + row * map.row_pitch;
      for (size_t i = 0; i < map.row_bytes; ++i) at[i] = static_cast<unsigned char>(seed + i + row);
    }
  }
}

World::World(unsigned thread, bool aloud, Commons* commons_or_none)
    : commons(commons_or_none), thread_(thread), aloud_(aloud) {
  clGetPlatformIDs(1, &platform, nullptr);
  cl_uint count = 0;
  clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
  devices.resize(count);
  clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices.data(), nullptr);
  for (size_t i = 0; i < devices.size(); ++i) names_[devices[i]] = fmt::format("device{}", i);
  names_[platform] = "platform";
  cl_int code = CL_SUCCESS;
  const auto context = Adopt(
      contexts, clCreateContext(nullptr, 1, devices.data(), nullptr, nullptr, &code), "context");
  context->devices = {devices[0]};
  const auto queue =
      Adopt(queues, clCreateCommandQueueWithProperties(context->handle, devices[0], nullptr, &code),
            "queue");
  queue->context = context;
  queue->device = devices[0];
  const auto buffer = Adopt(memories,
                            clCreateBuffer(context->handle, CL_MEM_COPY_HOST_PTR, kFirstBufferBytes,
                                           HostMemory(kFirstBufferBytes), &code),
                            "memory");
  buffer->context = context;
  buffer->bytes = kFirstBufferBytes;
}

void World::Play(const Operation& operation) {
  kPlayFunctions[operation.kind](*this, Operands(operation));
}

void World::Record(std::string_view line) {
  if (thread_ != 0) transcript_ += fmt::format("{}: ", thread_);
  transcript_ += line;
  transcript_ += '\n';
  if (aloud_) fmt::print(stderr, "{}: {}\n", thread_, line);
}

unsigned char* World::HostMemory(size_t bytes) {
  host_memory_.push_back(std::make_unique<unsigned char[]>(bytes + 1));
  auto state = static_cast<uint32_t>(host_memory_.size() * 2654435761U);
  unsigned char* at = host_memory_.back().get();
  for (size_t i = 0; i < bytes; ++i) {
    state = state * 1664525U + 1013904223U;
    at[i] = static_cast<unsigned char>(state >> 24U);
  }
  return at;
}

void World::WatchHostMemory(std::string what, const unsigned char* at, size_t bytes) {
  watched_.push_back({std::move(what), at, bytes});
}

std::string World::NameOfHandle(const void* handle) const {
  if (handle == nullptr) return "NULL";
  const auto found = names_.find(handle);
  return found == names_.end() ? "?" : found->second;
}

std::vector<cl_device_id> World::AllDevices() const {
  std::vector<cl_device_id> all = devices;
  for (const auto& part : sub_devices) all.push_back(part->handle);
  return all;
}

bool World::IsPart(cl_device_id device) const {
  return std::find(devices.begin(), devices.end(), device) == devices.end();
}

std::vector<std::shared_ptr<Memory>> World::AllMemories() const {
  std::vector<std::shared_ptr<Memory>> all = memories;
  all.insert(all.end(), shared_memories.begin(), shared_memories.end());
  return all;
}

void World::SetUserEvent(Event& event, cl_int status) {
  if (status < 0 && !event.gate->may_fail) status = CL_COMPLETE;
  const cl_int code = clSetUserEventStatus(event.handle, status);
  Line("clSetUserEventStatus({}, {}) = {}", event.name, status, CodeName(code));
  if (code != CL_SUCCESS) return;
  event.gate->is_set = true;
  event.gate->has_failed = status < 0;
}

void World::Open(const Gates& gates) {
  for (const auto& gate : gates) {
    if (gate->is_set) continue;
    for (const auto& event : all_events_) {
      if (event->gate == gate) SetUserEvent(*event, CL_COMPLETE);
    }
  }
}

void World::Settle(const std::shared_ptr<Queue>& queue) {
  Open(queue->gates);
  if (queue->farewell) {
    Line("clWaitForEvents({}) = {}", queue->farewell->name,
         CodeName(clWaitForEvents(1, &queue->farewell->handle)));
  } else {
    Line("clFinish({}) = {}", queue->name, CodeName(clFinish(queue->handle)));
  }
  queue->gates.clear();
  queue->barrier_gates.clear();
}

std::shared_ptr<Event> World::AdoptEvent(cl_event handle, const std::shared_ptr<Queue>& queue) {
  auto event = Adopt(events, handle, "event");
  event->queue = queue;
  if (queue) event->context = queue->context;
  all_events_.push_back(event);
  return event;
}

void World::Drop(const std::shared_ptr<Event>& event) { std::erase(events, event); }

void World::SayFarewell(const std::shared_ptr<Queue>& queue) {
  cl_event marker = nullptr;
  clEnqueueMarkerWithWaitList(queue->handle, 0, nullptr, &marker);
  queue->farewell = std::make_shared<Event>();
  queue->farewell->handle = marker;
  queue->farewell->name = queue->name + "'s last marker";
  queue->farewell->queue = queue;
  queue->farewell->gates = queue->gates;
  ForbidFailure(queue->gates);
  released_queues_.push_back(queue);
}

void World::CallbackRan(std::string what) {
  const std::lock_guard lock(callbacks_mutex_);
  callbacks_.push_back(std::move(what));
}

// They may still be on their way when a wait for their event is over.
void World::AwaitCallbacks() {
  for (int i = 0; i < kCallbackWaitMs; ++i) {
    {
      const std::lock_guard lock(callbacks_mutex_);
      if (callbacks_.size() >= callbacks_expected_) break;
    }
    usleep(1000);
  }
  const std::lock_guard lock(callbacks_mutex_);
  std::sort(callbacks_.begin(), callbacks_.end());
  for (const std::string& what : callbacks_) Line("callback: {}", what);
}

void World::UnmapAll() {
  for (const auto& memory : memories) {
    if (memory->maps.empty()) continue;
    cl_command_queue queue = QueueOf(*memory);  // The program may have none left.
    for (const Map& map : memory->maps) {
      if (map.is_undefined) WriteMap(map, 3);
      clEnqueueUnmapMemObject(queue, memory->handle, map.address, 0, nullptr, nullptr);
      clFinish(queue);
    }
    clReleaseCommandQueue(queue);
    memory->maps.clear();
  }
  for (const auto& memory : shared_memories) UnmapShared(*memory);
}

void World::UnmapShared(Memory& memory) {
  for (const Map& map : memory.maps) {
    if (map.is_undefined) WriteMap(map, 3);
    cl_command_queue queue = QueueOf(memory);
    clEnqueueSVMUnmap(queue, map.address, 0, nullptr, nullptr);
    clFinish(queue);
    clReleaseCommandQueue(queue);
  }
  memory.maps.clear();
}

cl_command_queue World::QueueOf(const Memory& memory) {
  cl_int code = CL_SUCCESS;
  return clCreateCommandQueueWithProperties(memory.context->handle, memory.context->devices[0],
                                            nullptr, &code);
}

void World::SettleAll() {
  for (const auto& event : all_events_) {
    if (event->gate && !event->gate->is_set) SetUserEvent(*event, CL_COMPLETE);
  }
  for (const auto& queue : released_queues_) Settle(queue);
  for (const auto& queue : queues) Settle(queue);
}

namespace {

template <typename T, typename Release>
void ReleaseAllOf(std::vector<std::shared_ptr<T>>& objects, Release release) {
  for (const auto& object : objects) {
    for (; object->references > 0; --object->references) release(object->handle);
  }
  objects.clear();
}

}  // namespace

void World::ReleaseAll() {
  for (const auto& queue : released_queues_) clReleaseEvent(queue->farewell->handle);
  ReleaseAllOf(events, clReleaseEvent);
  ReleaseAllOf(kernels, clReleaseKernel);
  ReleaseAllOf(programs, clReleaseProgram);
  ReleaseAllOf(samplers, clReleaseSampler);
  ReleaseAllOf(memories, clReleaseMemObject);
  for (const auto& memory : shared_memories) clSVMFree(memory->context->handle, memory->address);
  ReleaseAllOf(queues, clReleaseCommandQueue);
  ReleaseAllOf(contexts, clReleaseContext);
  ReleaseAllOf(sub_devices, clReleaseDevice);
}

void World::End() {
  if (commons != nullptr) EndCommons(*this);
  SettleAll();
  UnmapAll();
  AwaitCallbacks();
  for (const Watched& watched : watched_) {
    Line("{}: {}", watched.what, Contents(watched.at, watched.bytes));
  }
  for (const auto& memory : memories) {
    if (memory->is_part() || memory->is_image()) continue;
    std::vector<unsigned char> bytes(memory->bytes);
    for (const auto& queue : queues) {
      if (queue->context != memory->context) continue;
      const cl_int code = clEnqueueReadBuffer(queue->handle, memory->handle, CL_TRUE, 0,
                                              bytes.size(), bytes.data(), 0, nullptr, nullptr);
      Line("{} at the end: {}, {}", memory->name, CodeName(code),
           Contents(bytes.data(), bytes.size()));
      break;
    }
  }
  for (const auto& memory : shared_memories) {
    std::vector<unsigned char> bytes(memory->bytes);
    cl_command_queue queue = QueueOf(*memory);
    const cl_int code = clEnqueueSVMMemcpy(queue, CL_TRUE, bytes.data(), memory->address,
                                           bytes.size(), 0, nullptr, nullptr);
    clReleaseCommandQueue(queue);
    Line("{} at the end: {}, {}", memory->name, CodeName(code),
         Contents(bytes.data(), bytes.size()));
  }
  ReleaseAll();
  if (leaks) return;
  for (const std::string& line : destructions->Await()) Line("{}", line);
}

}  // namespace random_test
