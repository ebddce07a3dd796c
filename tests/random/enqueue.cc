// SPDX-License-Identifier: Apache-2.0
#include "tests/random/enqueue.h"

namespace random_test {

namespace {

// It, or another part of the same.
bool IsMapped(const World& world, Memory& memory) {
  for (const auto& other : world.AllMemories()) {
    if (!other->maps.empty() && &WholeOf(*other) == &WholeOf(memory)) return true;
  }
  return false;
}

}  // namespace

Enqueue::Enqueue(World& world, Operands& operands)
    : world_(world), operands_(operands), queue_(operands.Choose(world.queues)) {
  ChooseWaitList();
}

// One number says how many events, whether one is wanted, and, rarely, what is wrong.
void Enqueue::ChooseWaitList() {
  enum Mode { kNone, kOne, kTwo, kNoList, kNoCount, kNullEvent };
  wants_event_ = operands_.Flag();
  const Mode mode = operands_.Choose<Mode>({kNone, kNone, kOne, kNone, kTwo, kNone},
                                           {kNoList, kNoCount, kNullEvent});
  if (mode == kNoList) {
    list_is_wrong_ = true;
    count_ = 1;
    wait_text_ = "1, NULL";
  }
  if (mode == kOne || mode == kTwo || mode == kNoCount || mode == kNullEvent) {
    const auto event = operands_.Choose(world_.events);
    if (event) AddWait(event);
  }
  if (mode == kTwo) {
    const auto event = operands_.Choose(world_.events);
    if (event) AddWait(event);
  }
  if (mode == kNullEvent) {
    list_is_wrong_ = true;
    handles_.push_back(nullptr);
    wait_text_ = "with NULL";
  }
  if (mode == kNoCount && !handles_.empty()) {
    list_is_wrong_ = true;
    wait_text_ = "0, a list";
  }
  if (mode == kNullEvent) count_ = static_cast<cl_uint>(handles_.size());
}

void Enqueue::AddWait(const std::shared_ptr<Event>& event) {
  if (queue_ && event->context != queue_->context) operands_.AddFault();
  waits_.push_back(event);
  handles_.push_back(event->handle);
}

Gates Enqueue::gates() const {
  Gates gates;
  for (const auto& event : waits_) {
    if (event->gate) Append(gates, {event->gate});
    Append(gates, event->gates);
  }
  if (queue_) Append(gates, queue_->in_order ? queue_->gates : queue_->barrier_gates);
  return gates;
}

void Enqueue::Touch(const std::shared_ptr<Memory>& memory) {
  if (memory && queue_ && memory->context != queue_->context) operands_.AddFault();
  if (!memory || !queue_ || list_is_wrong_) return;
  touched_.push_back(memory);
  const Memory& whole = WholeOf(*memory);
  const auto& last = whole.last_queue;
  if (!last || (last == queue_ && queue_->in_order)) return;
  if (memory->context != queue_->context) return;
  if (whole.last_event && whole.last_event->references > 0 && !HasFailed(*whole.last_event)) {
    AddWait(whole.last_event);
  } else if (last->farewell) {
    AddWait(last->farewell);
  } else {
    world_.Settle(last);
  }
}

bool Enqueue::Prepare(bool blocking) {
  blocking_ = blocking;
  if (!list_is_wrong_) {
    count_ = static_cast<cl_uint>(handles_.size());
    for (const auto& event : waits_) wait_text_ += " " + event->name;
  }
  if (!handles_.empty()) list_ = handles_.data();
  for (const auto& event : waits_) {
    if (!HasFailed(*event)) continue;
    // PoCL never starts, nor ends, a command that is made to wait for an event that has failed
    // already.
    world_.Line("(left out: it would wait for a failed event)");
    return false;
  }
  for (const auto& memory : touched_) {
    if (memory->is_image() && world_.IsPart(queue_->device)) {
      world_.Line("(left out: {} on a part of a device)", memory->name);
      return false;
    }
    if (may_touch_mapped_ || !IsMapped(world_, *memory)) continue;
    world_.Line("(left out: {} is mapped)", memory->name);
    return false;
  }
  if (!blocking) return true;
  if (AnyFailed(gates())) {
    world_.Line("(left out: it would wait for a failed event)");
    return false;
  }
  world_.Open(gates());
  // PoCL waits for all of the queue, in order or not.
  if (queue_) world_.Open(queue_->gates);
  return true;
}

std::string Enqueue::Text() const {
  std::string text;
  if (!wait_text_.empty())
    text += ", wait list" + (list_is_wrong_ ? " " : std::string()) + wait_text_;
  return text;
}

void Enqueue::Done(const std::string& call, cl_int code) {
  std::shared_ptr<Event> made;
  const Gates waited = gates();
  if (event_ != nullptr && code == CL_SUCCESS) {
    made = world_.AdoptEvent(event_, queue_);
    made->gates = waited;
  }
  world_.Line("{}({}{}{}) = {}{}", call.substr(0, call.find('(')), NameOf(queue_),
              call.find('(') == std::string::npos ? "" : ", " + call.substr(call.find('(') + 1),
              Text(), operands_.Code(code),
              made                ? " " + made->name
              : event_ != nullptr ? " an event"
                                  : "");
  if (code != CL_SUCCESS) return;
  world_.CommandMade();
  Append(queue_->gates, waited);
  if (!made) ForbidFailure(waited);
  for (const auto& memory : touched_) {
    Memory& whole = WholeOf(*memory);
    whole.last_queue = queue_;
    whole.last_event = made;
  }
}

}  // namespace random_test
