// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "lapis/sema/apply.h"
#include "lapis/sema/shape.h"
#include "lapis/sema/statement.h"

namespace lapis::sema {
namespace {

using model::Function;
using syntax::Node;
using syntax::Text;

void AddParameters(Target& target, const Node& node, std::vector<int>& list) {
  for (const Text& operand : OperandsOf(node)) {
    const int parameter = target.Parameter(operand);
    if (parameter != kNoParameter && std::ranges::find(list, parameter) == list.end())
      list.push_back(parameter);
  }
}

void AddHandles(Target& target, const Node& node, std::vector<int>& list) {
  for (const Text& operand : OperandsOf(node)) {
    const int parameter = target.Parameter(operand);
    if (parameter == kNoParameter) continue;
    target.NeedHandle(operand, parameter);
    if (std::ranges::find(list, parameter) == list.end()) list.push_back(parameter);
  }
}

void SetHandles(Target& target, const Node& node, std::vector<int>& list) {
  list.clear();
  AddHandles(target, node, list);
}

void SetParameters(Target& target, const Node& node, std::vector<int>& list) {
  list.clear();
  AddParameters(target, node, list);
}

void Async(Target& target, const Node& /*node*/) {
  target.function.async = true;
  target.function.async_if.reset();
  target.function.proven.reset();
}

void Sync(Target& target, const Node& /*node*/) {
  target.function.async = false;
  target.function.async_if.reset();
  target.function.proven.reset();
}

void AsyncIf(Target& target, const Node& node) {
  target.function.async = true;
  target.function.async_if = target.ExprOf(node.operands[0]);
}

// Who keeps the proofs, and what makes two calls alike.
void Proven(Target& target, const Node& node) {
  const int owner = target.Parameter(node.operands[0]);
  if (owner == kNoParameter) return;
  if (!target.context.header.IsHandle(target.TypeOf(owner))) {
    target.context.diagnostics.Report(diag::kNotAHandle, node.operands[0].span,
                                      node.operands[0].text, target.TypeOf(owner).name);
    return;
  }
  target.function.async = true;
  target.function.proven = {.owner = owner, .keys = {}};
  for (std::size_t i = 1; i < node.operands.size(); ++i)
    target.function.proven->keys.push_back(target.ExprOf(node.operands[i]));
}

void SyncIf(Target& target, const Node& node) {
  AsyncIf(target, node);
  target.function.async_if->text = "!(" + target.function.async_if->text + ")";
}

void Require(Target& target, const Node& node) {
  target.function.requires_.push_back(
      {target.ExprOf(node.operands[0]), target.ExprOf(node.operands[1])});
}

void Unsupported(Target& target, const Node& node) {
  Function& function = target.function;
  function.state = model::FunctionState::kUnsupported;
  function.unsupported_error = target.ExprOf(node.operands[0]);
  if (node.operands.size() == 2) {
    function.unsupported_reason = StringOf(target.context, node, node.operands[1]).value_or("");
  }
}

// "desc->buffer": a handle in the struct that a parameter points to.
std::pair<Text, std::string> SplitField(const Text& operand) {
  const std::size_t arrow = operand.text.find("->");
  if (arrow == std::string::npos) return {operand, ""};
  return {{.text = operand.text.substr(0, arrow), .span = operand.span},
          operand.text.substr(arrow + 2)};
}

bool IsHandle(const model::ShapePtr& shape) {
  return shape && shape->kind == model::ShapeKind::kHandle;
}

bool HasHandle(const model::Parameter& parameter, const std::string& field) {
  if (!parameter.shape || !parameter.shape->element) return false;
  const auto& count = parameter.shape->count;
  if (count && count->constant != 1 && count->text != "1") return false;  // of which of them?
  return std::ranges::any_of(parameter.shape->element->fields, [&field](const model::Field& each) {
    return each.name == field && IsHandle(each.shape);
  });
}

void DependsOn(Target& target, const Node& node) {
  const auto [elder, field] = SplitField(node.operands[1]);
  const int child = target.Parameter(node.operands[0], true);
  const int parent = target.Parameter(elder, field.empty());
  if (child == kNoParameter || parent == kNoParameter) return;
  target.NeedHandle(node.operands[0], child);
  if (field.empty()) {
    target.NeedHandle(node.operands[1], parent);
  } else {
    target.context.afterwards.emplace_back([&context = target.context, &function = target.function,
                                            &node, parent, name = field,
                                            type = target.TypeOf(parent).name] {
      const auto& parameter = function.parameters[static_cast<std::size_t>(parent)];
      if (function.state != model::FunctionState::kUnsupported && !HasHandle(parameter, name)) {
        context.diagnostics.Report(diag::kNotAHandle, node.operands[1].span, node.operands[1].text,
                                   type);
      }
    });
  }
  auto& edges = target.function.depends_on;
  const bool known = std::ranges::any_of(edges, [&](const auto& e) {
    return e.child == child && e.parent == parent && e.field == field;
  });
  if (!known) edges.push_back({child, parent, field});
}

void Resource(Target& target, const Node& node, model::ResourceUse::Kind kind) {
  const Text& name = node.operands[0];
  if (!CheckResource(target.context, name)) return;
  const bool is_held =
      std::ranges::find(target.context.api.resources, name.text, &model::Resource::name)
          ->continuous;
  if (is_held == (kind == model::ResourceUse::Kind::kConsumes)) {
    target.context.diagnostics.Report(diag::kExpressionType, name.span, node.word(),
                                      is_held ? "an instantaneous_rc" : "a continuous_rc",
                                      name.text);
    return;
  }
  model::ResourceUse use{kind, name.text, target.ExprOf(node.operands[1]), std::nullopt};
  if (node.operands.size() > 2) use.error = target.ExprOf(node.operands[2]);
  target.function.resources.push_back(std::move(use));
}

void Hook(Target& target, const Node& node) {
  Function& function = target.function;
  const model::Hook hook{node.code ? node.code->text : "",
                         node.code ? target.context.WhereOf(node.code->span) : model::Where{}};
  const std::string& side = node.word();
  const std::string& when = node.words.back().text;
  const bool guest = side != "server";
  const bool server = side != "guest";
  if (!node.code || (when == "lost" && server)) {
    target.context.diagnostics.Report(diag::kExpected, node.span,
                                      "before or after, and a block, after '" + side + "'");
    return;
  }
  if (when == "lost") function.guest_lost.push_back(hook);
  if (when == "before" && guest) function.guest_before.push_back(hook);
  if (when == "after" && guest) function.guest_after.push_back(hook);
  if (when == "before" && server) function.server_before.push_back(hook);
  if (when == "after" && server) function.server_after.push_back(hook);
}

void Argument(Target& target, const Node& node) {
  for (const Text& operand : node.operands) {
    const int parameter = target.Parameter(operand);
    if (parameter == kNoParameter) continue;
    model::Parameter& changed = target.function.parameters[static_cast<std::size_t>(parameter)];
    ApplyValue(target, {changed.name, &target.TypeOf(parameter), nullptr}, changed.shape,
               node.children);
  }
}

void ReturnValue(Target& target, const Node& node) {
  if (!target.function.return_shape) {
    target.context.diagnostics.Report(diag::kNoReturnValue, node.span, target.function.name);
    return;
  }
  ApplyValue(target, {"the return value", target.declared.result.get(), nullptr},
             target.function.return_shape, node.children);
}

// `if` at run time around what a call uses.
void If(Target& target, const Node& node, const std::string& outer) {
  const std::string condition =
      (outer.empty() ? "" : outer + " && ") + "(" + target.ExprOf(node.operands[0]).text + ")";
  const auto apply = [&](const std::vector<Node>& children, const std::string& when) {
    for (const Node& child : children) {
      if (child.kind == syntax::NodeKind::kIf) {
        If(target, child, when);
      } else if (child.word().ends_with("_rc") &&
                 CheckStatement(target.context, child, syntax::Place::kFunction)) {
        const std::size_t before = target.function.resources.size();
        ApplyFunction(target, {child});
        if (target.function.resources.size() == before) continue;
        model::Expr& amount = target.function.resources.back().amount;
        amount.text = "(" + when + ") ? (" + amount.text + ") : 0";
      } else {
        target.context.diagnostics.Report(diag::kMisplacedIf, child.span, child.word());
      }
    }
  };
  apply(node.children, condition);
  apply(node.otherwise, "!(" + condition + ")");
}

// One annotation of a kind in a block: at most one of these words.
void CheckGivenOnce(Context& context, const std::vector<Node>& statements,
                    const std::vector<std::string>& words) {
  const Node* first = nullptr;
  for (const Node& node : statements) {
    if (node.kind != syntax::NodeKind::kStatement ||
        std::ranges::find(words, node.word()) == words.end())
      continue;
    if (first) {
      context.diagnostics.Report(diag::kGiven, node.span, node.word())
          .At(context.diagnostics.PlaceOf(first->span), "'" + first->word() + "' is here");
    }
    first = &node;
  }
}

std::string HandleTypeOf(const Function& function, int parameter) {
  const model::Shape& shape = *function.parameters[static_cast<std::size_t>(parameter)].shape;
  return shape.handle_type;
}

// Kept setters travel with a call that consumes them; without one they never do.
void CheckConsumed(Context& context, const Function& function, const Node& node) {
  if (function.coalesce.empty() || function.state != model::FunctionState::kVirtual) return;
  const std::string type = HandleTypeOf(function, function.coalesce.front());
  const bool consumed = std::ranges::any_of(context.api.functions, [&](const Function& other) {
    return std::ranges::any_of(other.consumes,
                               [&](int i) { return HandleTypeOf(other, i) == type; });
  });
  if (!consumed) context.diagnostics.Report(diag::kNeverConsumed, node.span, function.name, type);
}

void Coalesce(Target& target, const Node& node) {
  SetParameters(target, node, target.function.coalesce);
  if (target.function.coalesce.empty()) return;
  target.NeedHandle(node.operands[0], target.function.coalesce.front());
  target.context.afterwards.emplace_back([&context = target.context, &function = target.function,
                                          &node] { CheckConsumed(context, function, node); });
}

void Completes(Target& target, const Node& node) {
  target.function.completes = target.Parameter(node.operands[0]);
  target.NeedNewHandle(node, target.function.completes);
}

bool IsPlainInput(const model::ShapePtr& shape) {
  return shape && shape->kind == model::ShapeKind::kBuffer &&
         (!shape->element || shape->element->kind == model::ShapeKind::kOpaque) &&
         shape->direction == model::Direction::kIn;
}

// Sets a callback that gets the handle and a pointer.
bool TellsOfAnEnd(const header::Function* function, const header::Type& handle) {
  if (function == nullptr || function->parameters.size() != 3) return false;
  const auto& parameters = function->parameters;
  if (parameters[0].type->canonical != handle.canonical || !parameters[1].type->IsCallback())
    return false;
  const auto& told = parameters[1].type->pointee->parameters;
  return told.size() == 2 && told[0].type->canonical == handle.canonical &&
         told[1].type->canonical == "void *" && parameters[2].type->canonical == "void *";
}

void Shared(Target& target, const Node& node) {
  const int parameter = target.Parameter(node.operands[0]);
  if (parameter == kNoParameter) return;
  target.function.shared = {.parameter = parameter,
                            .bytes = target.ExprOf(node.operands[1]),
                            .when = target.ExprOf(node.operands[2])};
  target.NeedHandle(node.operands[0], kResult);
  target.context.afterwards.emplace_back([&context = target.context, &function = target.function,
                                          &node, parameter, type = target.TypeOf(parameter).name] {
    if (!IsPlainInput(function.parameters[static_cast<std::size_t>(parameter)].shape))
      context.diagnostics.Report(diag::kExpressionType, node.operands[0].span, node.word(),
                                 "an input of plain data", type);
    if (function.end_told_by.empty())
      context.diagnostics.Report(diag::kExpressionType, node.span, node.word(),
                                 "an object of whose end a function tells (ends)", function.name);
  });
}

void Ends(Target& target, const Node& node) {
  const std::string told_by = node.operands[0].text;
  if (!TellsOfAnEnd(target.context.header.FindFunction(told_by), *target.declared.result)) {
    target.context.diagnostics.Report(
        diag::kExpressionType, node.operands[0].span, node.word(),
        "a function that sets a callback (handle, void *) for an object's end", told_by);
    return;
  }
  target.function.end_told_by = told_by;
  target.NeedHandle(node.operands[0], kResult);
}

using Apply = std::function<void(Target&, const Node&)>;

const std::map<std::string, Apply>& Statements() {
  using Kind = model::ResourceUse::Kind;
  static const std::map<std::string, Apply> kStatements = {
      {"async", Async},
      {"sync", Sync},
      {"async_if", AsyncIf},
      {"sync_if", SyncIf},
      {"proven", Proven},
      {"blocking", [](Target& t, const Node& n) { t.function.blocking = t.ExprOf(n.operands[0]); }},
      {"compiles", [](Target& t, const Node&) { t.function.compiles = true; }},
      {"success", [](Target& t, const Node& n) { t.function.success = t.ExprOf(n.operands[0]); }},
      {"require", Require},
      {"cached", [](Target& t, const Node&) { t.function.cached = true; }},
      {"coalesce", Coalesce},
      {"consumes", [](Target& t, const Node& n) { AddHandles(t, n, t.function.consumes); }},
      {"completes", Completes},
      {"delivers", [](Target& t, const Node&) { t.function.delivers = true; }},
      {"unsupported", Unsupported},
      {"local", [](Target& t, const Node&) { t.function.state = model::FunctionState::kLocal; }},
      {"internal",
       [](Target& t, const Node&) { t.function.state = model::FunctionState::kInternal; }},
      {"retains", [](Target& t, const Node& n) { SetHandles(t, n, t.function.retains); }},
      {"releases", [](Target& t, const Node& n) { SetHandles(t, n, t.function.releases); }},
      {"depends_on", DependsOn},
      {"allocates_rc", [](Target& t, const Node& n) { Resource(t, n, Kind::kAllocates); }},
      {"deallocates_rc", [](Target& t, const Node& n) { Resource(t, n, Kind::kDeallocates); }},
      {"consumes_rc", [](Target& t, const Node& n) { Resource(t, n, Kind::kConsumes); }},
      {"shared", Shared},
      {"ends", Ends},
      {"guest", Hook},
      {"server", Hook},
      {"before", Hook},
      {"after", Hook},
      {"argument", Argument},
      {"return_value", ReturnValue},
      {"callback", ApplyCallback},
      {"values", ApplyValues},
  };
  return kStatements;
}

}  // namespace

void CollectIdentifiers(const std::string& text, std::set<std::string>& names) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!std::isalpha(c) && c != '_' && c != '$') {
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
    const bool is_member =
        i > 0 && (text[i - 1] == '.' || (i > 1 && text[i - 1] == '>' && text[i - 2] == '-'));
    if (!is_member) names.insert(text.substr(i, end - i));
    i = end;
  }
}

int NumberOf(const std::string& name) {
  if (name.size() < 2 || name.size() > 3 || name[0] != '$') return -1;
  int number = 0;
  for (const char c : name.substr(1)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::string WithNames(const Function& function, std::string text) {
  for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    const int number = NumberOf(text.substr(at, end - at));
    if (number < 0 || number >= static_cast<int>(function.parameters.size())) continue;
    text.replace(at, end - at, function.parameters[static_cast<std::size_t>(number)].name);
  }
  return text;
}

int Target::Parameter(const Text& name, bool allow_result) const {
  if (allow_result && name.text == "result") return kResult;
  const std::string bound = WithNames(function, name.text);
  const auto found = std::ranges::find(function.parameters, bound, &model::Parameter::name);
  if (found != function.parameters.end())
    return static_cast<int>(found - function.parameters.begin());
  context.diagnostics.Report(diag::kUnknownParameter, name.span, function.name, name.text)
      .With(diag::DidYouMean(name.text, NamesOf(function.parameters, &model::Parameter::name)));
  return kNoParameter;
}

void Target::NeedHandle(const Text& operand, int parameter) const {
  context.afterwards.emplace_back([&context = context, &function = function, operand, parameter,
                                   type = TypeOf(parameter).name] {
    if (function.state == model::FunctionState::kUnsupported) return;
    const model::ShapePtr& shape =
        parameter == kResult ? function.return_shape
                             : function.parameters[static_cast<std::size_t>(parameter)].shape;
    if (!IsHandle(shape) && !(shape && IsHandle(shape->element)))
      context.diagnostics.Report(diag::kNotAHandle, operand.span, operand.text, type);
  });
}

void Target::NeedNewHandle(const Node& node, int parameter) const {
  if (parameter == kNoParameter) return;
  context.afterwards.emplace_back(
      [&context = context, &function = function, &node, parameter, type = TypeOf(parameter).name] {
        if (function.state == model::FunctionState::kUnsupported) return;
        const model::ShapePtr& element =
            function.parameters[static_cast<std::size_t>(parameter)].shape->element;
        const bool is_new = element && element->kind == model::ShapeKind::kHandle &&
                            element->use == model::HandleUse::kNew;
        if (!is_new)
          context.diagnostics.Report(diag::kExpressionType, node.operands[0].span, node.word(),
                                     "an output that is a new event", type);
      });
}

const header::Type& Target::TypeOf(int parameter) const {
  if (parameter == kResult) return *declared.result;
  return *declared.parameters[static_cast<std::size_t>(parameter)].type;
}

model::Expr Target::ExprOf(const Text& operand) const {
  model::Expr expr = sema::ExprOf(context, operand);
  expr.text = WithNames(function, expr.text);
  return expr;
}

void ApplyFunction(Target& target, const std::vector<Node>& statements) {
  target.function.provenance = std::max(target.function.provenance, target.provenance);
  CheckGivenOnce(target.context, statements, {"async", "sync", "async_if", "sync_if"});
  CheckGivenOnce(target.context, statements, {"async", "proven"});
  CheckGivenOnce(target.context, statements, {"sync", "proven"});
  CheckGivenOnce(target.context, statements, {"local", "internal", "unsupported"});
  for (const char* word :
       {"blocking", "success", "coalesce", "completes", "shared", "return_value"}) {
    CheckGivenOnce(target.context, statements, {word});
  }
  for (const Node& node : statements) {
    if (node.kind == syntax::NodeKind::kIf) {
      If(target, node, "");
    } else if (CheckStatement(target.context, node, syntax::Place::kFunction)) {
      Statements().at(node.word())(target, node);
    }
  }
}

}  // namespace lapis::sema
