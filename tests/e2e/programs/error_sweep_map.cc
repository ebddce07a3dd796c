// SPDX-License-Identifier: Apache-2.0
// Error sweep: maps and unmaps of buffers.
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepScene;

constexpr size_t kBytes = 4096;

struct MapCase {
  cl_command_queue queue;
  cl_mem buffer;
  cl_map_flags flags = CL_MAP_READ;
  size_t offset = 0;
  size_t bytes = 64;
};

class Maps {
 public:
  explicit Maps(const SweepScene& scene) : scene_(scene) {}

  void Try(const char* what, const MapCase& map, cl_bool blocking = CL_TRUE) const {
    void* mapped = sweep_.Made(what, [&](cl_int* code) {
      return clEnqueueMapBuffer(map.queue, map.buffer, blocking, map.flags, map.offset, map.bytes,
                                0, nullptr, nullptr, code);
    });
    Drop(map.buffer, mapped);
  }

  void TryFlags(const char* what, cl_mem_flags buffer_flags, cl_map_flags map_flags) const {
    cl_mem buffer = e2e::MakeBuffer(scene_.session.context, kBytes, buffer_flags);
    Try(what, {.queue = scene_.session.queue, .buffer = buffer, .flags = map_flags});
    Ok(clReleaseMemObject(buffer));
  }

  void Drop(cl_mem buffer, void* mapped) const {
    if (mapped == nullptr) return;
    Ok(clEnqueueUnmapMemObject(scene_.session.queue, buffer, mapped, 0, nullptr, nullptr));
    Ok(clFinish(scene_.session.queue));
  }

  const Sweep& sweep() const { return sweep_; }

 private:
  const SweepScene& scene_;
  Sweep sweep_{"clEnqueueMapBuffer"};
};

void Objects(const SweepScene& scene, const Maps& maps) {
  cl_command_queue queue = scene.session.queue;
  maps.Try("NULL queue", {.queue = nullptr, .buffer = scene.buffer});
  maps.Try("NULL buffer", {.queue = queue, .buffer = nullptr});
  maps.Try("another context", {.queue = queue, .buffer = scene.foreign_buffer});
  maps.Try("size 0", {.queue = queue, .buffer = scene.buffer, .bytes = 0});
  maps.Try("offset at the end", {.queue = queue, .buffer = scene.buffer, .offset = kBytes});
  maps.Try("size past the end", {.queue = queue, .buffer = scene.buffer, .bytes = kBytes + 1});
  maps.Try("end past the end",
           {.queue = queue, .buffer = scene.buffer, .offset = kBytes - 8, .bytes = 9});
  maps.Try("overflowing",
           {.queue = queue, .buffer = scene.buffer, .offset = 16, .bytes = ~size_t{0} - 8});
  maps.Try("right", {.queue = queue, .buffer = scene.buffer});
  maps.Try("not blocking, past the end", {.queue = queue, .buffer = scene.buffer, .offset = kBytes},
           CL_FALSE);
  maps.sweep().Made("no code wanted", [&](cl_int*) {
    return clEnqueueMapBuffer(queue, scene.buffer, CL_TRUE, CL_MAP_READ, kBytes, 1, 0, nullptr,
                              nullptr, nullptr);
  });
}

void Flags(const SweepScene& scene, const Maps& maps) {
  const auto with = [&](cl_map_flags flags) {
    return MapCase{.queue = scene.session.queue, .buffer = scene.buffer, .flags = flags};
  };
  maps.Try("no flags", with(0));
  maps.Try("unknown flag", with(1U << 10U));
  maps.Try("read and an unknown flag", with(CL_MAP_READ | (1U << 10U)));
  maps.Try("read and invalidate", with(CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION));
  maps.Try("write and invalidate", with(CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION));
  maps.TryFlags("read of host write-only", CL_MEM_HOST_WRITE_ONLY, CL_MAP_READ);
  maps.TryFlags("write of host write-only", CL_MEM_HOST_WRITE_ONLY, CL_MAP_WRITE);
  maps.TryFlags("read of host read-only", CL_MEM_HOST_READ_ONLY, CL_MAP_READ);
  maps.TryFlags("write of host read-only", CL_MEM_HOST_READ_ONLY, CL_MAP_WRITE);
  maps.TryFlags("invalidate of host read-only", CL_MEM_HOST_READ_ONLY,
                CL_MAP_WRITE_INVALIDATE_REGION);
  maps.TryFlags("read of host no access", CL_MEM_HOST_NO_ACCESS, CL_MAP_READ);
  maps.TryFlags("write of host no access", CL_MEM_HOST_NO_ACCESS, CL_MAP_WRITE);
}

void WaitLists(const SweepScene& scene, const Maps& maps) {
  for (const cl_bool blocking : {CL_TRUE, CL_FALSE}) {
    e2e::SweepWaitLists(
        maps.sweep(), scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
          cl_int code = e2e::kUntouched;
          void* mapped = clEnqueueMapBuffer(scene.session.queue, scene.buffer, blocking,
                                            CL_MAP_READ, 0, 64, count, list, event, &code);
          maps.Drop(scene.buffer, mapped);
          return code;
        });
  }
}

void Unmap(const SweepScene& scene) {
  const Sweep unmap("clEnqueueUnmapMemObject");
  cl_command_queue queue = scene.session.queue;
  uint8_t own[64] = {};
  cl_int code = CL_SUCCESS;
  const auto attempt = [&](const char* what, cl_command_queue on, cl_mem buffer, void* mapped) {
    unmap(what, clEnqueueUnmapMemObject(on, buffer, mapped, 0, nullptr, nullptr));
  };
  attempt("nothing is mapped", queue, scene.buffer, own);
  auto* mapped = static_cast<uint8_t*>(clEnqueueMapBuffer(queue, scene.buffer, CL_TRUE, CL_MAP_READ,
                                                          128, 64, 0, nullptr, nullptr, &code));
  Ok(code);
  attempt("NULL queue", nullptr, scene.buffer, mapped);
  attempt("NULL object", queue, nullptr, mapped);
  attempt("NULL pointer", queue, scene.buffer, nullptr);
  attempt("a pointer of the program", queue, scene.buffer, own);
  attempt("a pointer into the map", queue, scene.buffer, mapped + 1);
  attempt("a pointer before the map", queue, scene.buffer, mapped - 1);
  attempt("another context's buffer", queue, scene.foreign_buffer, mapped);
  e2e::SweepWaitLists(unmap, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueUnmapMemObject(queue, scene.buffer, mapped, count, list, event);
  });
  Ok(clFinish(queue));
  attempt("twice", queue, scene.buffer, mapped);
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  const Maps maps(scene);
  Objects(scene, maps);
  Flags(scene, maps);
  WaitLists(scene, maps);
  Unmap(scene);
  return e2e::Finish();
}
