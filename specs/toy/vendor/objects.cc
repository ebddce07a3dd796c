// SPDX-License-Identifier: Apache-2.0

#include "specs/toy/vendor/objects.h"

#include <stdlib.h>

#include <chrono>

namespace toy {
namespace {

bool IsGone(const Object& object) { return object.references == 0 && object.uses == 0; }

}  // namespace

bool HasBug(std::string_view bug) {
  const char* bugs = getenv("TOY_BUGS");  // NOLINT(concurrency-mt-unsafe): nobody writes it
  return bugs != nullptr && std::string_view(bugs).contains(bug);
}

void Drop(toy_event event, Calls& /*calls*/) {
  if (IsGone(*event)) delete event;
}

void Drop(toy_buffer buffer, Calls& calls) {
  if (!IsGone(*buffer)) return;
  calls.emplace_back([buffer] {
    for (const auto& [ended, data] : buffer->ends) ended(buffer, data);
    Calls more;
    {
      const std::scoped_lock locked(lock);
      if (buffer->is_ours) {
        allocated -= buffer->size;
        free(buffer->bytes);
      }
      if (buffer->whole != nullptr) {
        --buffer->whole->uses;
        Drop(buffer->whole, more);
      }
    }
    delete buffer;
    for (const auto& call : more) call();
  });
}

void Drop(toy_kernel kernel, Calls& calls) {
  if (!IsGone(*kernel)) return;
  if (kernel->buffer != nullptr) {
    --kernel->buffer->uses;
    Drop(kernel->buffer, calls);
  }
  delete kernel;
}

void Drop(toy_queue queue, Calls& calls) {
  if (queue->references != 0) return;
  queue->stops = true;
  changed.notify_all();
  calls.emplace_back([queue] {
    queue->thread.join();
    delete queue;
  });
}

void End(toy_event event, toy_status status, Calls& calls) {
  event->status = status;
  for (const auto& callback : event->callbacks)
    calls.emplace_back([=] { callback.first(event, status, callback.second); });
  event->callbacks.clear();
  changed.notify_all();
}

bool AllEnded(const std::vector<toy_event>& events) {
  return std::ranges::all_of(events, [](toy_event event) { return event->status != kNotYet; });
}

void RunCommands(toy_queue queue) {
  std::unique_lock locked(lock);
  for (;;) {
    changed.wait(locked, [queue] { return queue->stops || !queue->commands.empty(); });
    if (queue->commands.empty()) return;
    toy_queue_object::Command command = std::move(queue->commands.front());
    queue->commands.pop_front();
    changed.wait(locked, [&command] { return AllEnded(command.waits); });
    const bool may_run =
        std::ranges::all_of(command.waits, [](toy_event event) { return event->status == TOY_OK; });
    locked.unlock();
    if (HasBug("slow")) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const toy_status status = may_run ? command.run() : TOY_BAD_EVENT;
    Calls calls;
    locked.lock();
    if (command.event != nullptr) End(command.event, status, calls);
    --queue->not_ended;
    changed.notify_all();
    locked.unlock();
    for (const auto& call : calls) call();
    calls.clear();
    locked.lock();
    for (toy_event event : command.waits) {
      --event->uses;
      Drop(event, calls);
    }
    if (command.event != nullptr) {
      --command.event->uses;
      Drop(command.event, calls);
    }
  }
}

void Enqueue(toy_queue queue, std::vector<toy_event> waits, std::function<toy_status()> run,
             toy_event* event) {
  for (toy_event wait : waits) ++wait->uses;
  toy_event_object* made = nullptr;
  if (event != nullptr) {
    made = *event = new toy_event_object;
    made->uses = 1;
  }
  ++queue->not_ended;
  queue->commands.push_back({std::move(waits), std::move(run), made});
  changed.notify_all();
}

void WaitUntilIdle(toy_queue queue) {
  std::unique_lock locked(lock);
  changed.wait(locked, [queue] { return queue->not_ended == 0; });
}

toy_status Check(toy_queue queue, unsigned num_waits, const toy_event* waits) {
  if (queue == nullptr) return TOY_BAD_QUEUE;
  if ((num_waits == 0) != (waits == nullptr)) return TOY_BAD_EVENT;
  return std::any_of(waits, waits + num_waits, [](toy_event event) { return event == nullptr; })
             ? TOY_BAD_EVENT
             : TOY_OK;
}

void Say(toy_device device, const std::string& text) {
  if (device->log != nullptr) device->log(text.c_str(), text.size() + 1, device->log_data);
}

}  // namespace toy
