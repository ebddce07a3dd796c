// SPDX-License-Identifier: Apache-2.0
// Maps of buffers and images, and what the program does with mapped memory.
#include <algorithm>

#include "tests/random/enqueue.h"

namespace random_test {

namespace {

std::string MapContents(const Map& map) {
  std::string bytes;
  for (size_t slice = 0; slice < map.slices; ++slice) {
    for (size_t row = 0; row < map.rows; ++row) {
      const unsigned char* at = map.address + slice * map.slice_pitch + row * map.row_pitch;
      bytes.append(reinterpret_cast<const char*>(at), map.row_bytes);
    }
  }
  return Contents(bytes.data(), bytes.size());
}

cl_map_flags ChooseFlags(Operands& operands) {
  return operands.Choose<cl_map_flags>(
      {CL_MAP_READ, CL_MAP_WRITE, CL_MAP_READ | CL_MAP_WRITE, CL_MAP_WRITE_INVALIDATE_REGION},
      {CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, 64});
}

// A map that writes beside another map, and a map beside an unmap under way, are undefined or
// miscounted by PoCL.
bool MayMap(World& world, const std::shared_ptr<Memory>& memory, cl_map_flags flags) {
  if (!memory) return true;
  for (const auto& other : world.AllMemories()) {
    if (&WholeOf(*other) != &WholeOf(*memory) || other->maps.empty()) continue;
    if (other != memory || flags != CL_MAP_READ) return false;
    for (const Map& map : other->maps) {
      if (map.writes) return false;
    }
  }
  const auto last = WholeOf(*memory).last_queue;
  if (last) world.Settle(last);
  return true;
}

void CheckMapAccess(Operands& operands, const std::shared_ptr<Memory>& memory, cl_map_flags flags) {
  if (!memory) return;
  const cl_mem_flags all = memory->flags | WholeOf(*memory).flags;
  if ((all & CL_MEM_HOST_NO_ACCESS) != 0) operands.AddFault();
  if ((flags & CL_MAP_READ) != 0 && (all & CL_MEM_HOST_WRITE_ONLY) != 0) operands.AddFault();
  if ((flags & ~cl_map_flags{CL_MAP_READ}) != 0 && (all & CL_MEM_HOST_READ_ONLY) != 0)
    operands.AddFault();
}

void Keep(Memory& memory, Map map, cl_map_flags flags) {
  map.writes = (flags & ~cl_map_flags{CL_MAP_READ}) != 0;
  map.is_undefined = (flags & CL_MAP_WRITE_INVALIDATE_REGION) != 0;
  memory.maps.push_back(map);
}

}  // namespace

void Play_map_buffer(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = operands.Choose(world.memories);
  const cl_map_flags flags = ChooseFlags(operands);
  const size_t all = memory ? memory->bytes : 64;
  const size_t offset = operands.Choose<size_t>({0, all / 2, 1}, {all, ~size_t{0} - 7});
  const size_t rest = offset < all ? all - offset : 1;
  const size_t bytes =
      operands.Choose<size_t>({rest, 1, (rest + 1) / 2}, {rest + 1, 0, ~size_t{0} - 7});
  const bool blocking = !operands.Flag();
  if (memory && memory->is_image()) operands.AddFault();
  // PoCL looks at the end of the whole only.
  if (memory && memory->is_part() && (offset >= all || bytes > rest))
    return world.Line("(left out: past the end of a part)");
  if (!MayMap(world, memory, flags)) return world.Line("(left out: {} is mapped)", NameOf(memory));
  CheckMapAccess(operands, memory, flags);
  enqueue.MayTouchMapped();
  enqueue.Touch(memory);
  if (!enqueue.Prepare(blocking)) return;
  cl_int code = 77;
  void* mapped =
      clEnqueueMapBuffer(enqueue.queue(), HandleOf(memory), blocking ? CL_TRUE : CL_FALSE, flags,
                         offset, bytes, enqueue.count(), enqueue.list(), enqueue.event(), &code);
  enqueue.Done(fmt::format("clEnqueueMapBuffer({}, {}, {:#x}, {}, {}", NameOf(memory), blocking,
                           flags, offset, bytes),
               code);
  if (mapped == nullptr) return;
  Map map;
  map.address = static_cast<unsigned char*>(mapped);
  map.row_bytes = bytes;
  ForbidFailure(enqueue.gates());
  if (memory->host != nullptr) world.Line("  at {}", map.address - memory->host);
  if (blocking && (flags & CL_MAP_WRITE_INVALIDATE_REGION) == 0)
    world.Line("  {}", MapContents(map));
  Keep(*memory, map, flags);
}

void Play_map_image(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto image = operands.Choose(world.memories);
  const cl_map_flags flags = ChooseFlags(operands);
  const size_t whole[3] = {image ? image->extent[0] : 1, image ? image->extent[1] : 1,
                           image ? image->extent[2] : 1};
  // PoCL ends the process when the origin lies past the end, or the region is empty.
  const size_t origin[3] = {operands.Choose<size_t>({0, whole[0] / 2}, {}), 0, 0};
  const size_t region[3] = {
      operands.Choose<size_t>({whole[0] - std::min(origin[0], whole[0] - 1), 1}, {whole[0] + 7}),
      whole[1], whole[2]};
  const bool blocking = !operands.Flag();
  const bool no_pitch = operands.Choose<bool>({false}, {true});
  if (!image || !image->is_image()) return world.Line("(left out: no image)");
  if (!MayMap(world, image, flags)) return world.Line("(left out: {} is mapped)", NameOf(image));
  if (image->is_part() && origin[0] + region[0] > whole[0])
    return world.Line("(left out: PoCL maps what lies behind an image over a buffer)");
  CheckMapAccess(operands, image, flags);
  enqueue.MayTouchMapped();
  enqueue.Touch(image);
  if (!enqueue.Prepare(blocking)) return;
  cl_int code = 77;
  Map map;
  map.row_bytes = region[0] * image->pixel_bytes;
  map.rows = region[1];
  map.slices = region[2];
  void* mapped =
      clEnqueueMapImage(enqueue.queue(), image->handle, blocking ? CL_TRUE : CL_FALSE, flags,
                        origin, region, no_pitch ? nullptr : &map.row_pitch, &map.slice_pitch,
                        enqueue.count(), enqueue.list(), enqueue.event(), &code);
  enqueue.Done(fmt::format("clEnqueueMapImage({}, {}, {:#x}, {}, {}x{}x{}", image->name, blocking,
                           flags, origin[0], region[0], region[1], region[2]),
               code);
  if (mapped == nullptr) return;
  map.address = static_cast<unsigned char*>(mapped);
  ForbidFailure(enqueue.gates());
  world.Line("  pitches {} {}", map.row_pitch, map.slice_pitch);
  // A slice pitch of 0 for what has rows only is PoCL's 1D array: its slices are its rows.
  if (blocking && (flags & CL_MAP_WRITE_INVALIDATE_REGION) == 0)
    world.Line("  {}", MapContents(map));
  Keep(*image, map, flags);
}

void Play_use_map(World& world, Operands operands) {
  const auto memory = operands.Choose(world.memories);
  const unsigned seed = operands.Next();
  if (!memory || memory->maps.empty()) return world.Line("(nothing mapped)");
  Map& map = memory->maps[seed % memory->maps.size()];
  const auto last = WholeOf(*memory).last_queue;
  if (last) world.Settle(last);
  if (!map.is_undefined) world.Line("{} mapped: {}", memory->name, MapContents(map));
  if (!map.writes) return;
  WriteMap(map, seed);
  map.is_undefined = false;
}

void Play_unmap(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto memory = operands.Choose(world.memories);
  const bool wrong_pointer = operands.Choose<bool>({false}, {true});
  if (!memory || memory->maps.empty()) return world.Line("(nothing mapped)");
  if (enqueue.queue() == nullptr || enqueue.queue_object()->context != memory->context)
    operands.AddFault();
  if (memory->maps.back().is_undefined) {
    const auto last = WholeOf(*memory).last_queue;
    if (last) world.Settle(last);
    WriteMap(memory->maps.back(), 3);
  }
  enqueue.MayTouchMapped();
  enqueue.Touch(memory);
  if (!enqueue.Prepare(false)) return;
  unsigned char other = 0;
  unsigned char* at = wrong_pointer ? &other : memory->maps.back().address;
  const cl_int code = clEnqueueUnmapMemObject(enqueue.queue(), memory->handle, at, enqueue.count(),
                                              enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueUnmapMemObject({}{}", memory->name,
                           wrong_pointer ? ", another pointer" : ""),
               code);
  if (code != CL_SUCCESS) return;
  ForbidFailure(enqueue.gates());
  memory->maps.pop_back();
}

}  // namespace random_test
