// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a prototype to fields: docs/wire.md's table as code. wire.cc prints it, the emitters of both
// sides follow it, so that they cannot disagree.

#include <cstdint>
#include <string>
#include <vector>

#include "lapis/model/model.h"

namespace lapis::emit {

// What a shape becomes on the wire.
enum class Passing {
  kNothing,  // user data, ignored, the error parameter
  kInteger,  // a field of the same width
  kFloating,
  kBytes,   // a struct by value
  kHandle,  // a handle by value, one new handle behind a pointer: HandleId
  kWord,    // callback id, mapping id, address: std::uint64_t
  kBlob,
  kBlobs,    // in and out: `name` and `name_out`
  kMapping,  // a returned mapped pointer: `mapping`, `shadow`
};

struct WireField {
  std::string type;  // "std::uint32_t", "Blob", "HandleId", "std::array<std::byte, 24>"
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t alignment = 1;
  std::uint64_t offset = 0;
  bool padding = false;
};

struct WireStruct {
  std::string name;
  std::vector<WireField> fields;  // padding included
  std::uint64_t size = 0;
};

inline constexpr int kReturnValue = -2;  // in place of a parameter's index, as in the model

// True for a pointer to exactly one handle which the call creates.
bool IsOneNewHandle(const model::Shape& shape);
// Of the handle in a field of the struct that the parameter points to; sema has made sure of it.
const std::string& FieldHandleType(const model::Parameter& parameter, const std::string& field);
// True for a pointer to handles which the call creates, other than exactly one.
bool IsNewHandles(const model::Shape& shape);
// True for a buffer of handles, whichever use.
bool IsHandles(const model::Shape& shape);
// True for a buffer of addresses.
bool IsAddresses(const model::Shape& shape);
// What an address maps or unmaps travels beside it, in a field of its own.
bool HasContents(const model::Shape& shape);
std::string ContentsName(std::string_view parameter);
bool IsNested(const model::Shape& shape);   // an array of strings or of buffers
bool IsStructs(const model::Shape& shape);  // an array of structs with fields to translate

// Whether calls of it travel: it is neither local nor absent.
bool Travels(const model::Function& function);

Passing PassingOf(const model::Shape& shape);
// The same for a parameter of a function: its error parameter becomes kNothing.
Passing PassingOf(const model::Function& function, int parameter);
Passing PassingOfReturn(const model::Function& function);
// The callback may be given what the call returns, before the call does: it holds `result`.
bool ShowsResult(const model::Function& function, const model::Callback& callback);

WireStruct ArgumentStruct(const model::Function& function);
WireStruct UpcallStruct(const model::Function& function, const model::Callback& callback);
// For the C struct `shape` (kStruct): its bytes and its translated fields.
WireStruct StructWire(const model::Shape& shape);
// All kStruct shapes of the API, each type once, in order of appearance.
std::vector<const model::Shape*> TranslatedStructs(const model::Api& api);

// "cl_image_desc" for "const struct cl_image_desc *" and the like: usable within an identifier.
std::string TypeWord(std::string_view type);

std::string FunctionEnumerator(const model::Function& function);  // kFunction_clFinish
std::string TypeEnumerator(std::string_view handle_type);         // kType_cl_mem
std::string CallbackEnumerator(const model::Function& function, const model::Callback& callback);
std::string ArgumentStructName(const model::Function& function);  // clFinishArgs
std::string UpcallStructName(const model::Function& function, const model::Callback& callback);
std::string StructWireName(const model::Shape& shape);  // cl_image_descWire
// Field of a translated struct member ("a.b" becomes a_b).
std::string MemberName(const model::Field& field);

}  // namespace lapis::emit
