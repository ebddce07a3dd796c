// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words of the language: where each may stand, what it takes, and its other spellings.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lapis::syntax {

// Where a statement stands. Each place has its own words.
enum class Place { kFile, kType, kFunction, kArgument, kCallback, kRow };

enum class Block { kNone, kAllowed, kNeeded };

struct Keyword {
  Place place;
  std::string_view word;
  int operands_min;
  int operands_max;
  Block block;
  std::string_view takes;  // for messages: "one expression"
};

constexpr int kAnyNumber = 1 << 20;

std::string_view PlaceName(Place place);  // "of a function"
std::string_view PlaceWord(Place place);  // "function"

const Keyword* FindKeyword(Place place, std::string_view word);
std::vector<std::string> Keywords(Place place);
std::span<const Keyword> AllKeywords();

// Words that the language has and this compiler does not know yet.
bool IsPlanned(std::string_view word);

// The paper's spelling of a word: without the slides' 'ava_', 'input' is 'in'. Words that are no
// keywords anywhere stay as they are: 'ava_put_file' may be a function.
std::string Canonical(std::string_view word);

}  // namespace lapis::syntax
