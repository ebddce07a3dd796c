// SPDX-License-Identifier: Apache-2.0
// Rectangles of buffers.
#include <algorithm>

#include "tests/random/enqueue.h"

namespace random_test {

namespace {

constexpr size_t kHostBytes = 1U << 16U;

struct Side {
  size_t origin[3];
  size_t row_pitch;
  size_t slice_pitch;
};

struct Region {
  size_t size[3];
};

Side ChooseSide(Operands& operands) {
  return operands.Choose<Side>({{{0, 0, 0}, 0, 0},
                                {{0, 0, 0}, 16, 64},
                                {{1, 1, 0}, 16, 0},
                                {{0, 0, 1}, 20, 100},
                                {{3, 2, 1}, 0, 0}},
                               {{{0, 0, 0}, 1, 0},
                                {{0, 0, 0}, 16, 17},
                                {{0, 0, 0}, 0, 3},
                                {{5000000, 0, 0}, 0, 0},
                                {{0, ~size_t{0}, 0}, 0, 0}});
}

Region ChooseRegion(Operands& operands) {
  return operands.Choose<Region>({{{8, 2, 1}}, {{4, 2, 2}}, {{16, 1, 1}}, {{1, 1, 1}}, {{5, 4, 2}}},
                                 {{{0, 2, 1}}, {{8, 0, 1}}, {{8, 1, 0}}, {{~size_t{0}, 2, 2}}});
}

std::string Text(const Side& side) {
  return fmt::format("{{{} {} {}}} {} {}", side.origin[0], side.origin[1], side.origin[2],
                     side.row_pitch, side.slice_pitch);
}

std::string Text(const Region& region) {
  return fmt::format("{}x{}x{}", region.size[0], region.size[1], region.size[2]);
}

size_t EndOf(const Side& side, const Region& region) {
  const size_t row = side.row_pitch != 0 ? side.row_pitch : region.size[0];
  const size_t slice = side.slice_pitch != 0 ? side.slice_pitch : row * region.size[1];
  return (side.origin[2] + region.size[2]) * slice + (side.origin[1] + region.size[1]) * row +
         side.origin[0] + region.size[0];
}

bool FitsHost(const Side& side, const Region& region) {
  for (const size_t size : region.size) {
    if (size > 100) return false;
  }
  for (const size_t at : side.origin) {
    if (at > 100) return false;
  }
  return EndOf(side, region) <= kHostBytes;
}

// PoCL looks at the end of the whole only.
bool MayTouch(const std::shared_ptr<Memory>& memory, const Side& side, const Region& region) {
  return !memory || !memory->is_part() ||
         (FitsHost(side, region) && EndOf(side, region) <= memory->bytes);
}

void CheckEnd(Operands& operands, const std::shared_ptr<Memory>& memory, const Side& side,
              const Region& region) {
  if (memory && (!FitsHost(side, region) || EndOf(side, region) > memory->bytes))
    operands.AddFault();
}

template <typename Call>
void Transfer(World& world, Operands operands, const char* function, bool reads, Call call) {
  Enqueue enqueue(world, operands);
  const auto memory = ChooseBuffer(world, operands);
  const Side buffer = ChooseSide(operands);
  const Side host = ChooseSide(operands);
  const Region region = ChooseRegion(operands);
  const bool blocking = operands.Flag();
  if (!MayTouch(memory, buffer, region)) return world.Line("(left out: past the end of a part)");
  if (!FitsHost(host, region))
    return world.Line("(left out: past the end of the program's memory)");
  CheckEnd(operands, memory, buffer, region);
  const cl_mem_flags refused = reads ? CL_MEM_HOST_WRITE_ONLY : CL_MEM_HOST_READ_ONLY;
  if (memory && ((memory->flags | WholeOf(*memory).flags) & (refused | CL_MEM_HOST_NO_ACCESS)) != 0)
    operands.AddFault();
  enqueue.Touch(memory);
  if (!enqueue.Prepare(blocking)) return;
  unsigned char* at = world.HostMemory(kHostBytes / 16);
  if (EndOf(host, region) > kHostBytes / 16)
    return world.Line("(left out: past the end of the program's memory)");
  const cl_int code =
      call(enqueue.queue(), HandleOf(memory), blocking ? CL_TRUE : CL_FALSE, buffer.origin,
           host.origin, region.size, buffer.row_pitch, buffer.slice_pitch, host.row_pitch,
           host.slice_pitch, at, enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("{}({}, {}, {}, host {}, {}", function, NameOf(memory), blocking,
                           Text(buffer), Text(host), Text(region)),
               code);
  if (!reads) return;
  if (blocking) {
    world.Line("  {}", Contents(at, kHostBytes / 16));
  } else {
    world.WatchHostMemory("read from " + NameOf(memory), at, kHostBytes / 16);
  }
}

}  // namespace

void Play_write_rect(World& world, Operands operands) {
  Transfer(world, operands, "clEnqueueWriteBufferRect", false, clEnqueueWriteBufferRect);
}

void Play_read_rect(World& world, Operands operands) {
  Transfer(world, operands, "clEnqueueReadBufferRect", true, clEnqueueReadBufferRect);
}

void Play_copy_rect(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto from = ChooseBuffer(world, operands);
  const auto to = ChooseBuffer(world, operands);
  const Side from_side = ChooseSide(operands);
  const Side to_side = ChooseSide(operands);
  const Region region = ChooseRegion(operands);
  // PoCL does not survive NULL, nor a part of a buffer.
  if (!from || !to) return world.Line("(left out: a copy of nothing)");
  if (from->is_part() || to->is_part()) return world.Line("(left out: a copy of a part)");
  if (!MayTouch(from, from_side, region) || !MayTouch(to, to_side, region)) {
    return world.Line("(left out: past the end of a part)");
  }
  CheckEnd(operands, from, from_side, region);
  CheckEnd(operands, to, to_side, region);
  if (from == to) operands.AddFault();
  enqueue.Touch(from);
  enqueue.Touch(to);
  if (!enqueue.Prepare(false)) return;
  const cl_int code = clEnqueueCopyBufferRect(
      enqueue.queue(), HandleOf(from), HandleOf(to), from_side.origin, to_side.origin, region.size,
      from_side.row_pitch, from_side.slice_pitch, to_side.row_pitch, to_side.slice_pitch,
      enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueCopyBufferRect({}, {}, {}, {}, {}", NameOf(from), NameOf(to),
                           Text(from_side), Text(to_side), Text(region)),
               code);
}

}  // namespace random_test
