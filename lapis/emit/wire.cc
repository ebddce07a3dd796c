// SPDX-License-Identifier: Apache-2.0

// wire.h: ids and argument structures, shared by guest.cc and server.cc.

#include "lapis/emit/emit.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

std::string Struct(const WireStruct& layout) {
  std::string fields;
  std::string offsets;
  for (const WireField& field : layout.fields) {
    const bool bytes = field.type.starts_with("std::array") && !field.padding;
    fields += std::string(bytes ? "alignas(8) " : "") + field.type + " " + field.name + ";\n";
    if (field.padding) continue;
    offsets += "static_assert(offsetof(" + layout.name + ", " + field.name +
               ") == " + std::to_string(field.offset) + ");\n";
  }
  return Fill(R"(
struct $name$ {
  $fields$
};
$offsets$
static_assert(sizeof($name$) == $size$);
)",
              {{"name", layout.name},
               {"fields", fields},
               {"offsets", offsets},
               {"size", std::to_string(layout.size)}});
}

std::string FunctionIds(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions) {
    text += FunctionEnumerator(function) + " = " + std::to_string(function.id) + ",\n";
  }
  return text;
}

std::string TypeIds(const model::Api& api) {
  std::string text;
  for (const model::HandleType& type : api.handle_types) {
    text += TypeEnumerator(type.name) + " = " + std::to_string(type.id) + ",\n";
  }
  return text;
}

std::string CallbackIds(const model::Api& api) {
  std::string text;
  int id = 0;
  for (const model::Function& function : api.functions) {
    if (!Travels(function)) continue;
    for (const model::Callback& callback : function.callbacks) {
      text += CallbackEnumerator(function, callback) + " = " + std::to_string(++id) + ",\n";
    }
  }
  return text;
}

std::string Structs(const model::Api& api) {
  std::string text;
  for (const model::Shape* shape : TranslatedStructs(api))
    text += "\n" + Struct(StructWire(*shape));
  for (const model::Function& function : api.functions) {
    if (!Travels(function)) continue;
    text += "\n// " + Spot(function.where) + "\n" + Struct(ArgumentStruct(function));
    for (const model::Callback& callback : function.callbacks) {
      text += "\n" + Struct(UpcallStruct(function, callback));
    }
  }
  return text;
}

std::string DigestBytes(const model::Api& api) {
  std::string bytes;
  for (std::size_t i = 0; i < 32; ++i) {
    const std::string digits = api.digest.size() >= 2 * i + 2 ? api.digest.substr(2 * i, 2) : "00";
    bytes += "0x" + digits + (i == 31 ? "" : i == 15 ? ",\n    " : ", ");
  }
  return bytes;
}

constexpr std::string_view kHeader = R"(
$banner$
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ava/wire/blob.h"

namespace ava::$api$::wire {

using ::ava::wire::Blob;
using ::ava::wire::HandleId;

// Of everything in the spec that shapes this file; both sides of a session must agree.
inline constexpr std::array<unsigned char, 32> kDigest = {
    $digest$};

enum FunctionId : std::uint16_t {
  $functions$
};
inline constexpr std::uint16_t kFunctions = $function_count$;

enum TypeId : std::uint16_t {
  $types$
};
inline constexpr std::uint16_t kTypes = $type_count$;

$callbacks$
$structs$

}  // namespace ava::$api$::wire
)";

}  // namespace

std::vector<OutputFile> EmitWire(const model::Api& api) {
  const std::string callbacks = CallbackIds(api);
  std::string text = Fill(
      kHeader,
      {{"banner", Banner(api, "What travels; docs/wire.md has the rules.")},
       {"api", api.name},
       {"digest", DigestBytes(api)},
       {"functions", FunctionIds(api)},
       {"function_count", std::to_string(api.functions.size())},
       {"types", TypeIds(api)},
       {"type_count", std::to_string(api.handle_types.size())},
       {"callbacks", callbacks.empty() ? ""
                                       : Fill("enum CallbackId : std::uint16_t {\n  $ids$\n};\n",
                                              {{"ids", callbacks}})},
       {"structs", Structs(api)}});
  return {{.path = "wire.h", .text = WrapLines(text)}};
}

}  // namespace lapis::emit
