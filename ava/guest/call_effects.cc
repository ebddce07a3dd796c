// SPDX-License-Identifier: Apache-2.0
#include "ava/guest/api.h"
#include "ava/guest/call.h"
#include "ava/guest/session.h"

// What a call leaves behind: edges between objects, references, answers.

namespace ava::guest {

void Call::DependsOn(const void* child, std::uint16_t child_type, const void* parent,
                     std::uint16_t parent_type) {
  Object* of = g_objects.Find(child, child_type);
  Object* on = g_objects.Find(parent, parent_type);
  if (of != nullptr && on != nullptr) g_objects.AddParent(*of, *on);
}

void Call::AllDependOn(const void* parent, std::uint16_t parent_type) {
  Object* on = g_objects.Find(parent, parent_type);
  for (std::size_t i = 0; on != nullptr && i < bound_many_; ++i)
    g_objects.AddParent(*minted_many_[i], *on);
}

void Call::Retain(const void* handle) {
  ObjectTable::Retain(*static_cast<Object*>(const_cast<void*>(handle)));
}
void Call::Release(const void* handle) {
  g_objects.Release(*static_cast<Object*>(const_cast<void*>(handle)));
}

// Answers ----------------------------------------------------------------------------------------

bool Call::Answer(const void* object, const Question& question, void* value, std::uint64_t capacity,
                  void* size_ret) {
  if (object == nullptr) return false;
  const AnswerTable* table = FindAnswers(*static_cast<const Object*>(object));
  std::span<const std::byte> answer;
  if (table == nullptr || !table->Find(question, answer)) return false;
  if (value != nullptr) {
    if (capacity < answer.size()) return false;  // the vendor library's to refuse
    std::memcpy(value, answer.data(), answer.size());
  }
  const std::size_t bytes = answer.size();
  if (size_ret != nullptr) std::memcpy(size_ret, &bytes, sizeof(bytes));
  CountLocal();
  return true;
}

void Call::Learn(const void* object, const Question& question, const Output* from,
                 std::uint64_t bytes) {
  if (!session_.options().cached || object == nullptr || from == nullptr || bytes == 0 ||
      bytes > from->bytes)
    return;
  AnswerTable* table = MakeAnswers(*static_cast<Object*>(const_cast<void*>(object)));
  // What the program sees: handles are translated already.
  if (table != nullptr)
    table->Add(question, {static_cast<const std::byte*>(from->destination), bytes});
}

}  // namespace ava::guest
