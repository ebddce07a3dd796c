// SPDX-License-Identifier: Apache-2.0

#include "lapis/sema/context.h"
#include "lapis/sema/passes.h"

namespace lapis::sema {
namespace {

using syntax::Node;
using syntax::NodeKind;
using syntax::Text;

void Add(Context& context, const std::string& text, const source::Span& span) {
  context.environment.preamble.push_back({text, context.WhereOf(span)});
  context.api.preamble.push_back(text);
}

// `table size_t Bytes(cl_channel_type) { CL_FLOAT, CL_SIGNED_INT32: 4; otherwise: 1; }` is a
// function. Each row stands at its own place, so that clang names the row that it dislikes.
class Table {
 public:
  Table(Context& context, const Node& node) : context_(context), node_(node) {}

  void Write() {
    if (node_.words.size() < 3 || node_.operands.size() != 1 || !node_.has_block) {
      context_.diagnostics.Report(diag::kExpected, node_.span,
                                  "'table type name(type) { CONSTANT: value; }'");
      return;
    }
    std::string head = "constexpr ";
    for (std::size_t i = 1; i < node_.words.size(); ++i) head += node_.words[i].text + ' ';
    Add(context_, head + "(" + node_.operands[0].text + " ava_value) { switch (ava_value) {",
        node_.span);
    std::string otherwise = "{}";
    for (const Node& row : node_.children) WriteRow(row, otherwise);
    Add(context_, "default: return " + otherwise + "; } }", node_.span);
  }

 private:
  void WriteRow(const Node& row, std::string& otherwise) {
    if (row.kind != NodeKind::kRow || row.children.size() != 1 || row.children[0].has_operands) {
      context_.diagnostics.Report(diag::kExpected, row.span, "a row 'CONSTANT: value;'");
      return;
    }
    const std::string& value = row.children[0].word();
    if (row.words.size() == 1 && row.word() == "otherwise") {
      otherwise = value;
      return;
    }
    std::string text;
    for (const Text& constant : row.words) text += "case " + constant.text + ": ";
    Add(context_, text + "return " + value + ";", row.span);
  }

  Context& context_;
  const Node& node_;
};

bool IsTable(const Node& node) {
  return node.kind == NodeKind::kStatement && node.word() == "table" && !node.is_list;
}

}  // namespace

void CollectPreamble(Context& context) {
  for (const Node& node : context.nodes) {
    if (node.kind == NodeKind::kPreprocessor || node.kind == NodeKind::kDeclaration)
      Add(context, node.code->text, node.code->span);
    if (IsTable(node)) Table(context, node).Write();
  }
}

}  // namespace lapis::sema
