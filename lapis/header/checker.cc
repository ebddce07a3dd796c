// SPDX-License-Identifier: Apache-2.0

#include "lapis/header/checker.h"

#include <clang-c/Index.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "lapis/header/clang.h"

namespace lapis::header {
namespace {

constexpr std::string_view kWrapper = "lapis_e";
constexpr std::string_view kValue = "lapis_v";

// What both sides provide for a spec's expressions and code, and the checker's own alias.
constexpr std::string_view kProvided =
    "#include <stddef.h>\n"
    "template <class T> using lapis_t = T;\n"
    "template <class T> T named(const void *bytes, size_t size);\n"
    "bool names_handle(const void *bytes, size_t size);\n"
    "bool is_address(const void *pointer);\n"
    "#define AVA_API(function) (&::function)\n";

std::string Take(CXString string) {
  const char* text = clang_getCString(string);
  std::string result = text ? text : "";
  clang_disposeString(string);
  return result;
}

bool Uses(const std::vector<Metadata>& metadata, std::string_view text) {
  return std::ranges::any_of(
      metadata, [&](const Metadata& m) { return m.body.text.find(text) != std::string::npos; });
}

std::string MetadataText(const std::vector<Metadata>& metadata) {
  std::string text;
  for (const char* header : {"string", "vector", "map"}) {
    if (Uses(metadata, std::string("std::") + header))
      text += std::string("#include <") + header + ">\n";
  }
  for (const Metadata& item : metadata) {
    const std::string name = item.handle_type + "_metadata";
    text += "struct " + name + " {\n" + AtPlace(item.body) + "\n#line 1 \"<cava>\"\n};\n";
    text += name + " *metadata(" + item.handle_type + ");\n";
  }
  return text;
}

// The expression on a line of its own, at its own column, in a function of its own. The closing
// parenthesis stands on its last line, so that what is missing at the end is reported there.
std::string WrapperText(const Query& query, std::size_t number) {
  std::string text = "static void " + std::string(kWrapper) + std::to_string(number) + "(";
  for (std::size_t i = 0; i < query.scope.size(); ++i) {
    text += (i == 0 ? "" : ", ") + ("lapis_t<" + query.scope[i].type + "> ") + query.scope[i].name;
  }
  text += ") { auto " + std::string(kValue) + " = (\n";
  text += AtPlace({query.text, query.where}) + ");\n";
  return text + "#line 1 \"<cava>\"\n}\n";
}

struct Visit {
  Answer& answer;
  CXCursor wrapper;
  bool is_read_through;
};

void AddOnce(std::vector<std::string>& names, std::string name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

// What must not be in an expression that is evaluated on both sides, any number of times.
std::string Forbidden(CXCursor cursor) {
  switch (clang_getCursorKind(cursor)) {
    case CXCursor_CompoundAssignOperator:
      return "an assignment";
    case CXCursor_StmtExpr:
      return "a statement";
    case CXCursor_LambdaExpr:
      return "a lambda";
    case CXCursor_CXXNewExpr:
      return "'new'";
    case CXCursor_CXXDeleteExpr:
      return "'delete'";
    case CXCursor_CXXThrowExpr:
      return "'throw'";
    case CXCursor_BinaryOperator:
      switch (clang_getCursorBinaryOperatorKind(cursor)) {
        case CXBinaryOperator_Comma:
          return "the comma operator";
        case CXBinaryOperator_Assign:
          return "an assignment";
        default:
          return {};
      }
    case CXCursor_UnaryOperator:
      switch (clang_getCursorUnaryOperatorKind(cursor)) {
        case CXUnaryOperator_PostInc:
        case CXUnaryOperator_PreInc:
          return "'++'";
        case CXUnaryOperator_PostDec:
        case CXUnaryOperator_PreDec:
          return "'--'";
        default:
          return {};
      }
    default:
      return {};
  }
}

void VisitExpression(CXCursor cursor, const Visit& visit);

void VisitChildren(CXCursor cursor, const Visit& first, const Visit& rest) {
  struct Pair {
    const Visit& first;
    const Visit& rest;
    bool is_first = true;
  } pair{first, rest};
  clang_visitChildren(
      cursor,
      [](CXCursor child, CXCursor, CXClientData data) {
        auto& both = *static_cast<Pair*>(data);
        VisitExpression(child, std::exchange(both.is_first, false) ? both.first : both.rest);
        return CXChildVisit_Continue;
      },
      &pair);
}

bool IsDereference(CXCursor cursor) {
  switch (clang_getCursorKind(cursor)) {
    case CXCursor_ArraySubscriptExpr:
    case CXCursor_MemberRefExpr:
      return true;
    case CXCursor_UnaryOperator:
      return clang_getCursorUnaryOperatorKind(cursor) == CXUnaryOperator_Deref;
    default:
      return false;
  }
}

void VisitExpression(CXCursor cursor, const Visit& visit) {
  const CXCursorKind kind = clang_getCursorKind(cursor);
  if (std::string forbidden = Forbidden(cursor);
      !forbidden.empty() && visit.answer.forbidden.empty()) {
    visit.answer.forbidden = std::move(forbidden);
  }
  const Visit plain{visit.answer, visit.wrapper, false};
  if (kind == CXCursor_DeclRefExpr) {
    const CXCursor declared = clang_getCursorReferenced(cursor);
    if (clang_getCursorKind(declared) != CXCursor_ParmDecl) return;
    AddOnce(visit.answer.names, Take(clang_getCursorSpelling(declared)));
    if (visit.is_read_through)
      AddOnce(visit.answer.dereferenced, Take(clang_getCursorSpelling(declared)));
  } else if (kind == CXCursor_CallExpr) {
    AddOnce(visit.answer.calls, Take(clang_getCursorSpelling(cursor)));
    VisitChildren(cursor, plain, plain);
  } else if (IsDereference(cursor)) {
    VisitChildren(cursor, {visit.answer, visit.wrapper, true}, plain);
  } else {
    VisitChildren(cursor, visit, visit);
  }
}

TypeKind KindOf(CXType canonical) {
  switch (canonical.kind) {
    case CXType_Bool:
      return TypeKind::kBool;
    case CXType_Enum:
      return TypeKind::kEnum;
    case CXType_Float:
    case CXType_Double:
    case CXType_LongDouble:
      return TypeKind::kFloating;
    case CXType_Pointer:
      return TypeKind::kPointer;
    case CXType_Record:
      return TypeKind::kRecord;
    default:
      break;
  }
  return canonical.kind >= CXType_Char_U && canonical.kind <= CXType_Int128 ? TypeKind::kInteger
                                                                            : TypeKind::kOther;
}

std::optional<std::int64_t> ConstantOf(CXCursor variable) {
  CXEvalResult result = clang_Cursor_Evaluate(variable);
  if (!result) return std::nullopt;
  std::optional<std::int64_t> value;
  if (clang_EvalResult_getKind(result) == CXEval_Int) {
    value = clang_EvalResult_isUnsignedInt(result)
                ? static_cast<std::int64_t>(clang_EvalResult_getAsUnsigned(result))
                : clang_EvalResult_getAsLongLong(result);
  }
  clang_EvalResult_dispose(result);
  return value;
}

// Parameters of the wrappers are spelled with an alias that nobody should see.
std::string WithoutAlias(std::string type) {
  constexpr std::string_view kAlias = "lapis_t<";
  if (type.starts_with(kAlias) && type.ends_with('>'))
    return type.substr(kAlias.size(), type.size() - kAlias.size() - 1);
  return type;
}

void ReadAnswer(CXCursor variable, CXCursor wrapper, Answer& answer) {
  const CXType type = clang_getCursorType(variable);
  const CXType canonical = clang_getCanonicalType(type);
  answer.is_valid = canonical.kind != CXType_Auto && canonical.kind != CXType_Invalid &&
                    canonical.kind != CXType_Unexposed && canonical.kind != CXType_Dependent;
  if (!answer.is_valid) return;
  answer.kind = KindOf(canonical);
  answer.type = WithoutAlias(Take(clang_getTypeSpelling(type)));
  answer.canonical = Take(clang_getTypeSpelling(canonical));
  answer.constant = ConstantOf(variable);
  const CXCursor initialiser = clang_Cursor_getVarDeclInitializer(variable);
  if (!clang_Cursor_isNull(initialiser)) VisitExpression(initialiser, {answer, wrapper, false});
}

// Finds the wrappers' variables.
struct Search {
  std::vector<Answer>& answers;
  CXCursor wrapper;
  std::size_t number;
};

CXChildVisitResult VisitWrapper(CXCursor cursor, CXCursor, CXClientData data) {
  auto& search = *static_cast<Search*>(data);
  if (clang_getCursorKind(cursor) != CXCursor_VarDecl) return CXChildVisit_Recurse;
  if (Take(clang_getCursorSpelling(cursor)) == kValue) {
    ReadAnswer(cursor, search.wrapper, search.answers[search.number]);
    return CXChildVisit_Break;
  }
  return CXChildVisit_Continue;
}

CXChildVisitResult VisitTop(CXCursor cursor, CXCursor, CXClientData data) {
  if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl) return CXChildVisit_Continue;
  const std::string name = Take(clang_getCursorSpelling(cursor));
  if (!name.starts_with(kWrapper)) return CXChildVisit_Continue;
  auto& answers = *static_cast<std::vector<Answer>*>(data);
  std::size_t number = answers.size();
  std::from_chars(name.data() + kWrapper.size(), name.data() + name.size(), number);
  if (number >= answers.size()) return CXChildVisit_Continue;
  Search search{answers, cursor, number};
  clang_visitChildren(cursor, VisitWrapper, &search);
  return CXChildVisit_Continue;
}

}  // namespace

std::vector<Answer> CheckExpressions(const Environment& environment,
                                     const Surroundings& surroundings,
                                     const std::vector<Query>& queries,
                                     const std::vector<std::string>& known,
                                     diag::Diagnostics& diagnostics) {
  std::string text = std::string(kProvided) + MetadataText(surroundings.metadata);
  for (const Chunk& chunk : surroundings.code) text += AtPlace(chunk) + "\n#line 1 \"<cava>\"\n";
  for (std::size_t i = 0; i < queries.size(); ++i) text += WrapperText(queries[i], i);
  const Unit unit(environment, text, /*skip_bodies=*/false);
  unit.ReportErrors(diag::kExpression, environment, known, diagnostics);
  std::vector<Answer> answers(queries.size());
  clang_visitChildren(clang_getTranslationUnitCursor(static_cast<CXTranslationUnit>(unit.handle())),
                      VisitTop, &answers);
  return answers;
}

}  // namespace lapis::header
