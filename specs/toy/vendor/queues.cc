// SPDX-License-Identifier: Apache-2.0

#include "specs/toy/vendor/objects.h"

using namespace toy;  // NOLINT(google-build-using-namespace): this is the library

TOY_EXPORT toy_queue toyCreateQueue(toy_device device, const toy_properties* properties,
                                    toy_status* error) {
  if (device == nullptr) return Failed<toy_queue_object>(TOY_BAD_DEVICE, error);
  toy_queue behind = nullptr;
  for (; properties != nullptr && properties[0] != 0; properties += 2) {
    if (properties[0] == TOY_QUEUE_BEHIND) behind = reinterpret_cast<toy_queue>(properties[1]);
    if (properties[0] != TOY_QUEUE_BEHIND && properties[0] != TOY_QUEUE_PRIORITY)
      return Failed<toy_queue_object>(TOY_BAD_VALUE, error);
  }
  if (behind != nullptr) WaitUntilIdle(behind);
  auto* queue = new toy_queue_object;
  queue->device = device;
  queue->thread = std::thread(RunCommands, queue);
  Report(TOY_OK, error);
  return queue;
}

TOY_EXPORT toy_status toyRetainQueue(toy_queue queue) { return Retain(queue, TOY_BAD_QUEUE); }
TOY_EXPORT toy_status toyReleaseQueue(toy_queue queue) { return Release(queue, TOY_BAD_QUEUE); }

TOY_EXPORT toy_status toyFlush(toy_queue queue) {
  return queue == nullptr ? TOY_BAD_QUEUE : TOY_OK;
}

TOY_EXPORT toy_status toyFinish(toy_queue queue) {
  if (queue == nullptr) return TOY_BAD_QUEUE;
  WaitUntilIdle(queue);
  return TOY_OK;
}

TOY_EXPORT toy_status toyGetQueueInfo(toy_queue queue, toy_info name, size_t value_size,
                                      void* value, size_t* value_size_ret) {
  const std::scoped_lock locked(lock);
  const Asked asked{value_size, value, value_size_ret};
  if (queue == nullptr) return TOY_BAD_QUEUE;
  if (name == TOY_QUEUE_DEVICE) return asked.With(queue->device);
  return name == TOY_QUEUE_COMMANDS ? asked.With(queue->not_ended) : TOY_BAD_VALUE;
}

TOY_EXPORT toy_status toyRetainEvent(toy_event event) { return Retain(event, TOY_BAD_EVENT); }
TOY_EXPORT toy_status toyReleaseEvent(toy_event event) { return Release(event, TOY_BAD_EVENT); }

TOY_EXPORT toy_status toyWaitFor(unsigned num_events, const toy_event* events) {
  if (num_events == 0 || events == nullptr) return TOY_BAD_VALUE;
  const std::vector<toy_event> all(events, events + num_events);
  if (std::ranges::find(all, nullptr) != all.end()) return TOY_BAD_EVENT;
  std::unique_lock locked(lock);
  changed.wait(locked, [&all] { return AllEnded(all); });
  const bool all_right =
      std::ranges::all_of(all, [](toy_event event) { return event->status == TOY_OK; });
  return all_right ? TOY_OK : TOY_BAD_EVENT;
}

TOY_EXPORT toy_status toyGetEventInfo(toy_event event, toy_info name, size_t value_size,
                                      void* value, size_t* value_size_ret) {
  const std::scoped_lock locked(lock);
  const Asked asked{value_size, value, value_size_ret};
  if (event == nullptr) return TOY_BAD_EVENT;
  if (name == TOY_EVENT_STATUS) return asked.With(event->status);
  return name == TOY_EVENT_REFERENCES ? asked.With(static_cast<unsigned>(event->references))
                                      : TOY_BAD_VALUE;
}

TOY_EXPORT toy_status toySetEventCallback(toy_event event,
                                          void (*ended)(toy_event, toy_status, void*), void* data) {
  std::unique_lock locked(lock);
  if (event == nullptr) return TOY_BAD_EVENT;
  if (ended == nullptr) return TOY_BAD_VALUE;
  if (event->status == kNotYet) {
    event->callbacks.emplace_back(ended, data);
    return TOY_OK;
  }
  const toy_status status = event->status;
  locked.unlock();
  ended(event, status, data);
  return TOY_OK;
}

TOY_EXPORT toy_event toyCreateUserEvent(toy_device device, toy_status* error) {
  if (device == nullptr) return Failed<toy_event_object>(TOY_BAD_DEVICE, error);
  Report(TOY_OK, error);
  return new toy_event_object;
}

TOY_EXPORT toy_status toySetUserEvent(toy_event event, toy_status status) {
  Calls calls;
  {
    const std::scoped_lock locked(lock);
    if (event == nullptr) return TOY_BAD_EVENT;
    if (status > TOY_OK || event->status != kNotYet) return TOY_BAD_VALUE;
    End(event, status, calls);
  }
  for (const auto& call : calls) call();
  return TOY_OK;
}
