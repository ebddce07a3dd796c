// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything that cava can say, by number. A number is never used again for something else: a
// message that goes leaves kRetired behind. Each live one has a bad example in tests/errors and a
// page in docs/errors.
//
// '{}' stands for the arguments, in order. Lower case, no full stop, the thing in quotes, then the
// remedy.

#include <array>
#include <string_view>

namespace lapis::diag {

enum class Severity { kError, kWarning, kNote, kRetired };

struct Message {
  int number;
  Severity severity;
  std::string_view text;
};

#define LAPIS_CATALOG(X)                                                                  \
  /* the text: 1.. */                                                                     \
  X(kCannotRead, 1, kError, "cannot read '{}': {}")                                       \
  X(kStrayCharacter, 2, kError, "'{}' does not belong here")                              \
  X(kUnterminated, 3, kError, "{} is never closed")                                       \
  X(kMismatchedBracket, 4, kError, "'{}' does not match '{}'")                            \
  X(kExpected, 5, kError, "expected {}")                                                  \
  X(kEmptyOperand, 6, kError, "an operand of '{}' is empty")                              \
  X(kTooDeep, 7, kError, "more than {} blocks inside each other")                         \
  X(kUnknownStatement, 10, kError, "'{}' is no statement {}")                             \
  X(kOperandCount, 11, kError, "'{}' takes {}")                                           \
  X(kNeedsBlock, 12, kError, "'{}' needs a block")                                        \
  X(kNoBlock, 13, kError, "'{}' takes no block")                                          \
  X(kBadPattern, 14, kError, "'/{}/' is no regular expression: {}")                       \
  X(kNotString, 15, kError, "'{}' takes a string in quotes")                              \
  X(kNotImplemented, 16, kError, "{} is not implemented yet")                             \
  X(kGiven, 17, kError, "'{}' contradicts or repeats what was said")                      \
  X(kMissingStatement, 18, kError, "the spec has no '{}'")                                \
  X(kMisplacedIf, 19, kError, "'if' cannot choose '{}' at run time")                      \
  /* the header: 30.. */                                                                  \
  X(kHeader, 30, kError, "{}")                                                            \
  X(kUnknownFunction, 31, kError, "no header declares a function '{}'")                   \
  X(kUnknownType, 32, kError, "no header declares a type '{}'")                           \
  X(kUnknownParameter, 33, kError, "'{}' has no parameter '{}'")                          \
  X(kUnknownStruct, 34, kError, "no header declares a struct '{}'")                       \
  X(kPrototypeCount, 35, kError, "'{}' has {} in the header, {} here")                    \
  X(kPrototypeType, 36, kError, "{} of '{}' is '{}' in the header, '{}' here")            \
  X(kUnknownField, 37, kError, "'{}' has no member '{}'")                                 \
  /* meaning: 50.. */                                                                     \
  X(kRuleMatchesNothing, 50, kError, "the rule applies to nothing")                       \
  X(kPatternMatchesNothing, 51, kError, "'/{}/' matches no function of the first header") \
  X(kNotAHandle, 52, kError, "'{}' is no handle: its type is '{}'")                       \
  X(kNotAPointer, 53, kError, "'{}' is no pointer: its type is '{}'")                     \
  X(kNotACallback, 54, kError, "'{}' is no function pointer: its type is '{}'")           \
  X(kNoReturnValue, 55, kError, "'{}' returns nothing")                                   \
  X(kUnknownResource, 56, kError,                                                         \
    "no resource '{}': declare it with continuous_rc or instantaneous_rc")                \
  X(kNotAHandleType, 57, kError, "'{}' is no handle type")                                \
  X(kNoValueTable, 58, kError, "'{}' has no parameter whose content '{}' selects")        \
  X(kNoElement, 59, kError, "'{}' has no elements: give it a buffer(count) first")        \
  X(kCycle, 60, kError, "the arguments of '{}' need each other: {}")                      \
  X(kSameSelector, 61, kError, "'{}' and '{}' are the same value in the table of '{}'")   \
  X(kNotExported, 62, kError,                                                             \
    "'{}' is not exported: name it in symbols(...), or make it internal")                 \
  X(kNotMapped, 63, kError, "'{}' is not mapped: give it a maps(...) first")              \
  X(kNoMark, 64, kError, "'/{}/' matches no word of {}")                                  \
  X(kBoxCount, 65, kError, "'{}' says how large a box is, or where: buffer(3), not {}")   \
  X(kNeverConsumed, 66, kError,                                                           \
    "what '{}' keeps would never arrive: no function has a consumes(…) of a '{}'")        \
  X(kNotAnAddress, 67, kError, "'{}' is no address: say address first")                   \
  X(kFreesNothing, 68, kError, "no parameter of '{}' frees what it points to")            \
  X(kNoAnswer, 69, kError, "'{}' is local, and no guest before answers")                  \
  X(kOpenFact, 70, kError, "'{}' of '{}': {}")                                            \
  X(kNoDone, 71, kError, "no done tells when a '{}' of '{}' is complete")                 \
  /* expressions: 90.. */                                                                 \
  X(kExpression, 90, kError, "{}")                                                        \
  X(kExpressionType, 91, kError, "'{}' needs {}, this is '{}'")                           \
  X(kNegative, 92, kError, "'{}' is negative: {}")                                        \
  X(kForbidden, 93, kError, "{} is not allowed in an expression")                         \
  X(kIndexOutside, 94, kError, "'index' has a meaning inside an element only")            \
  X(kResultTooEarly, 95, kError,                                                          \
    "'result' is known after the call only, '{}' is evaluated before")                    \
  X(kOutputTooEarly, 96, kError,                                                          \
    "'{}' is filled by the call, '{}' is evaluated before: make it in and out, or do without it")

#define LAPIS_MESSAGE(name, number, severity, text) \
  inline constexpr Message name{number, Severity::severity, text};
LAPIS_CATALOG(LAPIS_MESSAGE)
#undef LAPIS_MESSAGE

#define LAPIS_ENTRY(name, number, severity, text) Message{number, Severity::severity, text},
inline constexpr auto kCatalog = std::to_array<Message>({LAPIS_CATALOG(LAPIS_ENTRY)});
#undef LAPIS_ENTRY

}  // namespace lapis::diag
