// SPDX-License-Identifier: Apache-2.0
// Contexts, queues, events, and how long objects live.
#include <algorithm>

#include "tests/random/enqueue.h"

namespace random_test {

namespace {

template <typename T, typename Retain>
void RetainOne(World& world, const Operands& operands, const std::shared_ptr<T>& object,
               const char* function, Retain retain) {
  const cl_int code = retain(HandleOf(object));
  world.Line("{}({}) = {}", function, NameOf(object), operands.Code(code));
  if (object && code == CL_SUCCESS) ++object->references;
}

template <typename T, typename Release>
void ReleaseOne(World& world, const Operands& operands, std::vector<std::shared_ptr<T>>& objects,
                const std::shared_ptr<T>& object, const char* function, Release release) {
  const cl_int code = release(HandleOf(object));
  world.Line("{}({}) = {}", function, NameOf(object), operands.Code(code));
  if (object && code == CL_SUCCESS && --object->references == 0) std::erase(objects, object);
}

bool HasDevice(const Context& context, cl_device_id device) {
  return std::find(context.devices.begin(), context.devices.end(), device) != context.devices.end();
}

}  // namespace

void Play_create_context(World& world, Operands operands) {
  const auto count = operands.Choose<cl_uint>({1, 2}, {0});
  const bool platform = operands.Flag();
  const auto name = operands.Choose<cl_context_properties>({CL_CONTEXT_PLATFORM}, {77});
  const bool null_platform = operands.Choose<bool>({false}, {true});
  const cl_context_properties properties[] = {
      name, null_platform ? 0 : reinterpret_cast<cl_context_properties>(world.platform), 0};
  const cl_uint there = static_cast<cl_uint>(std::min<size_t>(count, world.devices.size()));
  cl_int code = 77;
  cl_context handle = clCreateContext(platform ? properties : nullptr, there, world.devices.data(),
                                      nullptr, nullptr, &code);
  std::shared_ptr<Context> context;
  if (handle != nullptr && code == CL_SUCCESS) {
    context = world.Adopt(world.contexts, handle, "context");
    context->devices.assign(world.devices.begin(), world.devices.begin() + there);
  }
  world.Line("clCreateContext({}, {}) = {} {}", platform ? fmt::format("{{{:#x}}}", name) : "NULL",
             there, operands.Code(code), NameOf(context));
}

void Play_create_queue(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const auto devices = world.AllDevices();
  cl_device_id device = devices[operands.Next() % devices.size()];
  // PoCL makes such a queue, but does not keep the part for it.
  if (context && world.IsPart(device) && !HasDevice(*context, device))
    return world.Line("(left out: a part that is none of the context's)");
  const cl_command_queue_properties both =
      CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE;
  const auto flags = operands.Choose<cl_command_queue_properties>(
      {0, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, CL_QUEUE_PROFILING_ENABLE, both},
      {64, 1U << 20U});
  const bool old = operands.Flag();
  const auto name = operands.Choose<cl_queue_properties>({CL_QUEUE_PROPERTIES}, {77});
  const cl_queue_properties properties[] = {name, flags, 0};
  cl_int code = 77;
  cl_command_queue handle =
      old ? clCreateCommandQueue(HandleOf(context), device, flags, &code)
          : clCreateCommandQueueWithProperties(HandleOf(context), device, properties, &code);
  std::shared_ptr<Queue> queue;
  if (handle != nullptr) {
    queue = world.Adopt(world.queues, handle, "queue");
    queue->context = context;
    queue->device = device;
    queue->in_order = (flags & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) == 0;
    queue->profiles = (flags & CL_QUEUE_PROFILING_ENABLE) != 0;
  }
  world.Line("clCreateCommandQueue{}({}, {}, {:#x}) = {} {}", old ? "" : "WithProperties",
             NameOf(context), world.NameOfHandle(device), flags, operands.Code(code),
             NameOf(queue));
}

void Play_retain(World& world, Operands operands) {
  switch (operands.Next() % 7) {
    case 0:
      return RetainOne(world, operands, operands.Choose(world.memories), "clRetainMemObject",
                       clRetainMemObject);
    case 1:
      return RetainOne(world, operands, operands.Choose(world.events), "clRetainEvent",
                       clRetainEvent);
    case 2:
      return RetainOne(world, operands, operands.Choose(world.queues), "clRetainCommandQueue",
                       clRetainCommandQueue);
    case 3:
      return RetainOne(world, operands, operands.Choose(world.kernels), "clRetainKernel",
                       clRetainKernel);
    case 4:
      return RetainOne(world, operands, operands.Choose(world.programs), "clRetainProgram",
                       clRetainProgram);
    case 5:
      return RetainOne(world, operands, operands.Choose(world.samplers), "clRetainSampler",
                       clRetainSampler);
    default:
      return RetainOne(world, operands, operands.Choose(world.contexts), "clRetainContext",
                       clRetainContext);
  }
}

void Play_release(World& world, Operands operands) {
  switch (operands.Next() % 7) {
    case 0: {
      const auto memory = operands.Choose(world.memories);
      if (memory && !memory->maps.empty())
        return world.Line("(left out: a release of what is mapped)");
      return ReleaseOne(world, operands, world.memories, memory, "clReleaseMemObject",
                        clReleaseMemObject);
    }
    case 1: {
      const auto event = operands.Choose(world.events);
      if (event && event->gate && !event->gate->is_set && event->references == 1) {
        return world.Line("(left out: the last release of a user event that is not set)");
      }
      if (event) ForbidFailure(event->gates);
      return ReleaseOne(world, operands, world.events, event, "clReleaseEvent", clReleaseEvent);
    }
    case 2: {
      const auto queue = operands.Choose(world.queues);
      if (queue && queue->references == 1) world.SayFarewell(queue);
      return ReleaseOne(world, operands, world.queues, queue, "clReleaseCommandQueue",
                        clReleaseCommandQueue);
    }
    case 3: {
      const auto kernel = operands.Choose(world.kernels);
      if (kernel && kernel->references == 1) --kernel->program->kernels;
      return ReleaseOne(world, operands, world.kernels, kernel, "clReleaseKernel", clReleaseKernel);
    }
    case 4:
      return ReleaseOne(world, operands, world.programs, operands.Choose(world.programs),
                        "clReleaseProgram", clReleaseProgram);
    case 5:
      return ReleaseOne(world, operands, world.samplers, operands.Choose(world.samplers),
                        "clReleaseSampler", clReleaseSampler);
    default: {
      const auto context = operands.Choose(world.contexts);
      if (context && context->references == 1 && context->shared_memories > 0)
        return world.Line("(left out: the last release of what shared memory is part of)");
      return ReleaseOne(world, operands, world.contexts, context, "clReleaseContext",
                        clReleaseContext);
    }
  }
}

namespace {

// A marker, too, holds back in PoCL what comes after it.
template <typename Call>
void PutUp(World& world, Operands operands, const char* function, Call call) {
  Enqueue enqueue(world, operands);
  if (!enqueue.Prepare(false)) return;
  Gates gates = enqueue.gates();
  // Without a list it waits for all before it.
  if (enqueue.queue_object() && enqueue.count() == 0) Append(gates, enqueue.queue_object()->gates);
  const cl_int code = call(enqueue.queue(), enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(function, code);
  if (code == CL_SUCCESS) Append(enqueue.queue_object()->barrier_gates, gates);
}

}  // namespace

void Play_marker(World& world, Operands operands) {
  PutUp(world, operands, "clEnqueueMarkerWithWaitList", clEnqueueMarkerWithWaitList);
}

void Play_barrier(World& world, Operands operands) {
  PutUp(world, operands, "clEnqueueBarrierWithWaitList", clEnqueueBarrierWithWaitList);
}

void Play_flush(World& world, Operands operands) {
  const auto queue = operands.Choose(world.queues);
  world.Line("clFlush({}) = {}", NameOf(queue), operands.Code(clFlush(HandleOf(queue))));
}

void Play_finish(World& world, Operands operands) {
  const auto queue = operands.Choose(world.queues);
  if (!queue) return world.Line("clFinish(NULL) = {}", operands.Code(clFinish(nullptr)));
  world.Settle(queue);
}

void Play_create_user_event(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  cl_int code = 77;
  cl_event handle = clCreateUserEvent(HandleOf(context), &code);
  std::shared_ptr<Event> event;
  if (handle != nullptr) {
    event = world.AdoptEvent(handle, nullptr);
    event->context = context;
    event->gate = std::make_shared<Gate>();
  }
  world.Line("clCreateUserEvent({}) = {} {}", NameOf(context), operands.Code(code), NameOf(event));
}

void Play_set_user_event(World& world, Operands operands) {
  const auto event = operands.Choose(world.events);
  const auto status =
      operands.Choose<cl_int>({CL_COMPLETE, CL_COMPLETE, -3}, {CL_RUNNING, CL_QUEUED, 77});
  if (event && event->gate) return world.SetUserEvent(*event, status);
  world.Line("clSetUserEventStatus({}, {}) = {}", NameOf(event), status,
             operands.Code(clSetUserEventStatus(HandleOf(event), status)));
}

void Play_wait_for_events(World& world, Operands operands) {
  const auto count = operands.Choose<cl_uint>({1, 2, 3}, {0});
  std::vector<cl_event> handles;
  std::string names;
  std::shared_ptr<Context> first;
  for (cl_uint i = 0; i < count; ++i) {
    const auto event = operands.Choose(world.events);
    handles.push_back(HandleOf(event));
    names += " " + NameOf(event);
    if (!event) continue;
    if (first != nullptr && event->context != first) operands.AddFault();
    first = event->context;
    if (event->gate) world.Open({event->gate});
    world.Open(event->gates);
  }
  const cl_int code = clWaitForEvents(count, handles.empty() ? nullptr : handles.data());
  world.Line("clWaitForEvents({},{}) = {}", count, names, operands.Code(code));
}

namespace {

struct CallbackNote {
  World* world;
  std::string what;
};

void CL_CALLBACK EventCallback(cl_event, cl_int status, void* data) {
  const std::unique_ptr<CallbackNote> note(static_cast<CallbackNote*>(data));
  note->world->CallbackRan(note->what + " " + e2e::StatusName(status));
}

}  // namespace

void Play_event_callback(World& world, Operands operands) {
  const auto event = operands.Choose(world.events);
  const auto type =
      operands.Choose<cl_int>({CL_COMPLETE, CL_RUNNING, CL_SUBMITTED}, {CL_QUEUED, 77, -1});
  const bool no_function = operands.Choose<bool>({false}, {true});
  if (event) {
    // PoCL calls none of them when the event fails.
    if (HasFailed(*event)) return world.Line("(left out: a callback of what has failed)");
    if (event->gate && type > CL_COMPLETE)
      return world.Line("(left out: a user event does not run)");
    if (event->gate) ForbidFailure({event->gate});
    ForbidFailure(event->gates);
  }
  auto note = std::make_unique<CallbackNote>(CallbackNote{&world, NameOf(event)});
  const cl_int code =
      clSetEventCallback(HandleOf(event), type, no_function ? nullptr : EventCallback, note.get());
  world.Line("clSetEventCallback({}, {}{}) = {}", NameOf(event), type, no_function ? ", NULL" : "",
             operands.Code(code));
  if (code != CL_SUCCESS) return;
  (void)note.release();
  world.CommandMade();
  world.ExpectCallback();
}

void Play_event_status(World& world, Operands operands) {
  const auto event = operands.Choose(world.events);
  if (event && !event->gate) {
    world.Open(event->gates);
    clWaitForEvents(1, &event->handle);
  }
  cl_int status = 77;
  const cl_int code = clGetEventInfo(HandleOf(event), CL_EVENT_COMMAND_EXECUTION_STATUS,
                                     sizeof status, &status, nullptr);
  world.Line("status of {} = {} {}", NameOf(event), operands.Code(code), e2e::StatusName(status));
}

}  // namespace random_test
