// SPDX-License-Identifier: Apache-2.0

#include "lapis/header/reader.h"

#include <clang-c/Index.h>

#include <algorithm>
#include <utility>

#include "lapis/header/clang.h"

namespace lapis::header {
namespace {

std::string Take(CXString string) {
  const char* text = clang_getCString(string);
  std::string result = text ? text : "";
  clang_disposeString(string);
  return result;
}

template <class Visit>
void ForEachChild(CXCursor cursor, Visit visit) {
  clang_visitChildren(
      cursor,
      [](CXCursor child, CXCursor, CXClientData data) {
        (*static_cast<Visit*>(data))(child);
        return CXChildVisit_Continue;
      },
      &visit);
}

TypeKind KindOf(CXType canonical) {
  switch (canonical.kind) {
    case CXType_Void:
      return TypeKind::kVoid;
    case CXType_Bool:
      return TypeKind::kBool;
    case CXType_Enum:
      return TypeKind::kEnum;
    case CXType_Float:
    case CXType_Double:
    case CXType_LongDouble:
    case CXType_Half:
    case CXType_Float16:
      return TypeKind::kFloating;
    case CXType_Pointer:
      return TypeKind::kPointer;
    case CXType_Record:
      return TypeKind::kRecord;
    case CXType_FunctionProto:
    case CXType_FunctionNoProto:
      return TypeKind::kFunction;
    case CXType_ConstantArray:
    case CXType_IncompleteArray:
      return TypeKind::kArray;
    default:
      break;
  }
  return canonical.kind >= CXType_Char_U && canonical.kind <= CXType_Int128 ? TypeKind::kInteger
                                                                            : TypeKind::kOther;
}

bool IsSigned(CXType canonical) {
  if (canonical.kind == CXType_Enum) {
    canonical =
        clang_getCanonicalType(clang_getEnumDeclIntegerType(clang_getTypeDeclaration(canonical)));
  }
  return canonical.kind >= CXType_Char_S && canonical.kind <= CXType_Int128;
}

class Reader {
 public:
  Reader(const Environment& environment, const Unit& unit)
      : environment_(environment), unit_(static_cast<CXTranslationUnit>(unit.handle())) {}

  Header Read() {
    ReadInclusions();
    ReadDeclarations(clang_getTranslationUnitCursor(unit_));
    return std::move(header_);
  }

 private:
  void ReadInclusions() {
    clang_getInclusions(
        unit_,
        [](CXFile file, CXSourceLocation*, unsigned depth, CXClientData data) {
          auto& self = *static_cast<Reader*>(data);
          if (depth == 0) return;
          self.header_.inputs.push_back(Take(clang_getFileName(file)));
          if (depth == 1 && !self.primary_) self.primary_ = file;
        },
        this);
  }

  void ReadDeclarations(CXCursor parent) {
    ForEachChild(parent, [this](CXCursor cursor) {
      switch (clang_getCursorKind(cursor)) {
        case CXCursor_LinkageSpec:
          ReadDeclarations(cursor);
          break;
        case CXCursor_FunctionDecl:
          ReadFunction(cursor);
          break;
        case CXCursor_StructDecl:
        case CXCursor_UnionDecl:
          ReadRecord(cursor);
          break;
        case CXCursor_TypedefDecl:
          ReadTypedef(cursor);
          break;
        case CXCursor_MacroDefinition:
          ReadMacro(cursor);
          break;
        default:
          break;
      }
    });
  }

  void ReadFunction(CXCursor cursor) {
    Function function;
    function.name = Take(clang_getCursorSpelling(cursor));
    if (header_.FindFunction(function.name)) return;
    const CXSourceLocation location = clang_getCursorLocation(cursor);
    CXFile file = nullptr;
    clang_getExpansionLocation(location, &file, nullptr, nullptr, nullptr);
    function.is_primary = primary_ && file && clang_File_isEqual(file, primary_);
    function.is_deprecated = clang_getCursorAvailability(cursor) == CXAvailability_Deprecated;
    function.is_variadic = clang_isFunctionTypeVariadic(clang_getCursorType(cursor)) != 0;
    function.words = WordsOf(cursor);
    function.where = WhereOf(location);
    function.result = TypeOf(clang_getCursorResultType(cursor), cursor);
    function.parameters = ParametersOf(cursor);
    header_.function_index.emplace(function.name, header_.functions.size());
    header_.functions.push_back(std::move(function));
  }

  // The names from a declaration's start to its ';': macros that expand to nothing are seen here
  // alone.
  std::vector<std::string> WordsOf(CXCursor cursor) {
    const CXSourceRange extent = clang_getCursorExtent(cursor);
    CXFile file = nullptr;
    unsigned begin = 0;
    unsigned end = 0;
    clang_getExpansionLocation(clang_getRangeStart(extent), &file, nullptr, nullptr, &begin);
    clang_getExpansionLocation(clang_getRangeEnd(extent), nullptr, nullptr, nullptr, &end);
    std::size_t size = 0;
    const char* contents = file ? clang_getFileContents(unit_, file, &size) : nullptr;
    if (!contents || end > size) return {};
    const std::size_t stop = std::string_view(contents, size).find(';', end);
    if (stop == std::string_view::npos) return {};
    const CXSourceRange whole =
        clang_getRange(clang_getLocationForOffset(unit_, file, begin),
                       clang_getLocationForOffset(unit_, file, static_cast<unsigned>(stop)));
    CXToken* tokens = nullptr;
    unsigned count = 0;
    clang_tokenize(unit_, whole, &tokens, &count);
    std::vector<std::string> words;
    for (unsigned i = 0; i < count; ++i) {
      if (clang_getTokenKind(tokens[i]) == CXToken_Identifier)
        words.push_back(Take(clang_getTokenSpelling(unit_, tokens[i])));
    }
    clang_disposeTokens(unit_, tokens, count);
    return words;
  }

  // Of a function, a typedef of a function pointer or a parameter that is one.
  std::vector<Variable> ParametersOf(CXCursor cursor) {
    std::vector<Variable> parameters;
    ForEachChild(cursor, [&](CXCursor child) {
      if (clang_getCursorKind(child) != CXCursor_ParmDecl) return;
      parameters.push_back(
          {Take(clang_getCursorSpelling(child)), ParameterType(clang_getCursorType(child), child)});
    });
    return parameters;
  }

  // As callers know it: without a const of its own, and an array is a pointer.
  TypePtr ParameterType(CXType type, CXCursor cursor) {
    if (KindOf(clang_getCanonicalType(type)) != TypeKind::kArray)
      return TypeOf(clang_getUnqualifiedType(type), cursor);
    const CXType canonical = clang_getCanonicalType(type);
    const bool written = KindOf(type) == TypeKind::kArray;  // not by a typedef
    const TypePtr element = TypeOf(clang_getArrayElementType(written ? type : canonical), cursor);
    const bool keeps_const = element->is_const || clang_isConstQualifiedType(canonical) == 0;
    if (element->kind == TypeKind::kArray || !keeps_const)
      return TypeOf(type, cursor);  // sema/limits.cc refuses it
    const bool is_pointer = element->kind == TypeKind::kPointer;
    auto pointer = std::make_shared<Type>();
    pointer->kind = TypeKind::kPointer;
    pointer->name = element->name + (is_pointer && !element->is_typedef ? "*" : " *");
    pointer->canonical = element->canonical + (is_pointer ? "*" : " *");
    pointer->size = sizeof(void*);
    pointer->pointee = element;
    return pointer;
  }

  // `cursor` declares something of this type; the names of a function pointer's parameters are
  // found there.
  TypePtr TypeOf(CXType type, CXCursor cursor) {
    const CXType canonical = clang_getCanonicalType(type);
    auto result = std::make_shared<Type>();
    result->kind = KindOf(canonical);
    result->name = Take(clang_getTypeSpelling(type));
    result->canonical = Take(clang_getTypeSpelling(canonical));
    const long long size = clang_Type_getSizeOf(canonical);
    result->size = size > 0 ? static_cast<std::uint64_t>(size) : 0;
    if (result->kind == TypeKind::kVoid || result->kind == TypeKind::kFunction) result->size = 0;
    result->is_signed = IsSigned(canonical);
    result->is_const = clang_isConstQualifiedType(canonical) != 0;
    CXType sugar = type.kind == CXType_Elaborated ? clang_Type_getNamedType(type) : type;
    result->is_typedef = sugar.kind == CXType_Typedef;
    if (sugar.kind == CXType_Typedef) cursor = clang_getTypeDeclaration(sugar);
    if (result->kind == TypeKind::kRecord) {
      const CXCursor definition = clang_getCursorDefinition(clang_getTypeDeclaration(canonical));
      result->is_incomplete = clang_Cursor_isNull(definition) != 0;
    } else if (result->kind == TypeKind::kPointer) {
      result->pointee = TypeOf(PointeeOf(sugar, canonical), cursor);
    } else if (result->kind == TypeKind::kArray) {
      result->pointee = TypeOf(clang_getArrayElementType(canonical), cursor);
    } else if (result->kind == TypeKind::kFunction) {
      result->result = TypeOf(clang_getResultType(canonical), cursor);
      result->parameters = CallbackParameters(canonical, cursor);
    }
    return result;
  }

  // The pointee with the header's own names where they are to be had.
  CXType PointeeOf(CXType sugar, CXType canonical) {
    while (sugar.kind == CXType_Typedef || sugar.kind == CXType_Elaborated) {
      sugar = sugar.kind == CXType_Elaborated
                  ? clang_Type_getNamedType(sugar)
                  : clang_getTypedefDeclUnderlyingType(clang_getTypeDeclaration(sugar));
    }
    CXType pointee = clang_getPointeeType(sugar.kind == CXType_Pointer ? sugar : canonical);
    return pointee.kind == CXType_Invalid ? clang_getPointeeType(canonical) : pointee;
  }

  std::vector<Variable> CallbackParameters(CXType canonical, CXCursor cursor) {
    std::vector<Variable> parameters = ParametersOf(cursor);
    const int count = clang_getNumArgTypes(canonical);
    if (static_cast<int>(parameters.size()) != count) {
      parameters.clear();
      for (int i = 0; i < count; ++i) {
        parameters.push_back({"", TypeOf(clang_getArgType(canonical, static_cast<unsigned>(i)),
                                         clang_getNullCursor())});
      }
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].name.empty()) parameters[i].name = "argument" + std::to_string(i);
    }
    return parameters;
  }

  void ReadRecord(CXCursor cursor) {
    if (!clang_isCursorDefinition(cursor) || clang_Cursor_isAnonymousRecordDecl(cursor)) return;
    const CXType type = clang_getCursorType(cursor);
    Record record;
    record.name = Take(clang_getTypeSpelling(clang_getCanonicalType(type)));
    record.size = static_cast<std::uint64_t>(std::max(0LL, clang_Type_getSizeOf(type)));
    ReadFields(cursor, 0, record.fields);
    header_.records.emplace(record.name, std::move(record));
  }

  void ReadFields(CXCursor parent, std::uint64_t base, std::vector<Field>& fields) {
    ForEachChild(parent, [&](CXCursor child) {
      if (clang_getCursorKind(child) == CXCursor_FieldDecl) {
        const auto bits = std::max(0LL, clang_Cursor_getOffsetOfField(child));
        fields.push_back({Take(clang_getCursorSpelling(child)),
                          base + static_cast<std::uint64_t>(bits) / 8,
                          TypeOf(clang_getCursorType(child), child)});
      } else if (clang_Cursor_isAnonymousRecordDecl(child)) {
        // Offsets of an anonymous record's fields are counted from the record around it by clang.
        ReadFields(child, base, fields);
      } else if (clang_getCursorKind(child) == CXCursor_StructDecl ||
                 clang_getCursorKind(child) == CXCursor_UnionDecl) {
        ReadRecord(child);  // A type declared inside, which a field may have.
      }
    });
  }

  void ReadTypedef(CXCursor cursor) {
    header_.types.emplace(Take(clang_getCursorSpelling(cursor)),
                          TypeOf(clang_getCursorType(cursor), cursor));
  }

  void ReadMacro(CXCursor cursor) {
    if (clang_Cursor_isMacroFunctionLike(cursor) || clang_Cursor_isMacroBuiltin(cursor)) return;
    header_.macros.push_back(Take(clang_getCursorSpelling(cursor)));
  }

  model::Where WhereOf(CXSourceLocation location) const {
    CXString file;
    unsigned line = 0;
    unsigned column = 0;
    clang_getPresumedLocation(location, &file, &line, &column);
    return {ShownPath(Take(file), environment_.root), static_cast<int>(line),
            static_cast<int>(column)};
  }

  const Environment& environment_;
  CXTranslationUnit unit_;
  CXFile primary_ = nullptr;
  Header header_;
};

}  // namespace

Header ReadHeader(const Environment& environment, diag::Diagnostics& diagnostics) {
  const Unit unit(environment, "", /*skip_bodies=*/true);
  unit.ReportErrors(diag::kHeader, environment, {}, diagnostics);
  return Reader(environment, unit).Read();
}

}  // namespace lapis::header
