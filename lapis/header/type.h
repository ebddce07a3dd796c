// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a header declares, as plain values: nothing here refers to libclang.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lapis/model/model.h"

namespace lapis::header {

enum class TypeKind {
  kVoid,
  kBool,
  kInteger,
  kEnum,
  kFloating,
  kPointer,
  kRecord,
  kFunction,
  kArray,
  kOther
};

struct Type;
using TypePtr = std::shared_ptr<const Type>;

struct Variable {
  std::string name;
  TypePtr type;
};

struct Type {
  TypeKind kind = TypeKind::kOther;
  std::string name;       // as the header spells it: "const cl_event *"
  std::string canonical;  // "_cl_event *const *"
  std::uint64_t size = 0;
  bool is_signed = false;
  bool is_const = false;
  bool is_typedef = false;
  bool is_incomplete = false;        // kRecord without a definition
  TypePtr pointee;                   // kPointer, kArray
  TypePtr result;                    // kFunction
  std::vector<Variable> parameters;  // kFunction

  // By itself; Header::IsHandle knows what the spec says of it.
  bool IsIncompletePointer() const {
    return kind == TypeKind::kPointer && pointee->kind == TypeKind::kRecord &&
           pointee->is_incomplete;
  }
  bool IsCallback() const {
    return kind == TypeKind::kPointer && pointee->kind == TypeKind::kFunction;
  }
  bool IsNumber() const {
    return kind == TypeKind::kInteger || kind == TypeKind::kEnum || kind == TypeKind::kBool;
  }
  bool IsCharacter() const { return IsNumber() && size == 1; }
};

// The type's name without const in front: "cl_event".
std::string Unqualified(const Type& type);

struct Function {
  std::string name;
  TypePtr result;
  std::vector<Variable> parameters;
  bool is_deprecated = false;
  bool is_variadic = false;
  bool is_primary = false;         // declared in the first header that the spec includes
  std::vector<std::string> words;  // of its declaration, macros not expanded
  model::Where where;
};

struct Field {
  std::string name;
  std::uint64_t offset = 0;  // bytes
  TypePtr type;
};

struct Record {
  std::string name;
  std::uint64_t size = 0;
  std::vector<Field> fields;  // those of anonymous structs and unions as if they were its own
};

struct Header {
  std::vector<Function> functions;  // in order of declaration
  std::map<std::string, Record> records;
  std::map<std::string, TypePtr> types;  // typedefs
  std::vector<std::string> macros;       // object-like ones with a body
  std::vector<std::string> inputs;       // files that were read

  std::map<std::string, std::size_t> function_index;  // by name

  std::set<std::string> handles;  // types that the spec declares to be handles,
  std::set<std::string> opaques;  // and those that it declares not to be

  const Function* FindFunction(const std::string& name) const;
  bool IsHandle(const Type& type) const;
  bool IsPointer(const Type& type) const;  // and neither a handle nor declared opaque
  // A handle or a pointer, or an array or a struct that has one somewhere.
  bool HoldsPointer(const Type& type) const;
  const Record* RecordOf(const Type& type) const;
};

}  // namespace lapis::header
