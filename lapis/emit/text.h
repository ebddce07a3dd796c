// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text for emitters: templates that look like what they produce, and the few transformations around
// them.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lapis/model/model.h"

namespace lapis::emit {

struct Substitution {
  std::string_view name;
  std::string value;
};

// Replaces each `$name$` of the template. A placeholder that stands alone on its line takes whole
// lines: every line of its value is indented like the placeholder, and the line vanishes when the
// value is empty. The template's first line break, right behind R"(, is dropped.
std::string Fill(std::string_view text, std::initializer_list<Substitution> substitutions);

// Each non-empty line of `text` with `spaces` in front.
std::string Indent(std::string_view text, int spaces);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

// `text` as a C string literal, quotes included.
std::string Quote(std::string_view text);

// "opencl.lapis:41", for comments.
std::string Spot(const model::Where& where);

// A block of the spec's own code, verbatim, with #line to the spec. Text made of such blocks must
// pass through ResolveLines once it is a whole file.
std::string SpecCode(std::string_view code, const model::Where& where);
// Puts right the `#line` with which generated text goes on behind a block of the spec's. `file`:
// its name.
std::string ResolveLines(std::string_view text, std::string_view file);

// The line that ResolveLines replaces.
inline constexpr std::string_view kResumeMark = "#line @resume@";
// Breaks generated lines that are longer than 100 columns; leaves blocks of the spec's own alone.
std::string WrapLines(std::string_view text);

// An expression of the spec on one line.
std::string Text(const model::Expr& expression);
// The same, in parentheses unless it is a single name or number.
std::string Parenthesized(const model::Expr& expression);

// The API's word for success, and for a worker that is gone; 0 and -1 if the spec has none.
std::string Success(const model::Api& api);
std::string LostError(const model::Api& api);

// The banner of a generated file.
std::string Banner(const model::Api& api, std::string_view what);

}  // namespace lapis::emit
