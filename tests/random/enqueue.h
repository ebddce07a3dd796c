// SPDX-License-Identifier: Apache-2.0
#pragma once

// What all commands have in common: a queue, a wait list, an event, and what they touch.

#include <memory>
#include <string>
#include <vector>

#include "tests/random/world.h"

namespace random_test {

class Enqueue {
 public:
  // Takes queue, wait list and event from the operands.
  Enqueue(World& world, Operands& operands);

  // Orders this command behind earlier ones that touch the same memory.
  void Touch(const std::shared_ptr<Memory>& memory);
  // For maps: what is mapped already may be touched.
  void MayTouchMapped() { may_touch_mapped_ = true; }

  // To be called last before the call: false if the command must not be made, which is then
  // recorded.
  bool Prepare(bool blocking);

  cl_command_queue queue() const { return HandleOf(queue_); }
  cl_uint count() const { return count_; }
  const cl_event* list() const { return list_; }
  cl_event* event() { return wants_event_ ? &event_ : nullptr; }

  // Records a call, and remembers what the command touches. `call` is function and arguments
  // without the common ones.
  void Done(const std::string& call, cl_int code);

  bool list_is_wrong() const { return list_is_wrong_; }
  const std::shared_ptr<Queue>& queue_object() const { return queue_; }
  Gates gates() const;

 private:
  void ChooseWaitList();
  void AddWait(const std::shared_ptr<Event>& event);
  std::string Text() const;

  World& world_;
  Operands& operands_;
  std::shared_ptr<Queue> queue_;
  std::vector<std::shared_ptr<Event>> waits_;
  std::vector<cl_event> handles_;
  std::vector<std::shared_ptr<Memory>> touched_;
  cl_uint count_ = 0;
  const cl_event* list_ = nullptr;
  bool list_is_wrong_ = false;
  std::string wait_text_;
  bool wants_event_ = false;
  bool blocking_ = false;
  bool may_touch_mapped_ = false;
  cl_event event_ = nullptr;
};

}  // namespace random_test
