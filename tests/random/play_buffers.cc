// SPDX-License-Identifier: Apache-2.0
// Buffers and what moves their contents.
#include <algorithm>

#include "tests/random/enqueue.h"

namespace random_test {

namespace {

constexpr size_t kHuge = ~size_t{0} - 7;

struct Range {
  size_t offset;
  size_t bytes;
};

// A part of a memory, or one that leaves it.
Range ChooseRange(Operands& operands, const std::shared_ptr<Memory>& memory) {
  const size_t all = memory ? memory->bytes : 64;
  const size_t offset =
      operands.Choose<size_t>({0, all / 2, 1, all / 4, all - 1, 16}, {all, all + 1, kHuge});
  const size_t rest = offset < all ? all - offset : 1;
  const size_t bytes = operands.Choose<size_t>(
      {rest, 1, (rest + 1) / 2, std::min<size_t>(rest, 16)}, {rest + 1, 0, kHuge, all});
  return {offset, bytes};
}

bool IsHuge(const Range& range) { return range.bytes > (size_t{1} << 30U); }

// The host may not touch every buffer.
void CheckHostAccess(Operands& operands, const std::shared_ptr<Memory>& memory,
                     cl_mem_flags refused) {
  if (memory && ((memory->flags | WholeOf(*memory).flags) & refused) != 0) operands.AddFault();
}

unsigned char* HostFor(World& world, size_t bytes) {
  return world.HostMemory(std::min<size_t>(bytes, 1U << 22U));
}

// Without contents of its own a buffer's are undefined, so it is filled before anyone looks.
void Define(World& world, Memory& memory) {
  world.CommandMade();
  for (const auto& queue : world.queues) {
    if (queue->context != memory.context || AnyUnset(queue->gates)) continue;
    const cl_uint pattern = 0x01020304;
    if (memory.bytes % sizeof pattern != 0) {
      const cl_uchar small = 0x5a;
      clEnqueueFillBuffer(queue->handle, memory.handle, &small, 1, 0, memory.bytes, 0, nullptr,
                          nullptr);
    } else {
      clEnqueueFillBuffer(queue->handle, memory.handle, &pattern, sizeof pattern, 0, memory.bytes,
                          0, nullptr, nullptr);
    }
    clFinish(queue->handle);
    return;
  }
  cl_int code = CL_SUCCESS;
  cl_command_queue queue = clCreateCommandQueueWithProperties(
      memory.context->handle, memory.context->devices[0], nullptr, &code);
  const cl_uchar small = 0x5b;
  clEnqueueFillBuffer(queue, memory.handle, &small, 1, 0, memory.bytes, 0, nullptr, nullptr);
  clFinish(queue);
  clReleaseCommandQueue(queue);
}

// May a command read or write this? PoCL looks at the end of the whole only, so parts are not left
// there.
bool MayLeave(const std::shared_ptr<Memory>& memory, const Range& range) {
  return !memory || !memory->is_part() ||
         (range.offset <= memory->bytes && range.bytes <= memory->bytes - range.offset);
}

}  // namespace

void Play_create_buffer(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const auto bytes = operands.Choose<size_t>({256, 64, 4096, 1000, 1024, 65536, 100}, {0, kHuge});
  const cl_mem_flags wrong_both = CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY;
  const cl_mem_flags access = operands.Choose<cl_mem_flags>(
      {0, CL_MEM_READ_WRITE, CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY, CL_MEM_HOST_READ_ONLY,
       CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_NO_ACCESS},
      {wrong_both, CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY, cl_mem_flags{1} << 40U});
  const cl_mem_flags source = operands.Choose<cl_mem_flags>(
      {CL_MEM_COPY_HOST_PTR, 0, CL_MEM_USE_HOST_PTR, CL_MEM_ALLOC_HOST_PTR,
       CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR},
      {CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR});
  const bool needs_host = (source & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR)) != 0;
  const bool has_host = operands.Choose<bool>({needs_host}, {!needs_host});
  if (bytes == kHuge && has_host) return world.Line("(left out: no program has so much memory)");
  unsigned char* host = has_host ? world.HostMemory(bytes) : nullptr;
  cl_int code = 77;
  cl_mem handle = clCreateBuffer(HandleOf(context), access | source, bytes, host, &code);
  if (handle == nullptr) {
    return world.Line("clCreateBuffer({}, {:#x}, {}, {}) = {}", NameOf(context), access | source,
                      bytes, has_host ? "memory" : "NULL", operands.Code(code));
  }
  const auto memory = world.Adopt(world.memories, handle, "memory");
  world.Line("clCreateBuffer({}, {:#x}, {}, {}) = {} {}", NameOf(context), access | source, bytes,
             has_host ? "memory" : "NULL", operands.Code(code), memory->name);
  memory->context = context;
  memory->bytes = bytes;
  memory->flags = access | source;
  if ((source & CL_MEM_USE_HOST_PTR) != 0) memory->host = host;
  if (!has_host) Define(world, *memory);
}

void Play_create_sub_buffer(World& world, Operands operands) {
  const auto whole = ChooseBuffer(world, operands);
  const size_t all = whole ? whole->bytes : 256;
  if (whole && whole->is_part() && !whole->whole->is_shared()) operands.AddFault();
  const cl_buffer_region region = {
      .origin = operands.Choose<size_t>({0, 128, 256, 512}, {1, 64, all}),
      .size = operands.Choose<size_t>({64, 128, 1, 200}, {0, all + 1})};
  const auto flags =
      operands.Choose<cl_mem_flags>({0, CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY, CL_MEM_HOST_READ_ONLY},
                                    {CL_MEM_ALLOC_HOST_PTR, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY});
  const auto type = operands.Choose<cl_buffer_create_type>({CL_BUFFER_CREATE_TYPE_REGION}, {0, 77});
  const bool no_region = operands.Choose<bool>({false}, {true});
  cl_int code = 77;
  cl_mem handle =
      clCreateSubBuffer(HandleOf(whole), flags, type, no_region ? nullptr : &region, &code);
  std::shared_ptr<Memory> part;
  if (handle != nullptr) {
    part = world.Adopt(world.memories, handle, "memory");
    part->context = whole->context;
    part->bytes = region.size;
    part->flags = flags;
    part->whole = whole->whole ? whole->whole : whole;
  }
  world.Line("clCreateSubBuffer({}, {:#x}, {}, {{{}, {}}}{}) = {} {}", NameOf(whole), flags, type,
             region.origin, region.size, no_region ? " NULL" : "", operands.Code(code),
             NameOf(part));
}

void Play_write_buffer(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = ChooseBuffer(world, operands);
  const Range range = ChooseRange(operands, memory);
  const bool blocking = operands.Flag();
  const bool no_pointer = operands.Choose<bool>({false}, {true});
  if (!MayLeave(memory, range)) return world.Line("(left out: past the end of a part)");
  CheckHostAccess(operands, memory, CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS);
  enqueue.Touch(memory);
  if (!enqueue.Prepare(blocking)) return;
  const void* host = no_pointer ? nullptr : HostFor(world, range.bytes);
  const cl_int code = clEnqueueWriteBuffer(enqueue.queue(), HandleOf(memory),
                                           blocking ? CL_TRUE : CL_FALSE, range.offset, range.bytes,
                                           host, enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueWriteBuffer({}, {}, {}, {}{}", NameOf(memory), blocking,
                           range.offset, range.bytes, no_pointer ? ", NULL" : ""),
               code);
}

void Play_read_buffer(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = ChooseBuffer(world, operands);
  const Range range = ChooseRange(operands, memory);
  const bool blocking = operands.Flag();
  const bool no_pointer = operands.Choose<bool>({false}, {true});
  if (!MayLeave(memory, range)) return world.Line("(left out: past the end of a part)");
  CheckHostAccess(operands, memory, CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS);
  enqueue.Touch(memory);
  if (!enqueue.Prepare(blocking)) return;
  unsigned char* host = no_pointer ? nullptr : HostFor(world, range.bytes);
  const cl_int code = clEnqueueReadBuffer(enqueue.queue(), HandleOf(memory),
                                          blocking ? CL_TRUE : CL_FALSE, range.offset, range.bytes,
                                          host, enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueReadBuffer({}, {}, {}, {}{}", NameOf(memory), blocking,
                           range.offset, range.bytes, no_pointer ? ", NULL" : ""),
               code);
  if (host == nullptr || IsHuge(range)) return;
  if (blocking) {
    world.Line("  {}", Contents(host, range.bytes));
  } else {
    world.WatchHostMemory("read from " + NameOf(memory), host, range.bytes);
  }
}

void Play_fill_buffer(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = ChooseBuffer(world, operands);
  const Range range = ChooseRange(operands, memory);
  const auto pattern_bytes = operands.Choose<size_t>({4, 1, 2, 8, 16, 128}, {0, 3, 256});
  const unsigned seed = operands.Next();
  const size_t down = operands.Choose<size_t>({std::max<size_t>(pattern_bytes, 1)}, {1});
  const size_t offset = range.offset / down * down;
  const size_t bytes = range.bytes / down * down;
  if (!MayLeave(memory, {offset, bytes})) return world.Line("(left out: past the end of a part)");
  std::vector<unsigned char> pattern(256, static_cast<unsigned char>(seed));
  pattern[1] = 0x11;
  enqueue.Touch(memory);
  if (!enqueue.Prepare(false)) return;
  const cl_int code =
      clEnqueueFillBuffer(enqueue.queue(), HandleOf(memory), pattern.data(), pattern_bytes, offset,
                          bytes, enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueFillBuffer({}, {}, {}, {}", NameOf(memory), pattern_bytes,
                           offset, bytes),
               code);
}

void Play_copy_buffer(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto from = ChooseBuffer(world, operands);
  const auto to = ChooseBuffer(world, operands);
  const Range range = ChooseRange(operands, from);
  const auto to_offset = operands.Choose<size_t>({0, 16, 1}, {kHuge, 100000});
  if (!MayLeave(from, range) || !MayLeave(to, {to_offset, range.bytes})) {
    return world.Line("(left out: past the end of a part)");
  }
  if (to && to_offset + range.bytes > to->bytes) operands.AddFault();
  if (from != to && from && to && &WholeOf(*from) == &WholeOf(*to)) operands.AddFault();
  if (from == to && range.offset < to_offset + range.bytes &&
      to_offset < range.offset + range.bytes) {
    operands.AddFault();
  }
  enqueue.Touch(from);
  enqueue.Touch(to);
  if (!enqueue.Prepare(false)) return;
  const cl_int code =
      clEnqueueCopyBuffer(enqueue.queue(), HandleOf(from), HandleOf(to), range.offset, to_offset,
                          range.bytes, enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueCopyBuffer({}, {}, {}, {}, {}", NameOf(from), NameOf(to),
                           range.offset, to_offset, range.bytes),
               code);
}

void Play_migrate(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = ChooseBuffer(world, operands);
  const auto flags = operands.Choose<cl_mem_migration_flags>(
      {0, CL_MIGRATE_MEM_OBJECT_HOST, CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED}, {77});
  const auto count = operands.Choose<cl_uint>({1}, {0});
  if ((flags & CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED) != 0)
    return world.Line("(left out: undefined contents)");
  enqueue.Touch(memory);
  if (!enqueue.Prepare(false)) return;
  cl_mem handle = HandleOf(memory);
  const cl_int code = clEnqueueMigrateMemObjects(enqueue.queue(), count, &handle, flags,
                                                 enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueMigrateMemObjects({}, {}, {}", count, NameOf(memory), flags),
               code);
}

}  // namespace random_test
