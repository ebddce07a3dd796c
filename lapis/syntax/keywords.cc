// SPDX-License-Identifier: Apache-2.0

#include "lapis/syntax/keywords.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lapis::syntax {
namespace {

using enum Place;
constexpr Block kNone = Block::kNone;
constexpr Block kAllowed = Block::kAllowed;
constexpr Block kNeeded = Block::kNeeded;

constexpr auto kKeywords = std::to_array<Keyword>({
    {kFile, "name", 1, 1, kNone, "the API's name in quotes"},
    {kFile, "version", 1, 1, kNone, "a version in quotes"},
    {kFile, "soname", 1, 1, kNone, "a file name in quotes"},
    {kFile, "vendor", 1, 1, kNone, "a file name in quotes"},
    {kFile, "dispatch", 1, 1, kNone, "the name of a struct"},
    {kFile, "environment", 1, kAnyNumber, kNone, "patterns in quotes"},
    {kFile, "status", 2, 2, kNone, "a type and its value for success"},
    {kFile, "lost", 1, 1, kNone, "an error"},
    {kFile, "address", 1, 1, kNone, "an error"},
    {kFile, "addresses", 2, kAnyNumber, kNone, "the function that returns them, then functions"},
    {kFile, "symbols", 2, kAnyNumber, kNone,
     "a version node or a /mark/ and its node, then functions and /patterns/"},
    {kFile, "table", 1, 1, kNeeded, "the type of what it is asked about"},
    {kFile, "continuous_rc", 1, 1, kNone, "a name"},
    {kFile, "instantaneous_rc", 1, 1, kNone, "a name"},
    {kFile, "type", 1, 1, kNeeded, "a type"},
    {kFile, "metadata", 1, 1, kNeeded, "a handle type"},
    {kFile, "declare_metadata", 1, 1, kNone, "a struct"},
    {kFile, "policy", 1, 1, kNone, "a file name in quotes"},
    {kFile, "guest", 0, 1, kAllowed, "a file name in quotes or a block"},
    {kFile, "server", 0, 1, kAllowed, "a file name in quotes or a block"},
    {kFile, "both", 0, 1, kAllowed, "a file name in quotes or a block"},
    {kFile, "rule", 0, 0, kNeeded, "a /pattern/"},

    {kType, "handle", 0, 0, kNone, "nothing"},
    {kType, "opaque", 0, 0, kNone, "nothing"},
    {kType, "invalid", 1, 1, kNone, "an error"},
    {kType, "immortal", 0, 0, kNone, "nothing"},
    {kType, "done", 1, 1, kNone, "a C++ function"},

    {kFunction, "async", 0, 0, kNone, "nothing"},
    {kFunction, "sync", 0, 0, kNone, "nothing"},
    {kFunction, "async_if", 1, 1, kNone, "a condition"},
    {kFunction, "sync_if", 1, 1, kNone, "a condition"},
    {kFunction, "proven", 2, kAnyNumber, kNone, "the owner of the proofs, and keys"},
    {kFunction, "blocking", 1, 1, kNone, "a condition"},
    {kFunction, "compiles", 0, 0, kNone, "nothing"},
    {kFunction, "success", 1, 1, kNone, "a value"},
    {kFunction, "require", 2, 2, kNone, "a condition and an error"},
    {kFunction, "cached", 0, 0, kNone, "nothing"},
    {kFunction, "coalesce", 1, kAnyNumber, kNone, "an object and keys"},
    {kFunction, "consumes", 1, kAnyNumber, kNone, "parameters"},
    {kFunction, "completes", 1, 1, kNone, "a parameter"},
    {kFunction, "delivers", 0, 0, kNone, "nothing"},
    {kFunction, "unsupported", 1, 2, kNone, "an error and a reason in quotes"},
    {kFunction, "local", 0, 0, kNone, "nothing"},
    {kFunction, "internal", 0, 0, kNone, "nothing"},
    {kFunction, "retains", 1, kAnyNumber, kNone, "parameters"},
    {kFunction, "releases", 1, kAnyNumber, kNone, "parameters"},
    {kFunction, "depends_on", 2, 2, kNone, "a child and its parent"},
    {kFunction, "allocates_rc", 2, 3, kNone, "a resource, an amount, and the error beyond a quota"},
    {kFunction, "deallocates_rc", 2, 2, kNone, "a resource and an amount"},
    {kFunction, "consumes_rc", 2, 2, kNone, "a resource and an amount"},
    {kFunction, "shared", 3, 3, kNone, "a parameter, bytes and a condition"},
    {kFunction, "ends", 1, 1, kNone, "the function that tells of an object's end"},
    {kFunction, "guest", 0, 0, kNeeded, "before, after or lost, and a block"},
    {kFunction, "server", 0, 0, kNeeded, "before or after, and a block"},
    {kFunction, "before", 0, 0, kNeeded, "a block"},
    {kFunction, "after", 0, 0, kNeeded, "a block"},
    {kFunction, "argument", 1, kAnyNumber, kNeeded, "parameters"},
    {kFunction, "return_value", 0, 0, kNeeded, "nothing"},
    {kFunction, "callback", 1, 1, kNeeded, "a parameter"},
    {kFunction, "values", 1, 1, kNeeded, "a parameter"},

    {kArgument, "in", 0, 0, kNone, "nothing"},
    {kArgument, "out", 0, 0, kNone, "nothing"},
    {kArgument, "buffer", 1, 1, kNone, "a number of elements"},
    {kArgument, "element", 0, 0, kNeeded, "nothing"},
    {kArgument, "field", 1, 1, kNeeded, "a member"},
    {kArgument, "string", 0, 1, kNone, "at most a length"},
    {kArgument, "optional", 0, 0, kNone, "nothing"},
    {kArgument, "type_cast", 1, 1, kNone, "a type"},
    {kArgument, "handle", 0, 0, kNone, "nothing"},
    {kArgument, "new", 0, 0, kNone, "nothing"},
    {kArgument, "existing", 0, 0, kNone, "nothing"},
    {kArgument, "opaque", 0, 0, kNone, "nothing"},
    {kArgument, "ignore", 0, 0, kNone, "nothing"},
    {kArgument, "userdata", 0, 0, kNone, "nothing"},
    {kArgument, "null_terminated", 0, 0, kNone, "nothing"},
    {kArgument, "invalid", 1, 1, kNone, "an error"},
    {kArgument, "always", 0, 0, kNone, "nothing"},
    {kArgument, "used", 1, 1, kNone, "a number of elements"},
    {kArgument, "until", 1, 1, kNone, "the event's parameter"},
    {kArgument, "in_place", 1, 1, kNone, "a pointer"},
    {kArgument, "properties", 0, kAnyNumber, kNone, "pairs 'key: handle type'"},
    {kArgument, "rect", 2, 5, kNone, "region, bytes of an element, origin, row pitch, slice pitch"},
    {kArgument, "maps", 4, 6, kNone, "object, bytes, reads, writes, host pointer, shared memory"},
    {kArgument, "pitches", 2, 4, kNone, "region, row pitch, slice pitch, origin"},
    {kArgument, "unmaps", 1, 1, kNone, "the object's parameter"},
    {kArgument, "address", 0, 1, kNone, "at most a number of bytes"},
    {kArgument, "or_address", 0, 1, kNone, "at most a condition"},
    {kArgument, "allocates", 2, 2, kNone, "a number of bytes, and the function that frees them"},
    {kArgument, "frees", 0, 1, kNone, "at most a condition"},
    {kArgument, "mapped", 2, 2, kNone, "reads, writes"},
    {kArgument, "unmapped", 0, 0, kNone, "nothing"},

    {kCallback, "once", 0, 0, kNone, "nothing"},
    {kCallback, "many", 0, 0, kNone, "nothing"},
    {kCallback, "holds", 1, 2, kNone, "one or two handles: parameters or 'result'"},
    {kCallback, "lost", 1, kAnyNumber, kNone, "one expression an argument"},
    {kCallback, "userdata", 1, 1, kNone, "a parameter"},
    {kCallback, "argument", 1, kAnyNumber, kNeeded, "the callback's parameters"},

    {kRow, "cached", 0, 0, kNone, "nothing"},
    {kRow, "uncached", 0, 0, kNone, "nothing"},
    {kRow, "mask", 1, 1, kNone, "bits"},
    {kRow, "filter", 1, 1, kNone, "a C++ function"},
    {kRow, "local", 1, 1, kNone, "an expression"},
    {kRow, "without", 1, kAnyNumber, kNone, "words, as C strings"},
    {kRow, "becomes", 1, 1, kNone, "an expression of 'answer'"},
    {kRow, "lost", 1, 1, kNone, "an expression"},
    {kRow, "within", 1, 1, kNone, "a resource"},
    {kRow, "pointers", 1, 1, kNone, "the constant that asks for the sizes"},
    {kRow, "properties", 0, kAnyNumber, kNone, "pairs 'key: handle type'"},
});

constexpr auto kPlanned = std::to_array<std::string_view>({
    "allocate",
    "buf_registry",
    "contextual_argument",
    "coupled",
    "deallocate",
    "extract",
    "flush",
    "import",
    "lifetime_call",
    "lifetime_coupled",
    "lifetime_manual",
    "lifetime_static",
    "modifies",
    "no_copy",
    "obj_record",
    "ordered_outside",
    "ordered_within",
    "override",
    "privileged",
    "register_buf",
    "replace",
    "union",
    "unordered",
    "zero_copy",
});

// The slides' words that differ by more than the prefix.
constexpr auto kOtherNames = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"input", "in"},
    {"output", "out"},
    {"storage_resource", "continuous_rc"},
    {"throughput_resource", "instantaneous_rc"},
    {"allocates_resource", "allocates_rc"},
    {"deallocates_resource", "deallocates_rc"},
    {"consumes_resource", "consumes_rc"},
    {"register_metadata", "declare_metadata"},
});

}  // namespace

std::string_view PlaceName(Place place) {
  switch (place) {
    case kFile:
      return "of a file";
    case kType:
      return "of a type";
    case kFunction:
      return "of a function";
    case kArgument:
      return "of an argument";
    case kCallback:
      return "of a callback";
    case kRow:
      return "of a row";
  }
  return {};
}

std::string_view PlaceWord(Place place) {
  const std::string_view name = PlaceName(place);
  return name.substr(name.rfind(' ') + 1);
}

const Keyword* FindKeyword(Place place, std::string_view word) {
  const auto found = std::ranges::find_if(kKeywords, [&](const Keyword& keyword) {
    return keyword.place == place && keyword.word == word;
  });
  return found == kKeywords.end() ? nullptr : &*found;
}

std::vector<std::string> Keywords(Place place) {
  std::vector<std::string> words;
  for (const Keyword& keyword : kKeywords) {
    if (keyword.place == place) words.emplace_back(keyword.word);
  }
  return words;
}

std::span<const Keyword> AllKeywords() { return kKeywords; }

bool IsPlanned(std::string_view word) {
  return std::ranges::find(kPlanned, word) != kPlanned.end();
}

std::string Canonical(std::string_view word) {
  constexpr std::string_view kPrefix = "ava_";
  if (!word.starts_with(kPrefix)) return std::string(word);
  std::string_view bare = word.substr(kPrefix.size());
  for (const auto& [other, ours] : kOtherNames) {
    if (bare == other) bare = ours;
  }
  const bool is_ours =
      bare == "if" || std::ranges::find(kKeywords, bare, &Keyword::word) != kKeywords.end();
  return std::string(is_ours ? bare : word);
}

}  // namespace lapis::syntax
