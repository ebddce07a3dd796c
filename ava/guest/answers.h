// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers of immutable queries, kept with the object that was asked. Reading takes no lock: an
// entry is complete before its pointer is stored, and entries only go with the object.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ava::guest {

struct Object;

inline constexpr std::size_t kAnswersMax = 256;            // per object, a power of two
inline constexpr std::size_t kAnswerBytesMax = 64 * 1024;  // one answer
inline constexpr std::size_t kQuestionWords = 3;

// The function, then whatever else the answer depends on besides the object.
using Question = std::array<std::uint64_t, kQuestionWords>;

class AnswerTable {
 public:
  AnswerTable() = default;
  ~AnswerTable();
  AnswerTable(const AnswerTable&) = delete;
  AnswerTable& operator=(const AnswerTable&) = delete;

  // False: not known yet.
  bool Find(const Question& question, std::span<const std::byte>& answer) const {
    for (std::size_t i = 0; i < kProbesMax; ++i) {
      const Answer* found =
          answers_[(Hash(question) + i) % kAnswersMax].load(std::memory_order_acquire);
      if (found == nullptr) return false;
      if (found->question != question) continue;
      answer = {found->data(), found->bytes};
      return true;
    }
    return false;
  }
  // Does nothing when the answer is too long or there is no room for it.
  void Add(const Question& question, std::span<const std::byte> answer);

 private:
  struct Answer {
    Question question;
    std::size_t bytes;
    const std::byte* data() const { return reinterpret_cast<const std::byte*>(this + 1); }
    std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
  };
  static constexpr std::size_t kProbesMax = 16;

  static std::size_t Hash(const Question& question) {
    std::uint64_t hash = 0;
    for (const std::uint64_t word : question) hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
    return hash >> 40;
  }

  std::array<std::atomic<Answer*>, kAnswersMax> answers_ = {};
};

// The object's table; null while nothing was asked.
const AnswerTable* FindAnswers(const Object& object);
// Makes one if need be; null: no memory.
AnswerTable* MakeAnswers(Object& object);

}  // namespace ava::guest
