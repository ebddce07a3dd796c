// SPDX-License-Identifier: Apache-2.0

// What specs mean: from text to model. Inference over a whole API is pinned in
// tests/golden/inference.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lapis/diag/catalog.h"
#include "lapis/driver/testing.h"
#include "lapis/model/brief.h"
#include "lapis/model/model.h"

namespace lapis::sema {
namespace {

using driver::testing::Compile;
using driver::testing::MustCompile;
using driver::testing::MustFail;
using model::ShapeKind;

const std::string kHeader = R"(
#include <stddef.h>
typedef struct queue_object *queue;
typedef struct event_object *event;
typedef struct buffer_object *buffer;
#define BAD 7
extern "C" {
int f(queue q, size_t size, const void *data, event *done);
int g(queue q, unsigned num_events, const event *events, event *done);
int h(buffer b, size_t size, void *data);
int fx(int x);
})";

const model::Function& Function(const driver::Compilation& compilation, const std::string& name) {
  const model::Function* function = compilation.api().FindFunction(name);
  EXPECT_NE(function, nullptr) << name;
  static const model::Function kNone;
  return function ? *function : kNone;
}

TEST(Inference, ReadsHandlesCountsAndOutputs) {
  const auto compiled = MustCompile("", kHeader);
  EXPECT_EQ(Brief(Function(*compiled, "g")),
            "g(q: queue, num_events: unsigned int, events: in event[num_events], done: out new "
            "event[1]) -> int");
}

TEST(Inference, NeverCountsAnOutputWithTheCountOfAnInput) {
  const auto compiled = MustCompile("", kHeader);
  const model::Function& g = Function(*compiled, "g");
  EXPECT_EQ(g.parameters.at(3).shape->count->text, "1");
}

TEST(Rules, MatchWholeNames) {
  const auto compiled = MustCompile("rule /f/ { async; }", kHeader);
  EXPECT_TRUE(Function(*compiled, "f").async);
  EXPECT_FALSE(Function(*compiled, "fx").async);
}

TEST(Rules, ApplyToFunctionsThatHaveAllNamedParameters) {
  const auto compiled = MustCompile("rule /.*/ { completes(done); delivers; }", kHeader);
  EXPECT_EQ(Function(*compiled, "f").completes, 3);
  EXPECT_FALSE(Function(*compiled, "h").delivers);
}

TEST(Rules, NameTheFirstParameter) {
  const auto compiled =
      MustCompile("rule /[fgh]/ { retains($0); require($0 != nullptr, BAD); }", kHeader);
  EXPECT_EQ(Function(*compiled, "h").retains, std::vector<int>{0});
  EXPECT_EQ(Function(*compiled, "h").requires_.at(0).condition.text, "b != nullptr");
}

TEST(Rules, MatchParametersByTypeAndName) {
  const auto compiled =
      MustCompile("rule param event* /ev.*/ { element { invalid(BAD); } }", kHeader);
  EXPECT_EQ(Function(*compiled, "g").parameters.at(2).shape->element->invalid->text, "BAD");
  EXPECT_FALSE(Function(*compiled, "g").parameters.at(3).shape->element->invalid);
}

TEST(Rules, MatchTypes) {
  const auto compiled = MustCompile(
      "rule type /(queue|event)/ { invalid(BAD); } type(event) { invalid(8); }", kHeader);
  EXPECT_EQ(compiled->api().FindHandleType("queue")->invalid->text, "BAD");
  EXPECT_EQ(compiled->api().FindHandleType("event")->invalid->text, "8");
  EXPECT_FALSE(compiled->api().FindHandleType("buffer")->invalid);
}

TEST(Types, MayBeHandlesByDeclaration) {
  const std::string header =
      "typedef struct known { int n; } *pointer;\ntypedef struct s *other;\n"
      "typedef unsigned long number;\nextern \"C\" int g(number n);\n"
      "extern \"C\" int f(pointer p, other o, pointer *q, pointer n);";
  const auto compiled = MustCompile("type(pointer) { handle; }\ntype(other) { opaque; }", header);
  EXPECT_EQ(Brief(Function(*compiled, "f")),
            "f(p: pointer, o: other, q: out new pointer[1], n: pointer) -> int");
  EXPECT_EQ(Function(*compiled, "f").parameters.at(0).shape->kind, ShapeKind::kHandle);
  EXPECT_EQ(Function(*compiled, "f").parameters.at(1).shape->kind, ShapeKind::kOpaque);
  EXPECT_EQ(MustFail("type(pointer) { invalid(3); }", header), std::vector<int>{57});
  EXPECT_EQ(MustFail("type(number) { handle; }", header), std::vector<int>{16});
}

TEST(Rules, GiveWayToLaterOnesAndToEntries) {
  const auto compiled =
      MustCompile("f { sync; } rule /[fg]/ { async; } rule /g/ { blocking(true); }", kHeader);
  EXPECT_FALSE(Function(*compiled, "f").async);
  EXPECT_TRUE(Function(*compiled, "g").async);
  EXPECT_EQ(Function(*compiled, "f").provenance, model::Provenance::kWritten);
  EXPECT_EQ(Function(*compiled, "g").provenance, model::Provenance::kRule);
  EXPECT_EQ(Function(*compiled, "h").provenance, model::Provenance::kInferred);
}

TEST(Entries, AreForSeveralFunctions) {
  const auto compiled = MustCompile("f, g { depends_on(done, q); }", kHeader);
  EXPECT_EQ(Function(*compiled, "g").depends_on.at(0).parent, 0);
  EXPECT_EQ(Function(*compiled, "f").depends_on.at(0).child, 3);
}

TEST(Entries, MayRepeatThePrototype) {
  const auto compiled = MustCompile("int h(buffer b, size_t size, void* data) { async; }", kHeader);
  EXPECT_TRUE(Function(*compiled, "h").async);
}

TEST(Arguments, DeduceDirectionFromInAndOut) {
  const auto compiled = MustCompile("h { argument(data) { in; out; buffer(size); } }", kHeader);
  EXPECT_EQ(Function(*compiled, "h").parameters.at(2).shape->direction, model::Direction::kInOut);
}

TEST(Arguments, ChooseAtRunTime) {
  const auto compiled = MustCompile(
      "f { argument(data) { if (size == 8) { in; type_cast(const buffer *); buffer(1); } else { "
      "in; buffer(size); } } }",
      kHeader);
  const model::Shape& shape = *Function(*compiled, "f").parameters.at(2).shape;
  ASSERT_EQ(shape.kind, ShapeKind::kConditional);
  ASSERT_EQ(shape.alternatives.size(), 2U);
  EXPECT_EQ(shape.alternatives[0].shape->element->handle_type, "buffer");
  EXPECT_EQ(shape.alternatives[0].condition->parameters, std::vector<int>{1});
  EXPECT_FALSE(shape.alternatives[1].condition);
  EXPECT_FALSE(shape.guest_decides);
}

TEST(Arguments, LetTheGuestChooseByTheValueItself) {
  const auto compiled = MustCompile(
      "f { argument(data) { if (data == nullptr) { ignore; } else { in; buffer(size); } } }",
      kHeader);
  EXPECT_TRUE(Function(*compiled, "f").parameters.at(2).shape->guest_decides);
}

TEST(Resources, TakeConditions) {
  const auto compiled = MustCompile(
      "continuous_rc bytes; f { if (size > 4) { allocates_rc(bytes, size); } }", kHeader);
  EXPECT_EQ(Function(*compiled, "f").resources.at(0).amount.text, "((size > 4)) ? (size) : 0");
}

TEST(Expressions, NoteWhatTheyReadThrough) {
  const auto compiled =
      MustCompile("f { require(size > *(const int *)data && done, BAD); }", kHeader);
  const model::Expr& condition = Function(*compiled, "f").requires_.at(0).condition;
  EXPECT_EQ(condition.parameters, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(condition.dereferenced, std::vector<int>{2});
}

TEST(Expressions, SeeMetadata) {
  const auto compiled = MustCompile(
      "metadata(buffer) { size_t bytes = 0; }\nh { argument(data) { out; "
      "buffer(metadata(b)->bytes); } }",
      kHeader);
  const model::Expr& count = *Function(*compiled, "h").parameters.at(2).shape->count;
  EXPECT_TRUE(count.uses_metadata);
  EXPECT_EQ(count.parameters, std::vector<int>{0});
  EXPECT_EQ(
      MustFail("metadata(buffer) { size_t bytes = 0; }\nh { require(metadata(b)->byte, BAD); }",
               kHeader)
          .front(),
      90);
}

TEST(Expressions, AreConstantsWhereTheyCanBe) {
  const auto compiled =
      MustCompile("h { argument(data) { out; buffer(2 * sizeof(int) + BAD); } }", kHeader);
  EXPECT_EQ(Function(*compiled, "h").parameters.at(2).shape->count->constant, 15);
}

TEST(Order, DecodesAnArgumentAfterWhatItNeeds) {
  const std::string header = "extern \"C\" int f(const int *values, const int *count);";
  const auto compiled = MustCompile("f { argument(values) { in; buffer(*count); } }", header);
  EXPECT_EQ(Function(*compiled, "f").server_order, (std::vector<int>{1, 0}));
}

TEST(Addresses, AreOfFunctionsWithoutASymbol) {
  const auto compiled = MustCompile("addresses(g, h);", kHeader);
  EXPECT_EQ(Function(*compiled, "h").found_by, "g");
  EXPECT_EQ(Function(*compiled, "h").symbol_version, "");
  EXPECT_EQ(MustFail("addresses(g, hh);", kHeader), std::vector<int>{31});
}

TEST(Symbols, NamedFunctionsMayComeFromAnyHeader) {
  const std::string spec =
      "#include \"api.h\"\n#include <stdlib.h>\nname(\"n\");\nsymbols(V1, /f/, abs);\nsymbols(V2, "
      "f);\n";
  const auto compiled = Compile(spec, kHeader);
  EXPECT_EQ(compiled->diagnostics().Text(), "");
  EXPECT_EQ(Function(*compiled, "abs").symbol_version, "V1");
  EXPECT_EQ(Function(*compiled, "f").symbol_version, "V2");
  EXPECT_EQ(compiled->api().missing, (std::vector<std::string>{"g", "h", "fx"}));
}

TEST(Check, InsistsOnOpenFacts) {
  const std::string header = "extern \"C\" int f(const void *what);";
  EXPECT_EQ(MustFail("", header), std::vector<int>{diag::kOpenFact.number});
  EXPECT_FALSE(
      Compile(driver::testing::Head() + "f { argument(what) { in; buffer(4); } }", header, true)
          ->has_errors());
  EXPECT_FALSE(Compile(driver::testing::Head() + "f { unsupported(1, \"no\"); }", header, true)
                   ->has_errors());
}

TEST(Order, RefusesSizesThatDependOnThemselves) {
  const std::string header = "extern \"C\" int f(unsigned n, const unsigned *sizes, void *value);";
  const std::vector<int> cycle{diag::kCycle.number};
  EXPECT_EQ(MustFail("f { argument(sizes) { in; buffer(sizes[0]); } }", header), cycle);
  EXPECT_EQ(MustFail("f { argument(value) { if (n) { in; buffer(*(unsigned *)value); } "
                     "else { ignore; } } }",
                     header),
            cycle);
  MustCompile("f { argument(value) { if (value && n) { in; buffer(n); } else { ignore; } } }",
              header);
}

TEST(Order, RefusesWhatReadsAnOutputBeforeTheCall) {
  const std::string header =
      "extern \"C\" int f(unsigned n, unsigned char *data, unsigned *written);";
  const std::vector<int> early{diag::kOutputTooEarly.number};
  EXPECT_EQ(MustFail("f { argument(data) { out; buffer(*written); } }", header), early);
  EXPECT_EQ(MustFail("f { async_if(*written == 0); }", header), early);
  MustCompile("f { argument(data) { out; buffer(n); used(*written); } }", header);
  MustCompile("f { argument(written) { in; out; } argument(data) { out; buffer(*written); } }",
              header);
  MustCompile("f { argument(data) { out; buffer(written ? n : 0); } }", header);
}

const std::string kStructs = R"(
typedef struct buffer_object *buffer;
typedef struct plain { int a; struct { long b[2]; } c; } plain;
typedef struct deep { int a; struct { buffer b[2]; } c; } deep;
typedef struct text { const int *values; const char *text; unsigned n; } text;
extern "C" {
)";

TEST(Structs, ArePlainOnlyWithoutPointersAtAnyDepth) {
  MustCompile("", kStructs + "int f(plain p, const plain *q); }");
  const std::vector<int> open{diag::kOpenFact.number};
  EXPECT_EQ(MustFail("", kStructs + "int f(deep d); }"), open);
  EXPECT_EQ(MustFail("", kStructs + "int f(const deep *d); }"), open);
  MustCompile("f { argument(d) { opaque; } }", kStructs + "int f(deep d); }");
  MustCompile("f { argument(d) { field(c) { ignore; } } }", kStructs + "int f(const deep *d); }");
}

const std::string kBox = R"(
#include <stddef.h>
typedef struct buffer_object *buffer;
typedef struct event_object *event;
extern "C" {
int f(buffer b, const size_t *size, const size_t *at, size_t pitch, void *box, event *done);
void *m(buffer b, const size_t *size, size_t *pitch, int *error);
int run(buffer b);
int set(buffer b, size_t size, const void *value);
})";

TEST(Boxes, GiveTheirCornersThreeNumbers) {
  const auto compiled = MustCompile("f { argument(box) { out; rect(size, 1, at, pitch); } }", kBox);
  EXPECT_EQ(Function(*compiled, "f").parameters.at(1).shape->count->text, "3");
  EXPECT_EQ(Function(*compiled, "f").parameters.at(2).shape->count->constant, 3);
  MustCompile("f { argument(box) { out; rect(size, 1); } argument(size) { in; buffer(1 + 2); } }",
              kBox);
  EXPECT_EQ(MustFail("f { argument(box) { out; rect(size, 1); } argument(size) { in; buffer(2); } }"
                     "m { unsupported(0); }",
                     kBox),
            std::vector<int>{diag::kBoxCount.number});
}

TEST(Boxes, TakeParametersOfTheRightTypes) {
  const std::vector<int> type{diag::kExpressionType.number};
  EXPECT_EQ(MustFail("f { argument(box) { out; rect(b, 1); } }", kBox), type);
  EXPECT_EQ(MustFail("f { argument(box) { out; rect(size, 1, at, at); } }", kBox), type);
  const std::string maps = "m { return_value { maps(b, 1, true, true); ";
  EXPECT_EQ(MustFail(maps + "pitches(size, size); } }", kBox), type);
  MustCompile(maps + "pitches(size, pitch); } }", kBox);
}

TEST(Edges, MayComeFromAFieldOfAStruct) {
  const std::string header = R"(
typedef struct buffer_object *buffer;
typedef struct { int kind; buffer of; } description;
extern "C" {
buffer create(const description *what, int number);
int release(buffer b);
})";
  const std::string release = "release { releases(b); } ";
  const auto compiled = MustCompile(release + "create { depends_on(result, what->of); }", header);
  const auto& edge = Function(*compiled, "create").depends_on.at(0);
  EXPECT_EQ(edge.child, -2);
  EXPECT_EQ(edge.parent, 0);
  EXPECT_EQ(edge.field, "of");
  const std::vector<int> handle{diag::kNotAHandle.number};
  EXPECT_EQ(MustFail(release + "create { depends_on(result, what->kind); }", header), handle);
  EXPECT_EQ(MustFail(release + "create { depends_on(result, number->of); }", header), handle);
  EXPECT_EQ(MustFail(release + "create { argument(what) { in; buffer(number); } "
                               "depends_on(result, what->of); }",
                     header),
            handle);
  EXPECT_EQ(MustFail(release + "create { depends_on(result, where->of); }", header),
            std::vector<int>{diag::kUnknownParameter.number});
}

TEST(Setters, AreConsumedBySomebody) {
  const std::string set = "set { coalesce(b); argument(value) { in; buffer(size); } } ";
  EXPECT_EQ(MustFail(set, kBox), std::vector<int>{diag::kNeverConsumed.number});
  MustCompile(set + "run { consumes(b); }", kBox);
}

TEST(Handles, AreWhatTheStatementsTakeThatSpeakOfThem) {
  const std::vector<int> handle{diag::kNotAHandle.number};
  EXPECT_EQ(MustFail("set { releases(size); }", kBox), handle);
  EXPECT_EQ(MustFail("set { retains(value); }", kBox), handle);
  EXPECT_EQ(MustFail("set { depends_on(result, b); }", kBox), handle);
  EXPECT_EQ(MustFail("set { coalesce(size); } run { consumes(b); }", kBox),
            (std::vector<int>{diag::kNeverConsumed.number, diag::kNotAHandle.number}));
  const std::vector<int> type{diag::kExpressionType.number};
  EXPECT_EQ(MustFail("f { argument(box) { out; buffer(pitch); until(b); } }", kBox), type);
  EXPECT_EQ(MustFail("f { completes(b); }", kBox), type);
  EXPECT_EQ(MustFail("set { argument(value) { out; buffer(size); } }", kBox), type);
  const std::string until =
      "f { completes(done); argument(box) { out; buffer(pitch); until(done); } }";
  EXPECT_EQ(MustFail(until, kBox), std::vector<int>{diag::kNoDone.number});
  MustCompile("type(event) { done(IsDone); } " + until, kBox);
}

TEST(Callbacks, HoldHandlesAndAreCalledOnceOrOften) {
  const std::string header =
      "typedef struct event_object *event;\n"
      "extern \"C\" int f(event e, void (*told)(event e, void *data), void *data);";
  EXPECT_EQ(MustFail("f { callback(told) { once; holds(data); } }", header),
            std::vector<int>{diag::kNotAHandle.number});
  EXPECT_EQ(MustFail("f { callback(told) { once; holds(e, e, e); } }", header),
            std::vector<int>{diag::kOperandCount.number});
  EXPECT_EQ(MustFail("f { callback(told) { once; many; } }", header),
            std::vector<int>{diag::kGiven.number});
  MustCompile("f { callback(told) { once; holds(e); } }", header);
}

TEST(Handles, AreSaidToBeDoneByAFunction) {
  for (const char* none : {"1 + 1", "\"IsDone\"", "ask()"}) {
    EXPECT_EQ(MustFail(std::string("type(buffer) { done(") + none + "); }", kBox),
              std::vector<int>{diag::kExpected.number});
  }
}

TEST(Resources, HaveOneNameAndOneKind) {
  const std::vector<int> given{diag::kGiven.number};
  EXPECT_EQ(MustFail("continuous_rc m; instantaneous_rc m;", kBox), given);
  EXPECT_EQ(MustFail("continuous_rc(two-words);", kBox), std::vector<int>{diag::kExpected.number});
  const std::vector<int> type{diag::kExpressionType.number};
  EXPECT_EQ(MustFail("continuous_rc m;\nrun { consumes_rc(m, 1); }", kBox), type);
  EXPECT_EQ(MustFail("instantaneous_rc m;\nrun { allocates_rc(m, 1); }", kBox), type);
}

TEST(Given, OnceIsEnough) {
  const std::vector<int> given{diag::kGiven.number};
  EXPECT_EQ(MustFail("metadata(buffer) { int a; }\nmetadata(buffer) { int c; }", kBox), given);
  const std::string header =
      "#include <stddef.h>\nextern \"C\" int f(unsigned name, size_t value_size, void *value, "
      "size_t *value_size_ret);\n#define KEY 1";
  EXPECT_EQ(MustFail("f { values(name) { KEY: mask(2); KEY: uncached; } }", header), given);
  MustCompile("f { values(name) { KEY: mask(2); } values(name) { KEY: uncached; } }", header);
}

TEST(Symbols, HaveNodesThatTheLinkerCanRead) {
  EXPECT_EQ(MustFail("symbols(\"bad node; }\", f);", kBox),
            std::vector<int>{diag::kExpected.number});
}

TEST(Limits, RefusesFunctionsOfAnyNumberOfArguments) {
  EXPECT_EQ(MustFail("", "extern \"C\" int f(const char *format, ...);"),
            std::vector<int>{diag::kNotImplemented.number});
}

TEST(Limits, RefusesParametersThatGeneratedCodeCannotHave) {
  for (const char* parameter : {"const int x[2][2]", "void x(int)", "int vendor"}) {
    const std::vector<int> numbers =
        MustFail("", std::string("extern \"C\" int f(") + parameter + ");");
    EXPECT_NE(std::ranges::find(numbers, diag::kNotImplemented.number), numbers.end()) << parameter;
  }
}

TEST(Inference, KnowsParametersAsCallersDo) {
  const auto compiled = MustCompile(
      "f { argument(a) { in; buffer(3); } argument(b) { in; buffer(3); } argument(d) { out; "
      "buffer(c); } }",
      "#include <stddef.h>\nextern \"C\" int f(const size_t a[3], "
      "const double b[], const int c, char *const d);");
  const model::Function& f = Function(*compiled, "f");
  EXPECT_EQ(Brief(f), "f(a: in size_t[3], b: in double[3], c: int, d: out char[c]) -> int");
  EXPECT_EQ(f.parameters.at(0).type, "const size_t *");
  EXPECT_EQ(f.parameters.at(0).canonical, "const unsigned long *");
  EXPECT_EQ(f.parameters.at(2).type, "int");
  EXPECT_EQ(f.parameters.at(3).type, "char *");
}

TEST(Limits, RefusesMembersThatDoNotTravel) {
  const std::string header = kStructs + "int f(const text *t); int g(text t); }";
  const std::vector<int> limit{diag::kNotImplemented.number};
  EXPECT_EQ(MustFail("f { argument(t) { field(values) { in; buffer(t->n); } } }", header), limit);
  EXPECT_EQ(MustFail("g { argument(t) { field(text) { string; } } }", header), limit);
  EXPECT_EQ(MustFail("", kStructs + "int f(text *t); }"), limit);
  MustCompile("f { argument(t) { field(values) { ignore; } field(text) { string; } } }", header);
}

TEST(Limits, RefusesStructsAsReturnValues) {
  const std::string header = "struct pair { int a, b; };\nextern \"C\" struct pair f(int x);";
  EXPECT_EQ(MustFail("", header), std::vector<int>{diag::kNotImplemented.number});
  MustCompile("f { unsupported(0); }", header);
}

TEST(Digest, ChangesWithTheWireAndNotWithTheText) {
  const auto plain = MustCompile("f { sync; }", kHeader);
  const auto moved = MustCompile("\n\n// A comment.\nf { sync; }", kHeader);
  const auto changed = MustCompile("f { argument(data) { in; buffer(size + 1); } }", kHeader);
  EXPECT_EQ(plain->api().digest, moved->api().digest);
  EXPECT_NE(plain->api().digest, changed->api().digest);
}

}  // namespace
}  // namespace lapis::sema
