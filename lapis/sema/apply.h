// SPDX-License-Identifier: Apache-2.0
#pragma once

// A statement of the spec, and the function that it changes.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lapis/sema/context.h"

namespace lapis::sema {

constexpr int kNoParameter = -1;
constexpr int kResult = -2;  // where the model says so

// A function about to be changed by a rule or an entry.
struct Target {
  Context& context;
  const header::Function& declared;
  model::Function& function;
  model::Provenance provenance;
  std::set<std::string> foreign =
      {};  // of a rule: parameters of other functions that it matches, but not of this one

  // Index of the parameter, kResult for `result` if allowed, or kNoParameter after reporting.
  int Parameter(const syntax::Text& name, bool allow_result = false) const;
  const header::Type& TypeOf(int parameter) const;  // kResult: what is returned
  model::Expr ExprOf(const syntax::Text& operand) const;

  // Reported once all is said, if it is none: a handle (or handles) in this place; a new one, as of
  // an event.
  void NeedHandle(const syntax::Text& operand, int parameter) const;
  void NeedNewHandle(const syntax::Node& node, int parameter) const;
};

// What an argument block is about: a parameter, a return value, an element, a callback's argument.
struct Value {
  std::string name;          // for messages
  const header::Type* type;  // may change by type_cast
  header::TypePtr cast;      // keeps the changed one alive
};

// All statements of a block. They check themselves and report.
void ApplyFunction(Target& target, const std::vector<syntax::Node>& statements);
void ApplyValue(Target& target, Value value, model::ShapePtr& shape,
                const std::vector<syntax::Node>& statements);
void ApplyCallback(Target& target, const syntax::Node& node);
void ApplyValues(Target& target, const syntax::Node& node);

// `$2` is the third parameter, for families whose parameters differ in name only. NumberOf: -1 for
// what is no such name.
int NumberOf(const std::string& name);
std::string WithNames(const model::Function& function, std::string text);

// Adds the identifiers in C text that do not follow '.' or '->'.
void CollectIdentifiers(const std::string& text, std::set<std::string>& names);

// properties(KEY: type, …)
model::Properties PropertiesOf(Context& context, const syntax::Node& node);

// The name after a declared handle type, reported if it is none.
bool CheckHandleType(Context& context, const syntax::Text& name);
bool CheckResource(Context& context, const syntax::Text& name);

}  // namespace lapis::sema
