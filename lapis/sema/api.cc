// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <utility>

#include "lapis/sema/apply.h"
#include "lapis/sema/passes.h"
#include "lapis/sema/statement.h"

namespace lapis::sema {
namespace {

using model::HandleType;
using syntax::Node;
using syntax::NodeKind;
using syntax::Text;

void SetString(Context& context, const Node& node, std::string& field) {
  if (!field.empty()) {
    context.diagnostics.Report(diag::kGiven, node.span, node.word());
    return;
  }
  field = StringOf(context, node, OperandsOf(node)[0]).value_or("");
}

// Empty, and reported, if it is none.
std::string NameOf(Context& context, const Text& operand, const char* what) {
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  const bool begins =
      !operand.text.empty() && std::isdigit(static_cast<unsigned char>(operand.text.front())) == 0;
  if (begins && std::ranges::all_of(operand.text, is_part)) return operand.text;
  context.diagnostics.Report(diag::kExpected, operand.span, what);
  return {};
}

// Files, namespaces and symbols have it in their names.
void ApiName(Context& context, const Node& node) {
  SetString(context, node, context.api.name);
  Text name = OperandsOf(node)[0];
  name.text = context.api.name;
  if (!name.text.empty()) NameOf(context, name, "a name of letters and digits");
}

void Dispatch(Context& context, const Node& node) {
  const Text name = OperandsOf(node)[0];
  const auto type = context.header.types.find(name.text);
  const auto record = context.header.records.find(
      type == context.header.types.end() ? name.text : type->second->canonical);
  if (record == context.header.records.end()) {
    using Known = std::pair<const std::string, header::Record>;
    const std::vector<std::string> names = NamesOf(context.header.records, &Known::first);
    context.diagnostics.Report(diag::kUnknownStruct, name.span, name.text)
        .With(diag::DidYouMean(name.text, names));
    return;
  }
  context.api.dispatch_struct = name.text;
  for (const header::Field& field : record->second.fields)
    context.api.dispatch_members.push_back(field.name);
}

void Status(Context& context, const Node& node) {
  const Text& type = node.operands[0];
  if (!context.header.types.contains(type.text) && type.text != "int") {
    context.diagnostics.Report(diag::kUnknownType, type.span, type.text);
  }
  context.api.status_type = type.text;
  context.api.success = node.operands[1].text;
  context.constants.push_back(ExprOf(context, node.operands[1]));
}

void Resource(Context& context, const Node& node) {
  const std::string name = NameOf(context, OperandsOf(node)[0], "a name");
  const auto same = std::ranges::find(context.api.resources, name, &model::Resource::name);
  if (same != context.api.resources.end()) {
    context.diagnostics.Report(diag::kGiven, node.span, node.word())
        .At(PlaceOf(same->where), "'" + name + "' is here");
    return;
  }
  context.api.resources.push_back(
      {name, node.word() == "continuous_rc", context.WhereOf(node.span)});
}

HandleType& HandleTypeOf(Context& context, const std::string& name) {
  auto& types = context.api.handle_types;
  const auto found = std::ranges::find(types, name, &HandleType::name);
  if (found != types.end()) return *found;
  HandleType& type = types.emplace_back();
  type.name = name;
  type.id = static_cast<int>(types.size());
  const auto declared = context.header.types.find(name);
  if (declared != context.header.types.end() &&
      declared->second->kind == header::TypeKind::kPointer) {
    type.pointee = "struct " + declared->second->pointee->canonical;
  }
  return type;
}

void TypeStatements(Context& context, HandleType& type, const Node& node) {
  for (const Node& child : node.children) {
    if (!CheckStatement(context, child, syntax::Place::kType)) continue;
    if (child.word() == "invalid") type.invalid = ExprOf(context, child.operands[0]);
    if (child.word() == "immortal") type.immortal = true;
    if (child.word() == "done") type.done = NameOf(context, child.operands[0], "a C++ function");
  }
}

bool Says(const Node& node, std::string_view word) {
  return std::ranges::any_of(node.children, [&](const Node& child) {
    return child.kind == NodeKind::kStatement && child.word() == word;
  });
}

// No handle, although it looks like one: there is no more to say.
void OpaqueType(Context& context, const std::string& name, const Node& node) {
  context.header.opaques.insert(name);
  for (const Node& child : node.children) {
    if (CheckStatement(context, child, syntax::Place::kType) && child.word() != "opaque")
      context.diagnostics.Report(diag::kGiven, child.span, child.word());
  }
}

void Type(Context& context, const Node& node) {
  const Text& name = node.operands[0];
  const auto declared = context.header.types.find(name.text);
  if (declared == context.header.types.end()) {
    std::vector<std::string> names;
    for (const auto& [known, type] : context.header.types) {
      if (context.header.IsHandle(*type)) names.push_back(known);
    }
    context.diagnostics.Report(diag::kUnknownType, name.span, name.text)
        .With(diag::DidYouMean(name.text, names));
    return;
  }
  if (Says(node, "opaque")) return OpaqueType(context, name.text, node);
  if (Says(node, "handle")) context.header.handles.insert(name.text);
  if (!context.header.IsHandle(*declared->second)) {
    context.diagnostics.Report(diag::kNotAHandleType, name.span, name.text);
    return;
  }
  HandleType& type = HandleTypeOf(context, name.text);
  type.where = context.WhereOf(node.span);
  TypeStatements(context, type, node);
}

void Metadata(Context& context, const Node& node) {
  if (!node.code) return;
  const Text& name = node.operands[0];
  if (!CheckHandleType(context, name)) return;
  HandleType& type = HandleTypeOf(context, name.text);
  if (!type.metadata.empty()) {
    context.diagnostics.Report(diag::kGiven, node.span, node.word())
        .At(PlaceOf(type.metadata_where), "metadata of '" + name.text + "' is here");
  }
  type.metadata = node.code->text;
  type.metadata_where = context.WhereOf(node.code->span);
}

void Code(Context& context, const Node& node) {
  model::CodeBlock block;
  block.where = context.WhereOf(node.code ? node.code->span : node.span);
  block.side = node.word() == "guest"    ? model::CodeBlock::Side::kGuest
               : node.word() == "server" ? model::CodeBlock::Side::kServer
                                         : model::CodeBlock::Side::kBoth;
  const std::vector<Text> operands = OperandsOf(node);
  if (node.code) {
    block.code = node.code->text;
  } else if (!operands.empty()) {
    block.file = StringOf(context, node, operands[0]).value_or("");
    if (!block.file.empty() && !context.read(context.folder + '/' + block.file)) {
      context.diagnostics.Report(diag::kCannotRead, operands[0].span, block.file,
                                 "no such file beside the spec");
    }
  } else {
    context.diagnostics.Report(diag::kNeedsBlock, node.span, node.word());
  }
  context.api.code.push_back(std::move(block));
}

void Environment(Context& context, const Node& node) {
  for (const Text& operand : OperandsOf(node)) {
    if (auto pattern = StringOf(context, node, operand))
      context.api.environment.push_back(*pattern);
  }
}

void Lost(Context& context, const Node& node) {
  context.api.lost = node.operands[0].text;
  context.constants.push_back(ExprOf(context, node.operands[0]));
}

void Policy(Context& context, const Node& node) {
  if (auto file = StringOf(context, node, OperandsOf(node)[0]))
    context.api.policies.push_back(*file);
}

using Apply = std::function<void(Context&, const Node&)>;

const std::map<std::string, Apply>& Statements() {
  static const std::map<std::string, Apply> kStatements = {
      {"name", ApiName},
      {"version", [](Context& c, const Node& n) { SetString(c, n, c.api.version); }},
      {"soname", [](Context& c, const Node& n) { SetString(c, n, c.api.soname); }},
      {"vendor", [](Context& c, const Node& n) { SetString(c, n, c.api.vendor_library); }},
      {"dispatch", Dispatch},
      {"environment", Environment},
      {"status", Status},
      {"lost", Lost},
      {"continuous_rc", Resource},
      {"instantaneous_rc", Resource},
      {"type", Type},
      {"metadata", Metadata},
      {"declare_metadata",
       [](Context& c, const Node& n) { c.api.metadata_struct = n.operands[0].text; }},
      {"policy", Policy},
      {"address",
       [](Context& c, const Node& n) { c.api.invalid_address = ExprOf(c, n.operands[0]); }},
      {"guest", Code},
      {"server", Code},
      {"both", Code},
  };
  return kStatements;
}

// `rule type /re/ { … }`: for handle types, before the types' own blocks.
void TypeRule(Context& context, const Node& node) {
  const auto pattern = PatternOf(context, *node.pattern);
  if (!pattern) return;
  bool applied = false;
  for (const auto& [name, declared] : context.header.types) {
    if (!context.header.IsHandle(*declared) || !std::regex_match(name, *pattern)) continue;
    HandleType& type = HandleTypeOf(context, name);
    type.where = context.WhereOf(node.span);
    TypeStatements(context, type, node);
    applied = true;
  }
  if (!applied) context.diagnostics.Report(diag::kRuleMatchesNothing, node.span);
}

bool IsTypeRule(const Node& node) {
  return node.word() == "rule" && node.words.size() == 2 && node.words[1].text == "type" &&
         node.pattern && node.has_block;
}

}  // namespace

void ReadApi(Context& context) {
  for (const Node& node : context.nodes) {
    if (node.kind == NodeKind::kStatement && IsTypeRule(node)) TypeRule(context, node);
  }
  for (const Node& node : context.nodes) {
    if (node.kind != NodeKind::kStatement) continue;
    const auto statement = Statements().find(node.word());
    if (statement == Statements().end() || node.is_list) continue;
    if (CheckStatement(context, node, syntax::Place::kFile)) statement->second(context, node);
  }
}

}  // namespace lapis::sema
