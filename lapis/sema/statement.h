// SPDX-License-Identifier: Apache-2.0
#pragma once

// A node against the table of keywords: is the word known here, does it have what it takes?

#include <functional>
#include <iterator>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "lapis/sema/context.h"
#include "lapis/syntax/keywords.h"

namespace lapis::sema {

// `word name;` is `word(name);`.
std::vector<syntax::Text> OperandsOf(const syntax::Node& node);

// False, and reported, if the node is no statement of this place.
bool CheckStatement(Context& context, const syntax::Node& node, syntax::Place place);

// "text" without its quotes; reports what is no string.
std::optional<std::string> StringOf(Context& context, const syntax::Node& node,
                                    const syntax::Text& operand);

// A /pattern/ matches whole names.
std::optional<std::regex> PatternOf(Context& context, const syntax::Text& pattern);

bool IsPattern(const syntax::Text& operand);  // of symbols(...)
syntax::Text WithoutSlashes(const syntax::Text& operand);

// One member of each, for messages: NamesOf(types, &HandleType::name).
template <class Range, class Member>
std::vector<std::string> NamesOf(const Range& range, Member member) {
  std::vector<std::string> names;
  names.reserve(std::size(range));
  for (const auto& item : range) names.push_back(std::invoke(member, item));
  return names;
}

model::Expr ExprOf(const Context& context, const syntax::Text& operand);

}  // namespace lapis::sema
