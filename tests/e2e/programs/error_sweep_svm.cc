// SPDX-License-Identifier: Apache-2.0
// The error sweep of shared virtual memory. PoCL believes every address, so that none that names
// nothing is tried here: memory of the program's own or freed memory, and more bytes than were
// allocated. Nor does it survive a fill without a pattern, or a free of what it has not allocated.
#include "tests/e2e/programs/check.h"
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Sweep;

constexpr size_t kBytes = 4096;

struct Scene {
  e2e::Session session;
  e2e::Session other;  // of another context
  cl_event foreign = e2e::MakeUserEvent(other.context);
  uint8_t* memory = static_cast<uint8_t*>(clSVMAlloc(session.context, 0, kBytes, 0));
  uint8_t own[256] = {};
};

void Copies(const Scene& scene) {
  const Sweep sweep("clEnqueueSVMMemcpy");
  const auto copy = [&](const char* what, void* to, const void* from, size_t bytes,
                        cl_uint count = 0, const cl_event* events = nullptr) {
    sweep(what, clEnqueueSVMMemcpy(scene.session.queue, CL_TRUE, to, from, bytes, count, events,
                                   nullptr));
  };
  uint8_t host[64] = {};
  copy("right", scene.memory, host, 64);
  copy("NULL destination", nullptr, host, 64);
  copy("NULL source", scene.memory, nullptr, 64);
  copy("size 0", scene.memory, host, 0);
  copy("overlap", scene.memory, scene.memory + 8, 64);
  copy("the same", scene.memory, scene.memory, 64);
  copy("next to each other", scene.memory, scene.memory + 64, 64);
  copy("events without a list", scene.memory, host, 64, 1, nullptr);
  copy("a list without events", scene.memory, host, 64, 0, &scene.foreign);
  copy("an event of another context", scene.memory, host, 64, 1, &scene.foreign);
}

void Fills(const Scene& scene) {
  const Sweep sweep("clEnqueueSVMMemFill");
  const auto fill = [&](const char* what, void* to, size_t pattern, size_t bytes, cl_uint count = 0,
                        const cl_event* events = nullptr) {
    sweep(what, clEnqueueSVMMemFill(scene.session.queue, to, scene.own, pattern, bytes, count,
                                    events, nullptr));
  };
  fill("right", scene.memory, 128, 1024);
  fill("NULL", nullptr, 4, 16);
  fill("pattern of 0", scene.memory, 0, 16);
  fill("pattern of 3", scene.memory, 3, 15);
  fill("pattern of 256", scene.memory, 256, 1024);
  fill("not aligned", scene.memory + 2, 4, 16);
  fill("no multiple", scene.memory, 4, 17);
  fill("size 0", scene.memory, 4, 0);
  fill("events without a list", scene.memory, 4, 16, 1, nullptr);
  fill("an event of another context", scene.memory, 4, 16, 1, &scene.foreign);
}

void Maps(const Scene& scene) {
  const Sweep sweep("clEnqueueSVMMap");
  const auto map = [&](const char* what, cl_map_flags flags, void* memory, size_t bytes,
                       cl_uint count = 0, const cl_event* events = nullptr) {
    sweep(what, clEnqueueSVMMap(scene.session.queue, CL_TRUE, flags, memory, bytes, count, events,
                                nullptr));
  };
  map("NULL", CL_MAP_READ, nullptr, 16);
  map("size 0", CL_MAP_READ, scene.memory, 0);
  map("no flags", 0, scene.memory, 16);
  map("bad flags", CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, scene.memory, 16);
  map("unknown flags", cl_map_flags{1} << 20U, scene.memory, 16);
  map("interior", CL_MAP_READ, scene.memory + 17, 16);
  map("the whole", CL_MAP_WRITE, scene.memory, kBytes);
  map("events without a list", CL_MAP_READ, scene.memory, 16, 1, nullptr);
  map("an event of another context", CL_MAP_READ, scene.memory, 16, 1, &scene.foreign);
  const Sweep unmap("clEnqueueSVMUnmap");
  const auto end = [&](const char* what, void* memory, cl_uint count = 0,
                       const cl_event* events = nullptr) {
    unmap(what, clEnqueueSVMUnmap(scene.session.queue, memory, count, events, nullptr));
  };
  end("NULL", nullptr);
  end("events without a list", scene.memory, 1, nullptr);
  end("an event of another context", scene.memory, 1, &scene.foreign);
  end("right", scene.memory);
  end("once more", scene.memory);
  end("never mapped", scene.memory + 100);
}

void Migrations(const Scene& scene) {
  const Sweep sweep("clEnqueueSVMMigrateMem");
  const auto migrate = [&](const char* what, cl_uint count, const void** pointers,
                           const size_t* sizes, cl_mem_migration_flags flags, cl_uint events = 0,
                           const cl_event* list = nullptr) {
    sweep(what, clEnqueueSVMMigrateMem(scene.session.queue, count, pointers, sizes, flags, events,
                                       list, nullptr));
  };
  const void* pointers[2] = {scene.memory, scene.memory + 100};
  const void* one_null[2] = {scene.memory, nullptr};
  const size_t sizes[2] = {0, 100};
  migrate("right", 2, pointers, sizes, 0);
  migrate("NULL pointers", 2, nullptr, nullptr, 0);
  migrate("no pointers", 0, pointers, nullptr, 0);
  migrate("a NULL pointer", 2, one_null, nullptr, 0);
  migrate("bad flags", 2, pointers, nullptr, 1U << 10U);
  migrate("events without a list", 2, pointers, nullptr, 0, 1, nullptr);
  migrate("an event of another context", 2, pointers, nullptr, 0, 1, &scene.foreign);
}

void Kernels(const Scene& scene) {
  cl_program program =
      e2e::BuildProgram(scene.session.context, scene.session.device,
                        "kernel void k(global int* x, int v) { x[get_global_id(0)] += v; }");
  cl_kernel kernel = e2e::MakeKernel(program, "k");
  const Sweep pointer("clSetKernelArgSVMPointer");
  pointer("right", clSetKernelArgSVMPointer(kernel, 0, scene.memory));
  pointer("interior", clSetKernelArgSVMPointer(kernel, 0, scene.memory + 16));
  pointer("no argument of this index", clSetKernelArgSVMPointer(kernel, 2, scene.memory));
  pointer("no pointer", clSetKernelArgSVMPointer(kernel, 1, scene.memory));
  const Sweep launch("clEnqueueNDRangeKernel");
  const size_t items = 4;
  launch("an argument not set", clEnqueueNDRangeKernel(scene.session.queue, kernel, 1, nullptr,
                                                       &items, nullptr, 0, nullptr, nullptr));
  e2e::SetArg(kernel, 1, cl_int{3});
  launch("with shared memory", clEnqueueNDRangeKernel(scene.session.queue, kernel, 1, nullptr,
                                                      &items, nullptr, 0, nullptr, nullptr));
  const Sweep info("clSetKernelExecInfo");
  void* pointers[2] = {scene.memory, scene.memory + 64};
  info("pointers", clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof pointers,
                                       static_cast<const void*>(pointers)));
  const cl_bool no = CL_FALSE;
  info("no fine grain",
       clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof no, &no));
  e2e::Ok(clReleaseKernel(kernel));
  e2e::Ok(clReleaseProgram(program));
}

void Buffers(const Scene& scene) {
  const Sweep sweep("clCreateBuffer");
  const auto make = [&](const char* what, cl_mem_flags flags, size_t bytes, void* host) {
    cl_mem buffer = sweep.Made(what, [&](cl_int* code) {
      return clCreateBuffer(scene.session.context, flags, bytes, host, code);
    });
    if (buffer != nullptr) e2e::Ok(clReleaseMemObject(buffer));
  };
  make("over shared memory", CL_MEM_USE_HOST_PTR, kBytes, scene.memory);
  make("over shared memory, interior", CL_MEM_USE_HOST_PTR, 128, scene.memory + 128);
  make("over shared memory, too large", CL_MEM_USE_HOST_PTR, kBytes + 1, scene.memory);
  make("over shared memory, size 0", CL_MEM_USE_HOST_PTR, 0, scene.memory);
  make("over shared memory, bad flags", CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, 128,
       scene.memory);
  make("a copy of shared memory", CL_MEM_COPY_HOST_PTR, 128, scene.memory);
}

void Frees(const Scene& scene) {
  const Sweep sweep("clEnqueueSVMFree");
  const auto free = [&](const char* what, cl_uint count, void** pointers, cl_uint events = 0,
                        const cl_event* list = nullptr) {
    sweep(what, clEnqueueSVMFree(scene.session.queue, count, pointers, nullptr, nullptr, events,
                                 list, nullptr));
  };
  void* pointers[2] = {scene.memory, clSVMAlloc(scene.session.context, 0, 10, 0)};
  void* one_null[2] = {scene.memory, nullptr};
  free("NULL pointers", 2, nullptr);
  free("no pointers", 0, pointers);
  free("a NULL pointer", 2, one_null);
  free("events without a list", 2, pointers, 1, nullptr);
  free("an event of another context", 2, pointers, 1, &scene.foreign);
  free("right", 2, pointers);
  e2e::Ok(clFinish(scene.session.queue));
}

}  // namespace

int main() {
  e2e::Begin();
  Scene scene;
  if (scene.memory == nullptr) return e2e::Finish();
  Copies(scene);
  Fills(scene);
  Maps(scene);
  Migrations(scene);
  Kernels(scene);
  Buffers(scene);
  Frees(scene);
  e2e::Ok(clReleaseEvent(scene.foreign));
  return e2e::Finish();
}
