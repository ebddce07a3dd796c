// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "lapis/sema/apply.h"
#include "lapis/sema/shape.h"
#include "lapis/sema/statement.h"

namespace lapis::sema {
namespace {

using model::ShapeKind;
using model::ValueRow;
using syntax::Node;
using syntax::Text;

// A line of the spec stands behind it now.
void Confirm(const Target& target, model::Shape& shape, const Node& node) {
  shape.provenance = target.provenance;
  shape.confidence = model::Confidence::kCertain;
  shape.reason.clear();
  shape.where = target.context.WhereOf(node.span);
}

// The parameter whose content `selector` decides; a void* output that was not known to be one
// becomes it.
bool HasTable(Target& target, int selector, const Node& node) {
  for (model::Parameter& parameter : target.function.parameters) {
    if (parameter.shape->kind == ShapeKind::kValueTable) {
      model::Shape& table = Mutable(parameter.shape);
      table.selector = selector;
      Confirm(target, table, node);
      return true;
    }
  }
  for (std::size_t i = static_cast<std::size_t>(selector) + 1;
       i < target.function.parameters.size(); ++i) {
    model::ShapePtr& shape = target.function.parameters[i].shape;
    const header::Type& type = target.TypeOf(static_cast<int>(i));
    if (shape->kind != ShapeKind::kBuffer || type.pointee->kind != header::TypeKind::kVoid)
      continue;
    if (shape->direction != model::Direction::kOut) continue;
    model::Shape& table = Mutable(shape);
    table.kind = ShapeKind::kValueTable;
    table.selector = selector;
    Confirm(target, table, node);
    return true;
  }
  target.context.diagnostics.Report(diag::kNoValueTable, node.span, target.function.name,
                                    node.operands[0].text);
  return false;
}

void Attribute(Target& target, ValueRow& row, const Node& node) {
  Context& context = target.context;
  const std::string& word = node.word();
  if (!syntax::FindKeyword(syntax::Place::kRow, word)) {
    // Not an attribute: the handle type of the elements.
    if (CheckHandleType(context, node.words.front())) row.handle_type = word;
    return;
  }
  if (!CheckStatement(context, node, syntax::Place::kRow)) return;
  if (word == "cached") row.cached = true;
  if (word == "uncached") row.uncached = true;
  if (word == "mask") row.mask = target.ExprOf(node.operands[0]);
  if (word == "filter") row.filter = node.operands[0].text;
  if (word == "local") row.local = target.ExprOf(node.operands[0]);
  if (word == "becomes") row.becomes = target.ExprOf(node.operands[0]);
  if (word == "lost") row.lost = target.ExprOf(node.operands[0]);
  if (word == "within" && CheckResource(context, node.operands[0])) {
    row.within = node.operands[0].text;
    const auto resource =
        std::ranges::find(context.api.resources, row.within, &model::Resource::name);
    if (!resource->continuous)
      context.diagnostics.Report(diag::kExpressionType, node.operands[0].span, word,
                                 "a continuous_rc", row.within);
  }
  if (word == "without") {
    for (const Text& operand : node.operands) row.without.push_back(operand.text);
  }
  if (word == "pointers") {
    row.pointers = node.operands[0].text;
    context.constants.push_back(target.ExprOf(node.operands[0]));
  }
  if (word == "properties") {
    row.properties = true;
    row.keys = PropertiesOf(context, node);
  }
}

// In a rule for many functions, a row that names a parameter is for those that have it.
bool NamesForeign(const Target& target, const Node& row) {
  std::set<std::string> names;
  for (const Node& attribute : row.children) {
    for (const Text& operand : attribute.operands) CollectIdentifiers(operand.text, names);
  }
  return std::ranges::any_of(
      names, [&](const std::string& name) { return target.foreign.contains(name); });
}

// A later row takes over the selectors that it names.
void Forget(std::vector<ValueRow>& rows, const std::vector<std::string>& selectors) {
  for (ValueRow& row : rows) {
    std::erase_if(row.selectors, [&](const std::string& s) {
      return std::ranges::find(selectors, s) != selectors.end();
    });
  }
  std::erase_if(rows, [](const ValueRow& row) { return row.selectors.empty(); });
}

}  // namespace

void ApplyValues(Target& target, const Node& node) {
  const int selector = target.Parameter(node.operands[0]);
  if (selector == kNoParameter || !HasTable(target, selector, node)) return;
  std::map<std::string, const Text*> seen;
  for (const Node& child : node.children) {
    if (child.kind != syntax::NodeKind::kRow) {
      target.context.diagnostics.Report(diag::kExpected, child.span,
                                        "a row 'CONSTANT: what it is;'");
      continue;
    }
    if (NamesForeign(target, child)) continue;
    ValueRow row;
    row.where = target.context.WhereOf(child.span);
    for (const Text& word : child.words) {
      const auto [first, is_new] = seen.emplace(word.text, &word);
      if (!is_new) {
        target.context.diagnostics.Report(diag::kGiven, word.span, word.text)
            .At(target.context.diagnostics.PlaceOf(first->second->span),
                "'" + word.text + "' is here");
      }
      row.selectors.push_back(word.text);
      target.context.constants.push_back(target.ExprOf(word));
    }
    for (const Node& attribute : child.children) Attribute(target, row, attribute);
    Forget(target.function.values, row.selectors);
    target.function.values.push_back(std::move(row));
  }
}

model::Properties PropertiesOf(Context& context, const Node& node) {
  model::Properties properties;
  for (const Text& operand : node.operands) {
    const std::size_t colon = operand.text.find(':');
    if (colon == std::string::npos) {
      context.diagnostics.Report(diag::kExpected, operand.span, "'key: handle type'");
      continue;
    }
    std::size_t after = colon + 1;
    while (after < operand.text.size() && operand.text[after] == ' ') ++after;
    std::size_t key_end = colon;
    while (key_end > 0 && operand.text[key_end - 1] == ' ') --key_end;
    Text type{operand.text.substr(after), operand.span};
    type.span.begin += static_cast<std::uint32_t>(after);
    context.constants.push_back(ExprOf(context, {operand.text.substr(0, key_end), operand.span}));
    if (CheckHandleType(context, type))
      properties.keys.push_back({operand.text.substr(0, key_end), type.text});
  }
  return properties;
}

bool CheckHandleType(Context& context, const Text& name) {
  if (context.api.FindHandleType(name.text)) return true;
  const auto type = context.header.types.find(name.text);
  if (type != context.header.types.end() && context.header.IsHandle(*type->second)) return true;
  const std::vector<std::string> names =
      NamesOf(context.api.handle_types, &model::HandleType::name);
  context.diagnostics.Report(diag::kNotAHandleType, name.span, name.text)
      .With(diag::DidYouMean(name.text, names));
  return false;
}

bool CheckResource(Context& context, const Text& name) {
  const std::vector<std::string> names = NamesOf(context.api.resources, &model::Resource::name);
  if (std::ranges::find(names, name.text) != names.end()) return true;
  context.diagnostics.Report(diag::kUnknownResource, name.span, name.text)
      .With(diag::DidYouMean(name.text, names));
  return false;
}

}  // namespace lapis::sema
