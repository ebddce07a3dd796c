// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a Lapis file looks like before anybody asks what it means: one kind of node for everything.
//
//     words ( operands ) /pattern/ { children }     async;   argument(ptr) { in; }   rule /cl.*/ {
//     sync; } name, name { children }                       clA, clB { async; } word word { code }
//     guest before { return 0; } if (operand) { children } else { otherwise } name, name: child,
//     child;                     CL_X, CL_Y: cl_device_id, cached;     a row of a table #include
//     <CL/cl.h>                            verbatim struct s { int a; }; C, verbatim

#include <optional>
#include <string>
#include <vector>

#include "lapis/source/source.h"

namespace lapis::syntax {

// Text of the file, trimmed, comments included.
struct Text {
  std::string text;
  source::Span span;
};

enum class NodeKind { kStatement, kIf, kRow, kPreprocessor, kDeclaration };

struct Node {
  NodeKind kind = NodeKind::kStatement;
  std::vector<Text> words;  // canonical keywords; of kRow and of lists of functions: the names
  bool is_list = false;     // the words stood with commas between them
  std::optional<Text> pattern;
  bool has_operands = false;
  std::vector<Text> operands;
  bool has_block = false;
  std::vector<Node> children;
  std::vector<Node> otherwise;
  std::optional<Text> code;  // of a block of C++; of kPreprocessor and kDeclaration the whole text
  source::Span span;         // the head

  const std::string& word() const { return words.front().text; }
};

}  // namespace lapis::syntax
