// SPDX-License-Identifier: Apache-2.0

#include "lapis/syntax/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "lapis/syntax/keywords.h"
#include "lapis/syntax/scanner.h"

namespace lapis::syntax {
namespace {

constexpr int kDepthMax = 64;  // of blocks in blocks

bool OneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

class Parser {
 public:
  Parser(const source::Sources& sources, int file, diag::Diagnostics& diagnostics)
      : scan_(sources, file, diagnostics), diagnostics_(diagnostics) {}

  std::vector<Node> File() {
    std::vector<Node> nodes;
    while (true) {
      Nodes(nodes);
      if (scan_.AtEnd()) return nodes;
      diagnostics_.Report(diag::kStrayCharacter, scan_.Here(), "}");
      scan_.Accept('}');
    }
  }

 private:
  // Nodes up to the end or a '}'.
  void Nodes(std::vector<Node>& nodes) {
    for (scan_.SkipBlanks(); !scan_.AtEnd() && !scan_.At('}'); scan_.SkipBlanks()) {
      if (scan_.Accept(';')) continue;
      Node node;
      const std::uint32_t begin = scan_.position();
      if (ParseNode(node)) {
        nodes.push_back(std::move(node));
      } else {
        if (scan_.position() == begin) scan_.set_position(begin + 1);
        scan_.Recover();
      }
    }
  }

  bool ParseNode(Node& node) {
    const std::uint32_t begin = scan_.position();
    if (scan_.At('#') && scan_.AtLineStart()) return Preprocessor(node);
    if (!Head(node)) return false;
    node.span = scan_.SpanFrom(begin);
    if (depth_ == 0 &&
        OneOf(node.word(), {"struct", "union", "enum", "typedef", "static", "inline"})) {
      return Declaration(node, begin);
    }
    if (node.word() == "contextual_argument") return scan_.Until(';', ';') && scan_.Accept(';');
    if (node.word() == "if" && node.words.size() == 1) return If(node);
    if (scan_.Accept(':')) return Row(node);
    return Rest(node);
  }

  bool Preprocessor(Node& node) {
    node.kind = NodeKind::kPreprocessor;
    node.code = scan_.Line();
    node.span = node.code->span;
    return true;
  }

  // C up to its ';'.
  bool Declaration(Node& node, std::uint32_t begin) {
    node.kind = NodeKind::kDeclaration;
    scan_.set_position(begin);
    if (!scan_.Until(';', ';')) return false;
    node.code = scan_.Slice(begin, scan_.position() + 1);
    return scan_.Accept(';');
  }

  // Words, `*`, strings; a list has commas between.
  bool Head(Node& node) {
    for (scan_.SkipBlanks(); true; scan_.SkipBlanks()) {
      if (scan_.AtWord()) {
        Text word = scan_.Word();
        word.text = Canonical(word.text);
        node.words.push_back(std::move(word));
      } else if (scan_.At('"')) {
        node.words.push_back(*scan_.String());
      } else if (scan_.At('*')) {
        const std::uint32_t begin = scan_.position();
        scan_.Accept('*');
        node.words.push_back(scan_.Slice(begin, scan_.position()));
      } else if (scan_.At(',') && !node.words.empty()) {
        node.is_list = scan_.Accept(',');
      } else {
        break;
      }
    }
    if (!node.words.empty()) return true;
    if (scan_.AtEnd()) {
      diagnostics_.Report(diag::kExpected, scan_.Here(), "a statement");
    } else {
      diagnostics_.Report(diag::kStrayCharacter, scan_.Here(), std::string(1, scan_.Peek()));
    }
    return false;
  }

  // What follows the words: a pattern, operands, a block or ';'.
  bool Rest(Node& node) {
    if (scan_.At('/')) {
      node.pattern = scan_.Pattern();
      if (!node.pattern) return false;
    }
    if (!Operands(node)) return false;
    scan_.SkipBlanks();
    if (scan_.At('{')) return Block(node);
    if (scan_.Accept(';')) return true;
    diagnostics_.Report(diag::kExpected, scan_.Here(),
                        "';' or '{' after '" + node.words.back().text + "'");
    return false;
  }

  bool Operands(Node& node) {
    if (!scan_.Accept('(')) return true;
    node.has_operands = true;
    scan_.SkipBlanks();
    if (scan_.Accept(')')) return true;
    do {
      scan_.SkipBlanks();
      std::optional<Text> operand;
      if (scan_.At('/')) {
        operand = scan_.Pattern();
        if (operand) operand->text = '/' + operand->text + '/';
        scan_.SkipBlanks();
      } else {
        operand = scan_.Until(',', ')');
      }
      if (!operand) return false;
      if (operand->text.empty()) {
        diagnostics_.Report(diag::kEmptyOperand, scan_.Here(), node.word());
        return false;
      }
      node.operands.push_back(std::move(*operand));
    } while (scan_.Accept(','));
    if (scan_.Accept(')')) return true;
    diagnostics_.Report(diag::kExpected, scan_.Here(), "',' or ')'");
    return false;
  }

  // Blocks of these hold C++.
  bool IsCode(const Node& node) const {
    const std::string& last = node.words.back().text;
    if (node.words.size() == 2)
      return OneOf(node.word(), {"guest", "server"}) && OneOf(last, {"before", "after", "lost"});
    if (node.words.size() != 1) return false;
    if (depth_ == 0) return OneOf(last, {"guest", "server", "both", "metadata"});
    return OneOf(last, {"before", "after"});
  }

  bool Block(Node& node) {
    node.has_block = true;
    if (IsCode(node)) {
      node.code = scan_.Braced();
      return node.code.has_value();
    }
    return Braces(node.children);
  }

  bool Braces(std::vector<Node>& nodes) {
    scan_.SkipBlanks();
    const source::Span open = scan_.Here();
    if (!scan_.At('{')) {
      diagnostics_.Report(diag::kExpected, open, "'{'");
      return false;
    }
    if (!Deeper(open)) return scan_.Braced().has_value();
    scan_.Accept('{');
    Nodes(nodes);
    --depth_;
    if (scan_.Accept('}')) return true;
    diagnostics_.Report(diag::kUnterminated, open, "'{'");
    return false;
  }

  // One level of blocks or of else-if further; its end is for the caller to say: --depth_.
  bool Deeper(source::Span here) {
    if (++depth_ <= kDepthMax) return true;
    --depth_;
    diagnostics_.Report(diag::kTooDeep, here, std::to_string(kDepthMax));
    return false;
  }

  bool If(Node& node) {
    node.kind = NodeKind::kIf;
    if (!Operands(node)) return false;
    if (node.operands.size() != 1) {
      diagnostics_.Report(diag::kOperandCount, node.span, "if", "one condition in parentheses");
      return false;
    }
    node.has_block = true;
    if (!Braces(node.children)) return false;
    const std::uint32_t after = scan_.position();
    scan_.SkipBlanks();
    if (!scan_.AtWord() || scan_.Word().text != "else") {
      scan_.set_position(after);
      return true;
    }
    scan_.SkipBlanks();
    if (scan_.At('{')) return Braces(node.otherwise);
    Node nested;
    const source::Span here = scan_.Here();
    if (!Deeper(here)) return false;
    const bool is_parsed = ParseNode(nested);
    --depth_;
    if (!is_parsed) return false;
    if (nested.kind != NodeKind::kIf) {
      diagnostics_.Report(diag::kExpected, here, "'{' or 'if' after 'else'");
      return false;
    }
    node.otherwise.push_back(std::move(nested));
    return true;
  }

  // An attribute of a row, or the value that a table gives.
  std::optional<Text> RowWord() {
    if (scan_.At(',') || scan_.At(';') || scan_.At('}') || scan_.AtEnd()) {
      diagnostics_.Report(diag::kExpected, scan_.Here(), "what the row says");
      return std::nullopt;
    }
    if (!scan_.AtWord()) return scan_.Until(',', ';');
    Text word = scan_.Word();
    word.text = Canonical(word.text);
    return word;
  }

  bool Row(Node& node) {
    node.kind = NodeKind::kRow;
    do {
      Node attribute;
      scan_.SkipBlanks();
      const std::uint32_t begin = scan_.position();
      if (std::optional<Text> word = RowWord()) {
        attribute.words.push_back(std::move(*word));
      } else {
        return false;
      }
      if (!Operands(attribute)) return false;
      attribute.span = scan_.SpanFrom(begin);
      node.children.push_back(std::move(attribute));
    } while (scan_.Accept(','));
    if (scan_.Accept(';')) return true;
    diagnostics_.Report(diag::kExpected, scan_.Here(), "',' or ';'");
    return false;
  }

  Scanner scan_;
  diag::Diagnostics& diagnostics_;
  int depth_ = 0;
};

}  // namespace

std::vector<Node> Parse(const source::Sources& sources, int file, diag::Diagnostics& diagnostics) {
  return Parser(sources, file, diagnostics).File();
}

}  // namespace lapis::syntax
