// SPDX-License-Identifier: Apache-2.0
#include "tests/random/sequence.h"

#include <sstream>

#include "tests/random/operations.h"

namespace random_test {

namespace {

std::optional<unsigned> KindOf(const std::string& name) {
  const auto& kinds = OperationKinds();
  for (unsigned kind = 0; kind < kinds.size(); ++kind) {
    if (name == kinds[kind].name) return kind;
  }
  return std::nullopt;
}

// False if the line is none.
bool ParseLine(const std::string& line, Operation* operation) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (word.ends_with(':')) {
    operation->thread = static_cast<unsigned>(std::atoi(word.c_str())) % kThreadsMax;
    words >> word;
  }
  const std::optional<unsigned> kind = KindOf(word);
  if (!kind) return false;
  operation->kind = *kind;
  for (uint16_t& operand : operation->operands) {
    if (!(words >> operand)) return words.eof();
  }
  return true;
}

}  // namespace

const std::vector<OperationKind>& OperationKinds() {
  static const std::vector<OperationKind> kinds = {
#define OPERATION(name, weight, group) {#name, weight, Group::group},
      RANDOM_OPERATIONS(OPERATION)
#undef OPERATION
  };
  return kinds;
}

std::string ToText(const Sequence& sequence) {
  std::string text;
  for (const Operation& operation : sequence) {
    if (operation.thread != 0) text += std::to_string(operation.thread) + ": ";
    text += OperationKinds()[operation.kind].name;
    size_t count = kOperandsMax;
    while (count > 0 && operation.operands[count - 1] == 0) --count;
    for (size_t i = 0; i < count; ++i) text += " " + std::to_string(operation.operands[i]);
    text += "\n";
  }
  return text;
}

std::optional<Sequence> FromText(std::string_view text) {
  std::istringstream lines{std::string(text)};
  Sequence sequence;
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.size(), line.find('#')));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    Operation operation;
    if (!ParseLine(line, &operation)) return std::nullopt;
    sequence.push_back(operation);
  }
  return sequence;
}

}  // namespace random_test
