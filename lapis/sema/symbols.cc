// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>

#include "lapis/sema/infer.h"
#include "lapis/sema/passes.h"
#include "lapis/sema/statement.h"

namespace lapis::sema {
namespace {

using syntax::Node;
using syntax::NodeKind;
using syntax::Text;

// Version node of each exported function. A name wins over a pattern, a later statement over an
// earlier one.
class Exports {
 public:
  explicit Exports(Context& context) : context_(context) {}

  void Read(const Node& node) {
    if (IsPattern(node.operands[0])) return ReadMarks(node);
    if (!CheckNode(node.operands[0])) return;
    const std::string& version = node.operands[0].text;
    AddNode(version);
    for (std::size_t i = 1; i < node.operands.size(); ++i) {
      const Text& operand = node.operands[i];
      if (IsPattern(operand)) {
        ReadPattern(WithoutSlashes(operand), version);
      } else {
        ReadName(operand, version);
      }
    }
  }

  // addresses(clGetExtensionFunctionAddress, ...)
  void ReadAddresses(const Node& node) {
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      if (!CheckName(node.operands[i]) || i == 0) continue;
      finder_[node.operands[i].text] = node.operands[0].text;
    }
  }

  // The function by which a program finds this one; empty: by its symbol.
  std::string FinderOf(const std::string& function) const {
    const auto found = finder_.find(function);
    return found == finder_.end() ? "" : found->second;
  }

  const std::string* VersionOf(const std::string& function) const {
    if (const auto named = by_name_.find(function); named != by_name_.end()) return &named->second;
    const auto found = by_pattern_.find(function);
    return found == by_pattern_.end() ? nullptr : &found->second;
  }

 private:
  // The name goes into the linker's version script as it is.
  bool CheckNode(const Text& version) {
    const bool is_name =
        !version.text.empty() && std::ranges::all_of(version.text, [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '_' || c == '.';
        });
    if (!is_name) {
      context_.diagnostics.Report(diag::kExpected, version.span,
                                  "a version node of letters, digits, '_' and '.'");
    }
    return is_name;
  }

  void AddNode(const std::string& version) {
    auto& nodes = context_.api.symbol_nodes;
    if (std::ranges::find(nodes, version) == nodes.end()) nodes.push_back(version);
  }

  // symbols(/mark_(\d)/, NODE_$1, names…): each function says itself in its declaration. All of the
  // first header that have such a mark, and of the others those that are named.
  void ReadMarks(const Node& node) {
    const Text mark = WithoutSlashes(node.operands[0]);
    const auto pattern = PatternOf(context_, mark);
    if (!pattern) return;
    const std::string& version = node.operands[1].text;
    std::map<std::string, std::string> marked;
    std::set<std::string> nodes;
    for (const header::Function& function : context_.header.functions) {
      std::smatch match;
      const bool has_mark = std::ranges::any_of(function.words, [&](const std::string& word) {
        return std::regex_match(word, match, *pattern);
      });
      if (has_mark) marked[function.name] = match.format(version);
      if (has_mark && function.is_primary) {
        by_pattern_[function.name] = marked[function.name];
        nodes.insert(marked[function.name]);
      }
    }
    if (marked.empty())
      context_.diagnostics.Report(diag::kNoMark, mark.span, mark.text, "any header");
    for (std::size_t i = 2; i < node.operands.size(); ++i) {
      const Text& name = node.operands[i];
      const auto found = marked.find(name.text);
      if (found != marked.end()) {
        by_name_[name.text] = found->second;
        nodes.insert(found->second);
      } else if (CheckName(name)) {
        context_.diagnostics.Report(diag::kNoMark, name.span, mark.text,
                                    "the declaration of '" + name.text + "'");
      }
    }
    for (const std::string& each : nodes) AddNode(each);
  }

  void ReadPattern(const Text& text, const std::string& version) {
    const auto pattern = PatternOf(context_, text);
    if (!pattern) return;
    bool matched = false;
    for (const header::Function& function : context_.header.functions) {
      if (!function.is_primary || !std::regex_match(function.name, *pattern)) continue;
      by_pattern_[function.name] = version;
      matched = true;
    }
    if (!matched) context_.diagnostics.Report(diag::kPatternMatchesNothing, text.span, text.text);
  }

  void ReadName(const Text& name, const std::string& version) {
    if (CheckName(name)) by_name_[name.text] = version;
  }

  bool CheckName(const Text& name) {
    if (context_.header.FindFunction(name.text)) return true;
    const std::vector<std::string> names =
        NamesOf(context_.header.functions, &header::Function::name);
    context_.diagnostics.Report(diag::kUnknownFunction, name.span, name.text)
        .With(diag::DidYouMean(name.text, names));
    return false;
  }

  Context& context_;
  std::map<std::string, std::string> by_name_;
  std::map<std::string, std::string> by_pattern_;
  std::map<std::string, std::string> finder_;
};

bool IsInternal(const Context& context, const std::string& function) {
  return std::ranges::any_of(context.nodes, [&](const Node& node) {
    const bool names_it = node.kind == NodeKind::kStatement &&
                          std::ranges::find(node.words, function, &Text::text) != node.words.end();
    return names_it && std::ranges::any_of(node.children, [](const Node& child) {
             return child.kind == NodeKind::kStatement && child.word() == "internal";
           });
  });
}

}  // namespace

void SelectFunctions(Context& context) {
  Exports exports(context);
  for (const Node& node : context.nodes) {
    if (node.kind != NodeKind::kStatement || node.is_list) continue;
    if (node.word() != "symbols" && node.word() != "addresses") continue;
    if (!CheckStatement(context, node, syntax::Place::kFile)) continue;
    node.word() == "symbols" ? exports.Read(node) : exports.ReadAddresses(node);
  }
  std::vector<model::Function> internals;
  for (const header::Function& declared : context.header.functions) {
    const std::string finder = exports.FinderOf(declared.name);
    const std::string* version = finder.empty() ? exports.VersionOf(declared.name) : nullptr;
    if (!version && finder.empty() && !IsInternal(context, declared.name)) {
      if (declared.is_primary) context.api.missing.push_back(declared.name);
      continue;
    }
    model::Function function;
    Infer(context.header, declared, context.api, function);
    function.exported = version != nullptr;
    function.symbol_version = version ? *version : "";
    function.found_by = finder;
    (version || !finder.empty() ? context.api.functions : internals).push_back(std::move(function));
  }
  for (model::Function& function : internals) context.api.functions.push_back(std::move(function));
  int id = 0;
  for (model::Function& function : context.api.functions) function.id = id++;
}

}  // namespace lapis::sema
