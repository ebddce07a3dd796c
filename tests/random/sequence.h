// SPDX-License-Identifier: Apache-2.0
#pragma once

// A sequence of abstract operations: what is drawn, sent, shrunken and kept in cases/. An
// operation's operands are numbers that mean something only to the player: it takes each modulo
// what there is to choose from, so that every sequence can be played, and 0 is always the simplest
// choice. A case in a file is one operation a line:
//
//   # comment
//   write_buffer 0 1 31       thread 0; operands that are missing are 0
//   1: finish                 thread 1

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace random_test {

inline constexpr size_t kOperandsMax = 10;
inline constexpr unsigned kThreadsMax = 4;

struct Operation {
  unsigned thread = 0;
  unsigned kind = 0;  // Index in OperationNames().
  std::array<uint16_t, kOperandsMax> operands = {};
};

using Sequence = std::vector<Operation>;

// A sequence draws from the plain ones, and perhaps from some of the others.
enum class Group : uint8_t {
  kPlain,
  kPrograms,
  kShared,          // shared virtual memory
  kSharedPrograms,  // and kernels that see it
  kParts,           // of devices
  kCommons,         // what threads share
};

struct OperationKind {
  const char* name;
  unsigned weight;
  Group group;
};

const std::vector<OperationKind>& OperationKinds();

std::string ToText(const Sequence& sequence);

// Nothing if the text names an unknown operation or has no numbers where it should.
std::optional<Sequence> FromText(std::string_view text);

}  // namespace random_test
