// SPDX-License-Identifier: Apache-2.0
// Shared virtual memory. PoCL looks at no address, so all that are tried lie in live allocations
// of the right context, or are NULL.
#include <algorithm>

#include "tests/random/enqueue.h"

namespace random_test {

namespace {

constexpr size_t kHuge = ~size_t{0} - 7;
// Of the largest type, which an allocation has that asks for none.
constexpr size_t kAlignmentMax = 128;

struct Place {
  unsigned char* at;
  size_t bytes;
  size_t offset;
  std::string text;
};

Place ChoosePlace(Operands& operands, const std::shared_ptr<Memory>& memory) {
  const size_t all = memory ? memory->bytes : 64;
  const size_t offset = operands.Choose<size_t>({0, all / 2, 1, 16, all - 1}, {});
  const size_t rest = all - offset;
  const size_t bytes =
      operands.Choose<size_t>({rest, 1, (rest + 1) / 2, std::min<size_t>(rest, 16)}, {0});
  return {memory ? memory->address + offset : nullptr, bytes, offset,
          memory ? fmt::format("{} + {}", memory->name, offset) : "NULL"};
}

// Of the queue's context.
bool IsForeign(const Enqueue& enqueue, const std::shared_ptr<Memory>& memory) {
  return memory && enqueue.queue_object() && enqueue.queue_object()->context != memory->context;
}

// Contents are undefined before anybody writes them.
void Define(World& world, const Memory& memory) {
  world.CommandMade();
  cl_int code = CL_SUCCESS;
  cl_command_queue queue = clCreateCommandQueueWithProperties(
      memory.context->handle, memory.context->devices[0], nullptr, &code);
  const cl_uchar value = 0x5c;
  clEnqueueSVMMemFill(queue, memory.address, &value, 1, memory.bytes, 0, nullptr, nullptr);
  clFinish(queue);
  clReleaseCommandQueue(queue);
}

// A buffer over it.
bool IsUsed(const World& world, const Memory& memory) {
  const auto all = world.AllMemories();
  return !memory.maps.empty() || std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return other->whole.get() == &memory;
  });
}

void Forget(World& world, const std::shared_ptr<Memory>& memory) {
  memory->references = 0;
  std::erase(world.shared_memories, memory);
}

}  // namespace

void Play_svm_alloc(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const auto bytes = operands.Choose<size_t>({256, 100, 4096, 1000, 65536, 192}, {0, kHuge});
  // Fine grain is masked: docs/decisions/0008-shared-virtual-memory.md.
  const auto flags = operands.Choose<cl_svm_mem_flags>(
      {0, CL_MEM_READ_WRITE, CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY},
      {CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY, CL_MEM_COPY_HOST_PTR, cl_svm_mem_flags{1} << 40U});
  const auto alignment = operands.Choose<cl_uint>({0, 64, 4, 128, 16}, {3, 1U << 20U});
  void* at = clSVMAlloc(HandleOf(context), flags, bytes, alignment);
  std::shared_ptr<Memory> memory;
  if (at != nullptr) {
    memory = world.Adopt(world.shared_memories, nullptr, "svm");
    memory->context = context;
    memory->address = static_cast<unsigned char*>(at);
    memory->bytes = bytes;
    memory->alignment = alignment == 0 ? kAlignmentMax : alignment;
    ++context->shared_memories;
  }
  world.Line(
      "clSVMAlloc({}, {:#x}, {}, {}) = {}{}", NameOf(context), flags, bytes, alignment,
      NameOf(memory),
      memory && reinterpret_cast<uintptr_t>(at) % memory->alignment != 0 ? ", unaligned" : "");
  if (memory) Define(world, *memory);
}

void Play_svm_free(World& world, Operands operands) {
  const auto memory = operands.Choose(world.shared_memories);
  if (!memory) {
    const auto context = operands.Choose(world.contexts);
    clSVMFree(HandleOf(context), nullptr);
    return world.Line("clSVMFree({}, NULL)", NameOf(context));
  }
  if (IsUsed(world, *memory)) return world.Line("(left out: {} is in use)", memory->name);
  if (memory->last_queue) world.Settle(memory->last_queue);
  clSVMFree(memory->context->handle, memory->address);
  world.Line("clSVMFree({})", memory->name);
  --memory->context->shared_memories;
  Forget(world, memory);
}

void Play_svm_copy(World& world, Operands operands) {
  enum class Way { kIn, kOut, kBoth, kNeither };
  Enqueue enqueue(world, operands);
  const Way way = operands.Choose<Way>({Way::kOut, Way::kIn, Way::kBoth, Way::kNeither});
  const auto first = operands.Choose(world.shared_memories);
  const auto second = way == Way::kBoth ? operands.Choose(world.shared_memories) : nullptr;
  Place one = ChoosePlace(operands, first);
  const bool blocking = operands.Flag();
  const size_t other_offset = operands.Choose<size_t>({0, 16, 1}, {});
  if (IsForeign(enqueue, first) || IsForeign(enqueue, second))
    return world.Line("(left out: memory of another context)");
  if (second && other_offset + one.bytes > second->bytes)
    return world.Line("(left out: past the end)");
  unsigned char* host = world.HostMemory(std::max<size_t>(one.bytes, 1));
  Place other{host, one.bytes, 0, "memory"};
  if (way == Way::kNeither) one = {world.HostMemory(one.bytes), one.bytes, 0, "memory"};
  if (way == Way::kBoth) {
    other = {second ? second->address + other_offset : nullptr, one.bytes, other_offset,
             second ? fmt::format("{} + {}", second->name, other_offset) : "NULL"};
    if (first && first == second && one.offset < other_offset + one.bytes &&
        other_offset < one.offset + one.bytes) {
      operands.AddFault();
    }
  }
  const bool inwards = way == Way::kIn;
  const Place& to = inwards ? one : other;
  const Place& from = inwards ? other : one;
  if (way != Way::kNeither) enqueue.Touch(first);
  if (way == Way::kBoth) enqueue.Touch(second);
  if (!enqueue.Prepare(blocking)) return;
  const cl_int code =
      clEnqueueSVMMemcpy(enqueue.queue(), blocking ? CL_TRUE : CL_FALSE, to.at, from.at, one.bytes,
                         enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(
      fmt::format("clEnqueueSVMMemcpy({}, {}, {}, {}", blocking, to.text, from.text, one.bytes),
      code);
  if (way == Way::kIn || way == Way::kBoth) return;
  if (blocking) {
    world.Line("  {}", Contents(host, one.bytes));
  } else {
    world.WatchHostMemory("copied from " + from.text, host, one.bytes);
  }
}

void Play_svm_fill(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = operands.Choose(world.shared_memories);
  const Place place = ChoosePlace(operands, memory);
  const auto pattern_bytes = operands.Choose<size_t>({4, 1, 2, 8, 16, 128}, {0, 3, 256});
  const unsigned seed = operands.Next();
  const size_t down = operands.Choose<size_t>({std::max<size_t>(pattern_bytes, 1)}, {1});
  if (IsForeign(enqueue, memory)) return world.Line("(left out: memory of another context)");
  if (memory && pattern_bytes > memory->alignment)
    return world.Line("(left out: where it lies says whether it is aligned)");
  const size_t offset = place.offset / down * down;
  const size_t bytes = place.bytes / down * down;
  std::vector<unsigned char> pattern(256, static_cast<unsigned char>(seed));
  pattern[1] = 0x11;
  if (bytes == 0 && place.bytes != 0) operands.AddFault();
  if (pattern_bytes != 0 && offset % pattern_bytes != 0) operands.AddFault();
  enqueue.Touch(memory);
  if (!enqueue.Prepare(false)) return;
  const cl_int code = clEnqueueSVMMemFill(
      enqueue.queue(), memory ? memory->address + offset : nullptr, pattern.data(), pattern_bytes,
      bytes, enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueSVMMemFill({} + {}, {}, {}", NameOf(memory), offset,
                           pattern_bytes, bytes),
               code);
}

void Play_svm_map(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = operands.Choose(world.shared_memories);
  const Place place = ChoosePlace(operands, memory);
  const auto flags = operands.Choose<cl_map_flags>(
      {CL_MAP_READ, CL_MAP_WRITE, CL_MAP_READ | CL_MAP_WRITE, CL_MAP_WRITE_INVALIDATE_REGION},
      {CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, 64});
  const bool blocking = !operands.Flag();
  if (IsForeign(enqueue, memory)) return world.Line("(left out: memory of another context)");
  if (memory && IsUsed(world, *memory) && !memory->maps.empty())
    return world.Line("(left out: {} is mapped)", memory->name);
  enqueue.Touch(memory);
  if (!enqueue.Prepare(blocking)) return;
  const cl_int code =
      clEnqueueSVMMap(enqueue.queue(), blocking ? CL_TRUE : CL_FALSE, flags, place.at, place.bytes,
                      enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(
      fmt::format("clEnqueueSVMMap({}, {:#x}, {}, {}", blocking, flags, place.text, place.bytes),
      code);
  if (code != CL_SUCCESS) return;
  ForbidFailure(enqueue.gates());
  Map map;
  map.address = place.at;
  map.row_bytes = place.bytes;
  map.writes = (flags & ~cl_map_flags{CL_MAP_READ}) != 0;
  map.is_undefined = (flags & CL_MAP_WRITE_INVALIDATE_REGION) != 0;
  memory->maps.push_back(map);
  if (blocking && !map.is_undefined) world.Line("  {}", Contents(place.at, place.bytes));
}

void Play_svm_use(World& world, Operands operands) {
  const auto memory = operands.Choose(world.shared_memories);
  const unsigned seed = operands.Next();
  if (!memory || memory->maps.empty()) return world.Line("(nothing mapped)");
  if (memory->last_queue) world.Settle(memory->last_queue);
  Map& map = memory->maps.back();
  if (!map.is_undefined)
    world.Line("{} mapped: {}", memory->name, Contents(map.address, map.row_bytes));
  if (!map.writes) return;
  WriteMap(map, seed);
  map.is_undefined = false;
}

void Play_svm_unmap(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = operands.Choose(world.shared_memories);
  const bool null = operands.Choose<bool>({false}, {true});
  if (!memory || memory->maps.empty()) return world.Line("(nothing mapped)");
  if (IsForeign(enqueue, memory)) return world.Line("(left out: memory of another context)");
  if (memory->maps.back().is_undefined) {
    if (memory->last_queue) world.Settle(memory->last_queue);
    WriteMap(memory->maps.back(), 3);
  }
  enqueue.MayTouchMapped();
  enqueue.Touch(memory);
  if (!enqueue.Prepare(false)) return;
  const cl_int code =
      clEnqueueSVMUnmap(enqueue.queue(), null ? nullptr : memory->maps.back().address,
                        enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueSVMUnmap({}{}", memory->name, null ? ", NULL" : ""), code);
  if (code != CL_SUCCESS) return;
  ForbidFailure(enqueue.gates());
  memory->maps.pop_back();
}

void Play_svm_migrate(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto first = operands.Choose(world.shared_memories);
  const auto second = operands.Choose(world.shared_memories);
  const auto count = operands.Choose<cl_uint>({2, 1}, {0});
  const auto flags =
      operands.Choose<cl_mem_migration_flags>({0, CL_MIGRATE_MEM_OBJECT_HOST}, {1U << 10U});
  const bool sized = operands.Flag();
  const bool no_pointers = operands.Choose<bool>({false}, {true});
  if (IsForeign(enqueue, first) || IsForeign(enqueue, second))
    return world.Line("(left out: memory of another context)");
  enqueue.Touch(first);
  enqueue.Touch(second);
  if (!enqueue.Prepare(false)) return;
  const void* pointers[2] = {first ? first->address : nullptr,
                             second ? second->address + 16 : nullptr};
  const size_t sizes[2] = {0, 16};
  const cl_int code = clEnqueueSVMMigrateMem(
      enqueue.queue(), count, no_pointers ? nullptr : pointers, sized ? sizes : nullptr, flags,
      enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueSVMMigrateMem({}, {}, {}, {}{}, {}", count, NameOf(first),
                           NameOf(second), sized, no_pointers ? ", NULL" : "", flags),
               code);
}

namespace {

struct FreeNote {
  World* world;
  cl_context context;
  std::string what;
};

void CL_CALLBACK FreeCallback(cl_command_queue, cl_uint count, void** pointers, void* data) {
  const std::unique_ptr<FreeNote> note(static_cast<FreeNote*>(data));
  for (cl_uint i = 0; i < count; ++i) clSVMFree(note->context, pointers[i]);
  note->world->CallbackRan(fmt::format("{}, {} of them", note->what, count));
}

}  // namespace

void Play_svm_free_command(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto first = operands.Choose(world.shared_memories);
  const auto second = operands.Choose(world.shared_memories);
  const auto count = operands.Choose<cl_uint>({1, 2}, {0});
  const bool calls_back = operands.Flag();
  const bool no_pointers = operands.Choose<bool>({false}, {true});
  if (IsForeign(enqueue, first) || (count == 2 && IsForeign(enqueue, second)))
    return world.Line("(left out: memory of another context)");
  if (count == 2 && first == second) return world.Line("(left out: freed twice)");
  if (!first || (count == 2 && !second)) return world.Line("(left out: NULL is freed)");
  if (IsUsed(world, *first) || (count == 2 && IsUsed(world, *second)))
    return world.Line("(left out: in use)");
  enqueue.Touch(first);
  if (count == 2) enqueue.Touch(second);
  if (!enqueue.Prepare(false)) return;
  void* pointers[2] = {first->address, second ? second->address : nullptr};
  auto note = std::make_unique<FreeNote>(
      FreeNote{&world, first->context->handle, "to free " + first->name});
  const cl_int code = clEnqueueSVMFree(
      enqueue.queue(), count, no_pointers ? nullptr : pointers, calls_back ? FreeCallback : nullptr,
      calls_back ? note.get() : nullptr, enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueSVMFree({}, {}, {}{}{}", count, first->name, NameOf(second),
                           calls_back ? ", callback" : "", no_pointers ? ", NULL" : ""),
               code);
  if (code != CL_SUCCESS) return;
  ForbidFailure(enqueue.gates());
  if (calls_back) {
    (void)note.release();
    world.ExpectCallback();
  }
  Forget(world, first);
  if (count == 2) Forget(world, second);
}

// A buffer over shared memory: both are one.
void Play_svm_buffer(World& world, Operands operands) {
  const auto memory = operands.Choose(world.shared_memories);
  const size_t offset = operands.Choose<size_t>({0, 16}, {});
  const size_t bytes = operands.Choose<size_t>({memory ? memory->bytes - offset : 64, 64}, {0});
  const auto access = operands.Choose<cl_mem_flags>({CL_MEM_READ_WRITE, 0, CL_MEM_HOST_READ_ONLY},
                                                    {CL_MEM_ALLOC_HOST_PTR});
  const bool copy = operands.Choose<bool>({false, false, true}, {});
  if (!memory) return world.Line("(left out: over nothing)");
  if (memory->last_queue) world.Settle(memory->last_queue);
  // The program may look at what is mapped only.
  if (copy && (memory->maps.empty() || memory->maps.back().address != memory->address ||
               memory->maps.back().row_bytes != memory->bytes || memory->maps.back().is_undefined))
    return world.Line("(left out: not mapped)");
  const cl_mem_flags flags = access | (copy ? CL_MEM_COPY_HOST_PTR : CL_MEM_USE_HOST_PTR);
  cl_int code = 77;
  cl_mem handle =
      clCreateBuffer(memory->context->handle, flags, bytes, memory->address + offset, &code);
  std::shared_ptr<Memory> buffer;
  if (handle != nullptr) {
    buffer = world.Adopt(world.memories, handle, "memory");
    buffer->context = memory->context;
    buffer->bytes = bytes;
    buffer->flags = flags;
    if (!copy) buffer->host = memory->address + offset;
    if (!copy) buffer->whole = memory;
  }
  world.Line("clCreateBuffer({}, {:#x}, {}, {} + {}) = {} {}", memory->context->name, flags, bytes,
             memory->name, offset, operands.Code(code), NameOf(buffer));
}

}  // namespace random_test
