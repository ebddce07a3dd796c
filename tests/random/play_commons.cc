// SPDX-License-Identifier: Apache-2.0
// What a thread does with objects that all threads have.
#include <algorithm>

#include "tests/random/commons.h"
#include "tests/random/operands.h"
#include "tests/random/world.h"

namespace random_test {

namespace {

// A command on this thread's region: it waits for the one before it, and for a gate where there is
// one.
class CommonCommand {
 public:
  CommonCommand(World& world, Operands& operands, bool blocking)
      : world_(world), publishes_(!operands.Flag()) {
    queue_ = world.commons->queues[operands.Next() % 2];
    for (cl_event event : {world.common_last, world.common_gate}) {
      if (event != nullptr) waits_.push_back(event);
    }
    if (blocking) world.commons->OpenGates();
  }

  cl_command_queue queue() const { return queue_; }
  cl_uint count() const { return static_cast<cl_uint>(waits_.size()); }
  const cl_event* list() const { return waits_.empty() ? nullptr : waits_.data(); }
  cl_event* event() { return &event_; }

  void Done(const std::string& what, cl_int code) {
    world_.Line("shared: {} = {}", what, CodeName(code));
    if (code != CL_SUCCESS) return;
    if (publishes_) world_.commons->Publish(event_);
    if (world_.common_last != nullptr) clReleaseEvent(world_.common_last);
    world_.common_last = event_;
    world_.common_gate = nullptr;
  }

 private:
  World& world_;
  bool publishes_;
  cl_command_queue queue_ = nullptr;
  std::vector<cl_event> waits_;
  cl_event event_ = nullptr;
};

struct Span {
  size_t offset;
  size_t bytes;
};

Span ChooseSpan(Operands& operands, const World& world) {
  const size_t first = world.thread() * kRegionBytes;
  const size_t offset = operands.Choose<size_t>({0, 512, 1, 100});
  return {first + offset, operands.Choose<size_t>({kRegionBytes - offset, 1, 16, 400})};
}

}  // namespace

void Play_common_write(World& world, Operands operands) {
  const bool blocking = operands.Flag();
  CommonCommand command(world, operands, blocking);
  const Span span = ChooseSpan(operands, world);
  const cl_int code = clEnqueueWriteBuffer(
      command.queue(), world.commons->buffer, blocking ? CL_TRUE : CL_FALSE, span.offset,
      span.bytes, world.HostMemory(span.bytes), command.count(), command.list(), command.event());
  command.Done(fmt::format("write {} {} {}", blocking, span.offset, span.bytes), code);
}

void Play_common_read(World& world, Operands operands) {
  const bool blocking = !operands.Flag();
  CommonCommand command(world, operands, blocking);
  const Span span = ChooseSpan(operands, world);
  unsigned char* host = world.HostMemory(span.bytes);
  const cl_int code = clEnqueueReadBuffer(command.queue(), world.commons->buffer,
                                          blocking ? CL_TRUE : CL_FALSE, span.offset, span.bytes,
                                          host, command.count(), command.list(), command.event());
  command.Done(fmt::format("read {} {} {}", blocking, span.offset, span.bytes), code);
  if (blocking) {
    world.Line("  {}", Contents(host, span.bytes));
  } else {
    world.WatchHostMemory("read from what is shared", host, span.bytes);
  }
}

void Play_common_copy(World& world, Operands operands) {
  CommonCommand command(world, operands, false);
  const size_t first = world.thread() * kRegionBytes;
  const size_t to = operands.Choose<size_t>({512, 600, 1000});
  const size_t bytes = operands.Choose<size_t>({24, 1, 16});
  cl_mem buffer = world.commons->buffer;
  const cl_int code = clEnqueueCopyBuffer(command.queue(), buffer, buffer, first, first + to, bytes,
                                          command.count(), command.list(), command.event());
  command.Done(fmt::format("copy {} {}", to, bytes), code);
}

void Play_common_map(World& world, Operands operands) {
  CommonCommand command(world, operands, true);
  const Span span = ChooseSpan(operands, world);
  const unsigned seed = operands.Next();
  cl_int code = CL_SUCCESS;
  void* mapped = clEnqueueMapBuffer(command.queue(), world.commons->buffer, CL_TRUE,
                                    CL_MAP_READ | CL_MAP_WRITE, span.offset, span.bytes,
                                    command.count(), command.list(), command.event(), &code);
  command.Done(fmt::format("map {} {}", span.offset, span.bytes), code);
  if (mapped == nullptr) return;
  world.Line("  {}", Contents(mapped, span.bytes));
  auto* at = static_cast<unsigned char*>(mapped);
  for (size_t i = 0; i < span.bytes; ++i) at[i] = static_cast<unsigned char>(seed + i);
  CommonCommand unmap(world, operands, false);
  unmap.Done("unmap", clEnqueueUnmapMemObject(unmap.queue(), world.commons->buffer, mapped,
                                              unmap.count(), unmap.list(), unmap.event()));
}

// With a kernel of this thread's, cloned, or with the one that all have.
void Play_common_launch(World& world, Operands operands) {
  CommonCommand command(world, operands, false);
  const bool cloned = !operands.Flag();
  const cl_int first = static_cast<cl_int>(world.thread() * kRegionBytes / sizeof(cl_int)) +
                       operands.Choose<cl_int>({0, 100, 7});
  const auto number = static_cast<cl_int>(operands.Next());
  Commons& commons = *world.commons;
  cl_int code = CL_SUCCESS;
  std::unique_lock lock(commons.kernel_mutex);
  cl_kernel kernel = cloned ? clCloneKernel(commons.kernel, &code) : commons.kernel;
  if (cloned) lock.unlock();
  cl_int worst = code;
  worst = std::min(worst, clSetKernelArg(kernel, 0, sizeof commons.buffer, &commons.buffer));
  worst = std::min(worst, clSetKernelArg(kernel, 1, sizeof first, &first));
  worst = std::min(worst, clSetKernelArg(kernel, 2, sizeof number, &number));
  const size_t items = 16;
  code = clEnqueueNDRangeKernel(command.queue(), kernel, 1, nullptr, &items, nullptr,
                                command.count(), command.list(), command.event());
  if (!lock.owns_lock()) worst = std::min(worst, clReleaseKernel(kernel));
  command.Done(fmt::format("launch {} {} {} {}", cloned, first, number, CodeName(worst)), code);
}

// Through a part of the buffer that lives no longer than the call.
void Play_common_part(World& world, Operands operands) {
  CommonCommand command(world, operands, false);
  const unsigned seed = operands.Next();
  const cl_buffer_region region = {
      .origin = world.thread() * kRegionBytes + operands.Choose<size_t>({0, 256}),
      .size = operands.Choose<size_t>({256, 64})};
  cl_int code = CL_SUCCESS;
  cl_mem part =
      clCreateSubBuffer(world.commons->buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
  world.Line("shared: part {} {} = {}", region.origin, region.size, CodeName(code));
  if (part == nullptr) return;
  const cl_uint pattern = seed;
  code = clEnqueueFillBuffer(command.queue(), part, &pattern, sizeof pattern, 0, region.size,
                             command.count(), command.list(), command.event());
  command.Done("fill of a part", code);
  world.Line("shared: part released = {}", CodeName(clReleaseMemObject(part)));
}

void Play_common_gate(World& world, Operands) {
  if (world.common_gate != nullptr) return world.Line("(a gate already)");
  cl_int code = CL_SUCCESS;
  world.common_gate = world.commons->MakeGate(&code);
  world.Line("shared: gate = {}", CodeName(code));
}

void Play_common_open(World& world, Operands) {
  world.Line("shared: gates opened = {}", CodeName(world.commons->OpenGates()));
}

// Another thread's event, or one's own. Whether there is one yet is not told.
void Play_common_wait(World& world, Operands operands) {
  world.commons->OpenGates();
  cl_int code = CL_SUCCESS;
  cl_event event = world.commons->Take(operands.Next());
  if (event != nullptr) {
    code = clWaitForEvents(1, &event);
    cl_int status = 77;
    clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, nullptr);
    if (code == CL_SUCCESS) code = status;
    clReleaseEvent(event);
  }
  world.Line("shared: waited = {}", CodeName(code));
}

void Play_common_retain(World& world, Operands operands) {
  Commons& commons = *world.commons;
  const unsigned times = 1 + operands.Next() % 3;
  const unsigned which = operands.Next() % 6;
  cl_int worst = CL_SUCCESS;
  const auto both = [&](auto retain, auto release, auto object) {
    for (unsigned i = 0; i < times; ++i) worst = std::min(worst, retain(object));
    for (unsigned i = 0; i < times; ++i) worst = std::min(worst, release(object));
  };
  if (which == 0) both(clRetainMemObject, clReleaseMemObject, commons.buffer);
  if (which == 1) both(clRetainCommandQueue, clReleaseCommandQueue, commons.queues[0]);
  if (which == 2) both(clRetainKernel, clReleaseKernel, commons.kernel);
  if (which == 3) both(clRetainProgram, clReleaseProgram, commons.program);
  if (which == 4) both(clRetainContext, clReleaseContext, commons.context);
  if (cl_event event = which == 5 ? commons.Take(times) : nullptr; event != nullptr) {
    both(clRetainEvent, clReleaseEvent, event);
    worst = std::min(worst, clReleaseEvent(event));
  }
  world.Line("shared: retained and released {} = {}", which, CodeName(worst));
}

void Play_common_finish(World& world, Operands operands) {
  world.commons->OpenGates();
  const unsigned which = operands.Next() % 2;
  world.Line("shared: finish = {}", CodeName(clFinish(world.commons->queues[which])));
}

void EndCommons(World& world) {
  Commons& commons = *world.commons;
  commons.OpenGates();
  std::vector<unsigned char> bytes(kRegionBytes);
  const cl_int code =
      clEnqueueReadBuffer(commons.queues[0], commons.buffer, CL_TRUE, world.thread() * kRegionBytes,
                          bytes.size(), bytes.data(), world.common_last != nullptr ? 1 : 0,
                          world.common_last != nullptr ? &world.common_last : nullptr, nullptr);
  world.Line("shared at the end: {}, {}", CodeName(code), Contents(bytes.data(), bytes.size()));
  if (world.common_last != nullptr) clReleaseEvent(world.common_last);
}

}  // namespace random_test
