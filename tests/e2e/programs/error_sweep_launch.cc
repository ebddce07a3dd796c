// SPDX-License-Identifier: Apache-2.0
// Error sweep: launches of kernels, markers and barriers.
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepScene;

constexpr const char* kSource = R"(
kernel void put(global int* memory, int number) { memory[get_global_id(0)] = number; }
kernel __attribute__((reqd_work_group_size(8, 1, 1))) void shaped(global int* memory) {
  memory[get_global_id(0)] = 1;
}
kernel void nothing() {}
kernel void roomy(local int* room) { room[get_local_id(0)] = 1; }
)";

struct Sizes {
  const char* what;
  cl_uint dimensions;
  size_t global[3];
  size_t local[3];
};

constexpr Sizes kSizes[] = {
    {"right", 1, {64, 1, 1}, {8, 1, 1}},
    {"no dimensions", 0, {64, 1, 1}, {8, 1, 1}},
    {"four dimensions", 4, {64, 1, 1}, {8, 1, 1}},
    {"global size 0", 1, {0, 1, 1}, {1, 1, 1}},
    {"global size 0 in y", 2, {64, 0, 1}, {8, 1, 1}},
    {"global size 0 in z", 3, {64, 1, 0}, {8, 1, 1}},
    // Left out: a local size of 0. PoCL 3.1 takes it and then may not survive it.
    {"local size no divisor", 1, {64, 1, 1}, {7, 1, 1}},
    {"local size no divisor in y", 2, {64, 5, 1}, {8, 2, 1}},
    {"local size past the global", 1, {64, 1, 1}, {128, 1, 1}},
    {"local size past an item's limit", 1, {8192, 1, 1}, {8192, 1, 1}},
    {"local sizes past a group's limit", 2, {128, 128, 1}, {128, 128, 1}},
    {"local sizes past a group's limit in 3D", 3, {32, 32, 32}, {32, 32, 32}},
};

class Launches {
 public:
  explicit Launches(const SweepScene& scene)
      : scene_(scene),
        program_(e2e::BuildProgram(scene.session.context, scene.session.device, kSource)),
        put_(e2e::MakeKernel(program_, "put")),
        memory_(e2e::MakeBuffer(scene.session.context, 1U << 20U)) {
    e2e::SetArg(put_, 0, memory_);
    e2e::SetArg(put_, 1, 5);
  }
  Launches(const Launches&) = delete;
  Launches& operator=(const Launches&) = delete;
  ~Launches() {
    Ok(clFinish(scene_.session.queue));
    Ok(clReleaseMemObject(memory_));
    Ok(clReleaseKernel(put_));
    Ok(clReleaseProgram(program_));
  }

  void SizesOf() const {
    for (const Sizes& sizes : kSizes) {
      launch_(sizes.what,
              clEnqueueNDRangeKernel(scene_.session.queue, put_, sizes.dimensions, nullptr,
                                     sizes.global, sizes.local, 0, nullptr, nullptr));
    }
    const size_t items = 64;
    const size_t zero = 0;
    Try("NULL global size", put_, nullptr, nullptr, nullptr);
    Try("global size 0, no local size", put_, nullptr, &zero, nullptr);
    Try("an offset", put_, &items, &items, nullptr);
  }

  void Objects() const {
    const size_t items = 64;
    launch_("NULL queue", clEnqueueNDRangeKernel(nullptr, put_, 1, nullptr, &items, nullptr, 0,
                                                 nullptr, nullptr));
    // Left out: a NULL kernel. PoCL 3.1 does not survive it.
    launch_("a kernel of another context",
            clEnqueueNDRangeKernel(scene_.other.queue, put_, 1, nullptr, &items, nullptr, 0,
                                   nullptr, nullptr));
    cl_kernel bare = e2e::MakeKernel(program_, "put");
    Try("no argument set", bare, nullptr, &items, nullptr);
    e2e::SetArg(bare, 0, memory_);
    Try("one argument set", bare, nullptr, &items, nullptr);
    e2e::SetArg(bare, 1, 1);
    Try("all arguments set", bare, nullptr, &items, nullptr);
    Ok(clReleaseKernel(bare));
  }

  void Shaped() const {
    cl_kernel shaped = e2e::MakeKernel(program_, "shaped");
    e2e::SetArg(shaped, 0, memory_);
    const size_t items = 64;
    const size_t wrong = 4;
    const size_t right = 8;
    Try("required size: none given", shaped, nullptr, &items, nullptr);
    Try("required size: another given", shaped, nullptr, &items, &wrong);
    Try("required size: given", shaped, nullptr, &items, &right);
    Ok(clReleaseKernel(shaped));
    cl_kernel roomy = e2e::MakeKernel(program_, "roomy");
    Ok(clSetKernelArg(roomy, 0, 256, nullptr));
    Try("local memory that fits", roomy, nullptr, &items, &right);
    Ok(clReleaseKernel(roomy));
  }

  void WaitLists() const {
    const size_t items = 64;
    const auto enqueue = [&](cl_uint count, const cl_event* list) {
      return clEnqueueNDRangeKernel(scene_.session.queue, put_, 1, nullptr, &items, nullptr, count,
                                    list, nullptr);
    };
    // Left out: a count without events, and a NULL event. PoCL 3.1 does not look at them here.
    launch_("wait list: events without count", enqueue(0, &scene_.done));
    launch_("wait list: an event of another context", enqueue(1, &scene_.foreign_event));
    launch_("wait list: right", enqueue(1, &scene_.done));
  }

  void Tasks() const {
    const Sweep task("clEnqueueTask");
    task("NULL queue", clEnqueueTask(nullptr, put_, 0, nullptr, nullptr));
    task("a kernel of another context",
         clEnqueueTask(scene_.other.queue, put_, 0, nullptr, nullptr));
    cl_kernel bare = e2e::MakeKernel(program_, "put");
    task("no argument set", clEnqueueTask(scene_.session.queue, bare, 0, nullptr, nullptr));
    Ok(clReleaseKernel(bare));
    cl_kernel shaped = e2e::MakeKernel(program_, "shaped");
    e2e::SetArg(shaped, 0, memory_);
    task("required size: another",
         clEnqueueTask(scene_.session.queue, shaped, 0, nullptr, nullptr));
    Ok(clReleaseKernel(shaped));
    task("right", clEnqueueTask(scene_.session.queue, put_, 0, nullptr, nullptr));
    task("wait list: events without count",
         clEnqueueTask(scene_.session.queue, put_, 0, &scene_.done, nullptr));
    task("wait list: an event of another context",
         clEnqueueTask(scene_.session.queue, put_, 1, &scene_.foreign_event, nullptr));
    task("wait list: right", clEnqueueTask(scene_.session.queue, put_, 1, &scene_.done, nullptr));
  }

 private:
  void Try(const char* what, cl_kernel kernel, const size_t* offset, const size_t* global,
           const size_t* local) const {
    launch_(what, clEnqueueNDRangeKernel(scene_.session.queue, kernel, 1, offset, global, local, 0,
                                         nullptr, nullptr));
  }

  const SweepScene& scene_;
  cl_program program_;
  cl_kernel put_;
  cl_mem memory_;
  Sweep launch_{"clEnqueueNDRangeKernel"};
};

void Markers(const SweepScene& scene) {
  cl_command_queue queue = scene.session.queue;
  const Sweep marker("clEnqueueMarkerWithWaitList");
  marker("NULL queue", clEnqueueMarkerWithWaitList(nullptr, 0, nullptr, nullptr));
  e2e::SweepWaitLists(marker, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueMarkerWithWaitList(queue, count, list, event);
  });
  const Sweep barrier("clEnqueueBarrierWithWaitList");
  barrier("NULL queue", clEnqueueBarrierWithWaitList(nullptr, 0, nullptr, nullptr));
  e2e::SweepWaitLists(barrier, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueBarrierWithWaitList(queue, count, list, event);
  });
  const Sweep old_marker("clEnqueueMarker");
  cl_event event = nullptr;
  old_marker("NULL queue", clEnqueueMarker(nullptr, &event));
  old_marker("NULL event", clEnqueueMarker(queue, nullptr));
  const Sweep old_barrier("clEnqueueBarrier");
  old_barrier("NULL queue", clEnqueueBarrier(nullptr));
  old_barrier("right", clEnqueueBarrier(queue));
  // Left out: clEnqueueWaitForEvents. PoCL 3.1 ends the process in it ("unimplemented").
  Ok(clFinish(queue));
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  const Launches launches(scene);
  launches.SizesOf();
  launches.Objects();
  launches.Shaped();
  launches.WaitLists();
  launches.Tasks();
  Markers(scene);
  return e2e::Finish();
}
