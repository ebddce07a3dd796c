// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/answers.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "ava/guest/object.h"

namespace ava::guest {

AnswerTable::~AnswerTable() {
  for (std::atomic<Answer*>& answer : answers_) std::free(answer.load(std::memory_order_relaxed));
}

void AnswerTable::Add(const Question& question, std::span<const std::byte> bytes) {
  if (bytes.size() > kAnswerBytesMax) return;
  void* memory = std::malloc(sizeof(Answer) + bytes.size());
  if (memory == nullptr) return;
  auto* answer = new (memory) Answer{.question = question, .bytes = bytes.size()};
  if (!bytes.empty()) std::memcpy(answer->data(), bytes.data(), bytes.size());
  for (std::size_t i = 0; i < kProbesMax; ++i) {
    Answer* expected = nullptr;
    std::atomic<Answer*>& place = answers_[(Hash(question) + i) % kAnswersMax];
    if (place.compare_exchange_strong(expected, answer, std::memory_order_acq_rel)) return;
    if (expected->question == question) break;
  }
  std::free(memory);
}

const AnswerTable* FindAnswers(const Object& object) {
  return object.answers.load(std::memory_order_acquire);
}

AnswerTable* MakeAnswers(Object& object) {
  AnswerTable* table = object.answers.load(std::memory_order_acquire);
  if (table != nullptr) return table;
  auto* made = new (std::nothrow) AnswerTable;
  if (made == nullptr) return nullptr;
  if (object.answers.compare_exchange_strong(table, made, std::memory_order_acq_rel)) return made;
  delete made;
  return table;
}

}  // namespace ava::guest
