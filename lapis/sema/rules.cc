// SPDX-License-Identifier: Apache-2.0

// Rules and entries: which functions they speak of.

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "lapis/sema/apply.h"
#include "lapis/sema/passes.h"
#include "lapis/sema/statement.h"

namespace lapis::sema {
namespace {

using model::Function;
using syntax::Node;
using syntax::NodeKind;
using syntax::Text;

const header::Function& DeclarationOf(const Context& context, const Function& function) {
  return *context.header.FindFunction(function.name);
}

bool HasParameter(const Function& function, const std::string& name) {
  return std::ranges::find(function.parameters, name, &model::Parameter::name) !=
         function.parameters.end();
}

// All that a block's operands and code name.
void CollectNames(const std::vector<Node>& nodes, std::set<std::string>& names) {
  for (const Node& node : nodes) {
    for (const Text& operand : node.operands) CollectIdentifiers(operand.text, names);
    if (node.kind == NodeKind::kStatement && node.code) CollectIdentifiers(node.code->text, names);
    // Rows are chosen one by one, and what a callback's argument blocks name are the callback's
    // parameters.
    if (node.kind == NodeKind::kStatement && (node.word() == "callback" || node.word() == "values"))
      continue;
    CollectNames(node.children, names);
    CollectNames(node.otherwise, names);
  }
}

// A rule speaks of the functions that have every parameter which it names. What is a parameter and
// not something else of the header is told by the other functions that it matches.
class FunctionRule {
 public:
  FunctionRule(Context& context, const Node& node) : context_(context), node_(node) {}

  void Apply() {
    const auto pattern = PatternOf(context_, *node_.pattern);
    if (!pattern) return;
    std::vector<Function*> matching;
    for (Function& function : context_.api.functions) {
      if (std::regex_match(function.name, *pattern)) matching.push_back(&function);
    }
    const std::set<std::string> needed = NeededParameters(matching);
    bool applied = false;
    for (Function* function : matching) {
      const bool fits = std::ranges::all_of(
          needed, [&](const std::string& name) { return HasParameter(*function, name); });
      if (!fits || highest_number_ >= static_cast<int>(function->parameters.size())) continue;
      Target target{context_, DeclarationOf(context_, *function), *function,
                    model::Provenance::kRule, Foreign(matching, *function)};
      ApplyFunction(target, node_.children);
      applied = true;
    }
    if (!applied) context_.diagnostics.Report(diag::kRuleMatchesNothing, node_.span);
  }

 private:
  std::set<std::string> NeededParameters(const std::vector<Function*>& matching) {
    std::set<std::string> names;
    CollectNames(node_.children, names);
    std::set<std::string> needed;
    for (const std::string& name : names) {
      highest_number_ = std::max(highest_number_, NumberOf(name));
      const bool is_parameter =
          std::ranges::any_of(matching, [&](const Function* f) { return HasParameter(*f, name); });
      if (is_parameter) needed.insert(name);
    }
    return needed;
  }

  static std::set<std::string> Foreign(const std::vector<Function*>& matching,
                                       const Function& function) {
    std::set<std::string> names;
    for (const Function* other : matching) {
      for (const model::Parameter& parameter : other->parameters) names.insert(parameter.name);
    }
    for (const model::Parameter& parameter : function.parameters) names.erase(parameter.name);
    return names;
  }

  Context& context_;
  const Node& node_;
  int highest_number_ = -1;  // of the parameters that it names by number
};

std::string WithoutConstAndBlanks(const std::string& type) {
  std::string text = type;
  for (std::size_t at = text.find("const "); at != std::string::npos; at = text.find("const "))
    text.erase(at, 6);
  std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
  return text;
}

std::string TypeOfParameterRule(const Node& node) {
  std::string type;
  for (std::size_t i = 2; i < node.words.size(); ++i) type += node.words[i].text + ' ';
  return WithoutConstAndBlanks(type);
}

// rule param TYPE /re/ { … }: const does not matter, nor do blanks.
void ParameterRule(Context& context, const Node& node) {
  const auto pattern = PatternOf(context, *node.pattern);
  if (!pattern) return;
  const std::string wanted = TypeOfParameterRule(node);
  bool applied = false;
  for (Function& function : context.api.functions) {
    if (function.state == model::FunctionState::kUnsupported) continue;
    Target target{context, DeclarationOf(context, function), function, model::Provenance::kRule};
    for (std::size_t i = 0; i < function.parameters.size(); ++i) {
      model::Parameter& parameter = function.parameters[i];
      if (!wanted.empty() && WithoutConstAndBlanks(parameter.type) != wanted) continue;
      if (!std::regex_match(parameter.name, *pattern)) continue;
      ApplyValue(target, {parameter.name, &target.TypeOf(static_cast<int>(i)), nullptr},
                 parameter.shape, node.children);
      function.provenance = std::max(function.provenance, model::Provenance::kRule);
      applied = true;
    }
  }
  if (!applied) context.diagnostics.Report(diag::kRuleMatchesNothing, node.span);
}

void Rule(Context& context, const Node& node) {
  const std::string kind = node.words.size() > 1 ? node.words[1].text : "";
  if (!CheckStatement(context, node, syntax::Place::kFile)) return;
  if (!node.pattern) {
    context.diagnostics.Report(diag::kExpected, node.span, "a /pattern/ after 'rule'");
  } else if (kind == "param") {
    ParameterRule(context, node);
  } else if (kind == "type" && node.words.size() == 2) {
    return;  // ReadApi has done it.
  } else if (node.words.size() == 1) {
    FunctionRule(context, node).Apply();
  } else {
    context.diagnostics.Report(diag::kExpected, node.words[1].span,
                               "'param', 'type' or a /pattern/ after 'rule'");
  }
}

bool IsEntry(const Node& node) {
  if (node.kind != NodeKind::kStatement) return false;
  return node.is_list || !syntax::FindKeyword(syntax::Place::kFile, node.word());
}

std::string Blankless(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
  return text;
}

// An entry may repeat the prototype; then it has to be the header's.
bool CheckPrototype(Context& context, const Node& node, const header::Function& declared) {
  const bool is_void = node.operands.size() == 1 && node.operands[0].text == "void";
  const std::size_t count = is_void ? 0 : node.operands.size();
  const auto parameters = [](std::size_t n) {
    return std::to_string(n) + (n == 1 ? " parameter" : " parameters");
  };
  if (count != declared.parameters.size()) {
    context.diagnostics
        .Report(diag::kPrototypeCount, node.span, declared.name,
                parameters(declared.parameters.size()), parameters(count))
        .At(PlaceOf(declared.where), "declared here");
    return false;
  }
  bool is_same = true;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [name, type] = declared.parameters[i];
    const std::string& text = node.operands[i].text;
    std::string type_text = text;
    const std::size_t at = text.rfind(name);
    if (at == std::string::npos || at + name.size() != text.size()) {
      // A name of its own choice would be one more thing to get wrong; function pointers have
      // theirs inside.
      if (type->IsCallback()) continue;
    } else {
      type_text = text.substr(0, at);
    }
    if (Blankless(type_text) == Blankless(type->name) ||
        Blankless(type_text) == Blankless(type->canonical))
      continue;
    context.diagnostics
        .Report(diag::kPrototypeType, node.operands[i].span, "parameter '" + name + "'",
                declared.name, type->name + " " + name, text)
        .At(PlaceOf(declared.where), "declared here");
    is_same = false;
  }
  return is_same;
}

void ReportUnknownFunction(Context& context, const Text& name) {
  std::vector<std::string> names = NamesOf(context.api.functions, &Function::name);
  if (context.header.FindFunction(name.text)) {
    context.diagnostics.Report(diag::kNotExported, name.span, name.text);
    return;
  }
  for (const std::string& word : syntax::Keywords(syntax::Place::kFile)) names.push_back(word);
  context.diagnostics.Report(diag::kUnknownFunction, name.span, name.text)
      .With(diag::DidYouMean(name.text, names));
}

void Entry(Context& context, const Node& node) {
  // With a prototype the name is the last word: `cl_int clFinish(cl_command_queue queue)`.
  const std::size_t first = node.is_list ? 0 : node.words.size() - 1;
  if (!node.has_block && syntax::IsPlanned(node.word())) {
    context.diagnostics.Report(diag::kNotImplemented, node.words.front().span,
                               "'" + node.word() + "'");
    return;
  }
  const auto* keyword = syntax::FindKeyword(syntax::Place::kFile, node.word());
  if (!node.has_block && keyword != nullptr) {  // word one, two;
    context.diagnostics.Report(diag::kOperandCount, node.span, node.word(),
                               std::string(keyword->takes));
    return;
  }
  if (!node.has_block) {
    context.diagnostics
        .Report(diag::kUnknownStatement, node.words.front().span, node.word(),
                std::string(PlaceName(syntax::Place::kFile)))
        .With(diag::DidYouMean(node.word(), syntax::Keywords(syntax::Place::kFile)));
    return;
  }
  for (std::size_t i = first; i < node.words.size(); ++i) {
    const Text& name = node.words[i];
    const auto function = std::ranges::find(context.api.functions, name.text, &Function::name);
    if (function == context.api.functions.end()) {
      ReportUnknownFunction(context, name);
      continue;
    }
    const header::Function& declared = DeclarationOf(context, *function);
    if (node.has_operands && !CheckPrototype(context, node, declared)) continue;
    Target target{context, declared, *function, model::Provenance::kWritten};
    function->where = context.WhereOf(node.span);
    ApplyFunction(target, node.children);
  }
}

}  // namespace

void ApplyRules(Context& context) {
  for (const Node& node : context.nodes) {
    if (node.kind == NodeKind::kStatement && node.word() == "rule" && !node.is_list)
      Rule(context, node);
  }
}

void ApplyEntries(Context& context) {
  for (const Node& node : context.nodes) {
    if (IsEntry(node)) Entry(context, node);
  }
}

}  // namespace lapis::sema
