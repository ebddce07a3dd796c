// SPDX-License-Identifier: Apache-2.0

#include "lapis/sema/statement.h"

#include <utility>

namespace lapis::sema {
namespace {

using syntax::Block;
using syntax::Keyword;
using syntax::Node;
using syntax::Text;

bool HasSideWord(const Node& node) {
  return node.words.size() == 2 && (node.word() == "guest" || node.word() == "server") && node.code;
}

}  // namespace

std::vector<Text> OperandsOf(const Node& node) {
  if (node.has_operands || node.words.size() < 2) return node.operands;
  return {node.words.begin() + 1, node.words.end()};
}

bool CheckStatement(Context& context, const Node& node, syntax::Place place) {
  diag::Diagnostics& diagnostics = context.diagnostics;
  const Keyword* keyword = syntax::FindKeyword(place, node.word());
  if (!keyword && syntax::IsPlanned(node.word())) {
    diagnostics.Report(diag::kNotImplemented, node.words.front().span, "'" + node.word() + "'");
    return false;
  }
  if (!keyword) {
    diagnostics
        .Report(diag::kUnknownStatement, node.words.front().span, node.word(),
                std::string(PlaceName(place)))
        .With(diag::DidYouMean(node.word(), syntax::Keywords(place)));
    return false;
  }
  const bool is_rule = place == syntax::Place::kFile && node.word() == "rule";
  const auto count = static_cast<int>(is_rule || HasSideWord(node) ? 0 : OperandsOf(node).size());
  const bool has_excess_words = node.has_operands && node.words.size() > 1;
  if (count < keyword->operands_min || count > keyword->operands_max || has_excess_words) {
    diagnostics.Report(diag::kOperandCount, node.span, node.word(), std::string(keyword->takes));
    return false;
  }
  if (keyword->block == Block::kNeeded && !node.has_block) {
    diagnostics.Report(diag::kNeedsBlock, node.span, node.word());
    return false;
  }
  if (keyword->block == Block::kNone && node.has_block) {
    diagnostics.Report(diag::kNoBlock, node.span, node.word());
    return false;
  }
  return true;
}

std::optional<std::string> StringOf(Context& context, const Node& node, const Text& operand) {
  const std::string& text = operand.text;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  context.diagnostics.Report(diag::kNotString, operand.span, node.word());
  return std::nullopt;
}

std::optional<std::regex> PatternOf(Context& context, const Text& pattern) {
  try {
    return std::regex(pattern.text);
  } catch (const std::regex_error& error) {
    context.diagnostics.Report(diag::kBadPattern, pattern.span, pattern.text, error.what());
    return std::nullopt;
  }
}

bool IsPattern(const Text& operand) {
  return operand.text.size() >= 2 && operand.text.front() == '/' && operand.text.back() == '/';
}

Text WithoutSlashes(const Text& operand) {
  return {operand.text.substr(1, operand.text.size() - 2), operand.span};
}

model::Expr ExprOf(const Context& context, const Text& operand) {
  model::Expr expr;
  expr.text = operand.text;
  expr.where = context.WhereOf(operand.span);
  return expr;
}

}  // namespace lapis::sema
