// SPDX-License-Identifier: Apache-2.0

#include "lapis/syntax/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lapis/diag/diagnostics.h"
#include "lapis/source/source.h"

namespace lapis::syntax {
namespace {

struct Parsed {
  explicit Parsed(const std::string& text)
      : diagnostics(sources), nodes(Parse(sources, sources.Add("a.lapis", text), diagnostics)) {}

  source::Sources sources;
  diag::Diagnostics diagnostics;
  std::vector<Node> nodes;
};

std::vector<std::string> Texts(const std::vector<Text>& texts) {
  std::vector<std::string> all;
  all.reserve(texts.size());
  for (const Text& text : texts) all.push_back(text.text);
  return all;
}

using Strings = std::vector<std::string>;

TEST(Parser, ReadsAStatementWithOperands) {
  const Parsed parsed("status(cl_int, CL_SUCCESS);");
  ASSERT_EQ(parsed.nodes.size(), 1U);
  EXPECT_EQ(parsed.nodes[0].word(), "status");
  EXPECT_EQ(Texts(parsed.nodes[0].operands), (Strings{"cl_int", "CL_SUCCESS"}));
}

TEST(Parser, SplitsOperandsAtTopLevelCommasOnly) {
  const Parsed parsed("f { buffer(min(a, b) + c[d, e]); string(\"x,)\", ','); }");
  ASSERT_EQ(parsed.diagnostics.Text(), "");
  const auto& children = parsed.nodes.at(0).children;
  EXPECT_EQ(Texts(children.at(0).operands), (Strings{"min(a, b) + c[d, e]"}));
  EXPECT_EQ(Texts(children.at(1).operands), (Strings{"\"x,)\"", "','"}));
}

TEST(Parser, KnowsWhereAnOperandStands) {
  const Parsed parsed("// first\nf {\n  buffer(  size /* bytes */ );\n}");
  const Text& operand = parsed.nodes.at(0).children.at(0).operands.at(0);
  const auto [line, column] = parsed.sources.file(0).PositionOf(operand.span.begin);
  EXPECT_EQ(line, 3);
  EXPECT_EQ(column, 12);
  EXPECT_EQ(operand.text, "size /* bytes */");
}

TEST(Parser, ReadsListsOfFunctions) {
  const Parsed parsed("clA, clB { async; }");
  EXPECT_TRUE(parsed.nodes.at(0).is_list);
  EXPECT_EQ(Texts(parsed.nodes[0].words), (Strings{"clA", "clB"}));
}

TEST(Parser, ReadsPrototypes) {
  const Parsed parsed("cl_int *clA(const void *p, size_t n) { async; }");
  EXPECT_EQ(Texts(parsed.nodes.at(0).words), (Strings{"cl_int", "*", "clA"}));
  EXPECT_EQ(Texts(parsed.nodes[0].operands), (Strings{"const void *p", "size_t n"}));
}

TEST(Parser, KeepsCodeVerbatim) {
  const Parsed parsed("f { guest before { if (x) { puts(\"}\"); } /* } */ } }");
  ASSERT_EQ(parsed.diagnostics.Text(), "");
  const Node& hook = parsed.nodes.at(0).children.at(0);
  ASSERT_TRUE(hook.code);
  EXPECT_EQ(hook.code->text, " if (x) { puts(\"}\"); } /* } */ ");
}

TEST(Parser, ReadsIfElseChains) {
  const Parsed parsed("f { argument(p) { if (a) { in; } else if (b) { out; } else { ignore; } } }");
  ASSERT_EQ(parsed.diagnostics.Text(), "");
  const Node& choice = parsed.nodes.at(0).children.at(0).children.at(0);
  EXPECT_EQ(choice.kind, NodeKind::kIf);
  EXPECT_EQ(choice.operands.at(0).text, "a");
  ASSERT_EQ(choice.otherwise.size(), 1U);
  EXPECT_EQ(choice.otherwise[0].operands.at(0).text, "b");
  EXPECT_EQ(choice.otherwise[0].otherwise.at(0).word(), "ignore");
}

TEST(Parser, ReadsRows) {
  const Parsed parsed("f { values(name) { A, B: mask(1), uncached; } }");
  ASSERT_EQ(parsed.diagnostics.Text(), "");
  const Node& row = parsed.nodes.at(0).children.at(0).children.at(0);
  EXPECT_EQ(row.kind, NodeKind::kRow);
  EXPECT_EQ(Texts(row.words), (Strings{"A", "B"}));
  EXPECT_EQ(row.children.at(0).operands.at(0).text, "1");
  EXPECT_EQ(row.children.at(1).word(), "uncached");
}

TEST(Parser, ReadsPatterns) {
  const Parsed parsed(R"(rule param cl_event * /a\/(b|c)/ { in; } symbols(V, /x,y()/, z);)");
  ASSERT_EQ(parsed.diagnostics.Text(), "");
  ASSERT_TRUE(parsed.nodes.at(0).pattern);
  EXPECT_EQ(parsed.nodes[0].pattern->text, R"(a\/(b|c))");
  EXPECT_EQ(Texts(parsed.nodes.at(1).operands), (Strings{"V", "/x,y()/", "z"}));
}

TEST(Parser, PassesPreprocessorLinesAndDeclarationsOn) {
  const Parsed parsed("#define A(x) \\\n  (x)\nstruct s { int a; };\nname(\"n\");");
  ASSERT_EQ(parsed.diagnostics.Text(), "");
  EXPECT_EQ(parsed.nodes.at(0).code->text, "#define A(x) \\\n  (x)");
  EXPECT_EQ(parsed.nodes.at(1).kind, NodeKind::kDeclaration);
  EXPECT_EQ(parsed.nodes.at(1).code->text, "struct s { int a; };");
}

TEST(Parser, TakesTheSlidesSpelling) {
  const Parsed parsed(
      "ava_argument_x { ava_argument(p) { ava_input; ava_output; ava_buffer(1); } }");
  EXPECT_EQ(parsed.nodes.at(0).word(), "ava_argument_x");
  const Node& argument = parsed.nodes[0].children.at(0);
  EXPECT_EQ(argument.word(), "argument");
  EXPECT_EQ(argument.children.at(0).word(), "in");
  EXPECT_EQ(argument.children.at(1).word(), "out");
}

TEST(Parser, GoesOnAfterAnError) {
  const Parsed parsed("f { buffer(a b; in; }\ng { ) async; }\nh { sync; }");
  EXPECT_EQ(parsed.diagnostics.all().size(), 2U);
  EXPECT_EQ(parsed.nodes.back().word(), "h");
}

TEST(Parser, SurvivesWhatIsNoSpec) {
  for (const char* text : {"",      "(",        ")",
                           "{",     "}",        "/",
                           "\"",    "'",        "#",
                           ";",     "a",        "a(",
                           "a{",    "a(b",      "a{b",
                           "a{b;",  "a:",       "if",
                           "if(",   "if(a)",    "if(a){}else",
                           "a,",    ",",        "*",
                           "\\",    "/*",       "//",
                           "a/",    "a/b",      "\"\\",
                           "'\\",   "a(/b",     "f{if(a){}else b;}",
                           "x{y:z", "\xff\xfe", "f{(((((((((((}"}) {
    const Parsed parsed(text);
    SUCCEED() << text;
  }
  const Parsed deep(std::string(100000, '{'));
  EXPECT_TRUE(deep.diagnostics.has_errors());
  const Parsed brackets("a(" + std::string(100000, '('));
  EXPECT_TRUE(brackets.diagnostics.has_errors());
}

}  // namespace
}  // namespace lapis::syntax
