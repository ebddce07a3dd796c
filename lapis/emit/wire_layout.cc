// SPDX-License-Identifier: Apache-2.0

#include "lapis/emit/wire_layout.h"

#include <algorithm>
#include <cctype>

namespace lapis::emit {
namespace {

using model::Direction;
using model::HandleUse;
using model::Shape;
using model::ShapeKind;

constexpr std::uint64_t kBlobBytes = 24;

std::uint64_t RoundUp(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

class Layout {
 public:
  explicit Layout(std::string name) { result_.name = std::move(name); }

  void Add(std::string type, std::string name, std::uint64_t size, std::uint64_t alignment) {
    Pad(RoundUp(result_.size, alignment) - result_.size);
    result_.fields.push_back({.type = std::move(type),
                              .name = std::move(name),
                              .size = size,
                              .alignment = alignment,
                              .offset = result_.size});
    result_.size += size;
  }
  void AddBlob(std::string name) { Add("Blob", std::move(name), kBlobBytes, 8); }
  void AddWord(std::string name) { Add("std::uint64_t", std::move(name), 8, 8); }
  void AddHandle(std::string name) { Add("HandleId", std::move(name), 8, 8); }
  void AddBytes(std::string name, std::uint64_t size) {
    Add("std::array<std::byte, " + std::to_string(size) + ">", std::move(name), size, 8);
  }

  WireStruct Finish() && {
    if (result_.fields.empty()) AddWord("nothing");
    Pad(RoundUp(result_.size, 8) - result_.size);
    return std::move(result_);
  }

 private:
  void Pad(std::uint64_t bytes) {
    if (bytes == 0) return;
    result_.fields.push_back({.type = "std::array<std::byte, " + std::to_string(bytes) + ">",
                              .name = "padding_" + std::to_string(++paddings_),
                              .size = bytes,
                              .offset = result_.size,
                              .padding = true});
    result_.size += bytes;
  }

  WireStruct result_;
  int paddings_ = 0;
};

std::string IntegerType(const Shape& shape) {
  return std::string(shape.is_signed ? "std::int" : "std::uint") + std::to_string(shape.size * 8) +
         "_t";
}

Passing WidestAlternative(const Shape& shape) {
  for (const model::Alternative& alternative : shape.alternatives) {
    if (PassingOf(*alternative.shape) == Passing::kBlob) return Passing::kBlob;
  }
  return shape.alternatives.empty() ? Passing::kNothing
                                    : PassingOf(*shape.alternatives.front().shape);
}

void AddField(Layout& layout, const Shape& shape, Passing passing, const std::string& name) {
  if (shape.kind == ShapeKind::kConditional && passing != Passing::kNothing) {
    layout.Add("std::uint32_t", name + "_case", 4, 4);
  }
  switch (passing) {
    case Passing::kNothing:
      return;
    case Passing::kInteger:
      return layout.Add(IntegerType(shape), name, shape.size, shape.size);
    case Passing::kFloating:
      return layout.Add(shape.size == 4 ? "float" : "double", name, shape.size, shape.size);
    case Passing::kBytes:
      return layout.AddBytes(name, shape.size);
    case Passing::kHandle:
      return layout.AddHandle(name);
    case Passing::kWord:
      layout.AddWord(name);
      if (HasContents(shape)) layout.AddBlob(ContentsName(name));
      return;
    case Passing::kBlob:
      return layout.AddBlob(name);
    case Passing::kBlobs:
      layout.AddBlob(name);
      return layout.AddBlob(name + "_out");
    case Passing::kMapping:
      layout.AddWord("mapping");
      return layout.AddBlob("shadow");
  }
}

void CollectStructs(const Shape& shape, std::vector<const Shape*>& found) {
  if (shape.element) CollectStructs(*shape.element, found);
  for (const model::Alternative& alternative : shape.alternatives)
    CollectStructs(*alternative.shape, found);
  for (const model::Field& field : shape.fields) CollectStructs(*field.shape, found);
  if (shape.kind != ShapeKind::kStruct) return;
  for (const Shape* other : found) {
    if (StructWireName(*other) == StructWireName(shape)) return;
  }
  found.push_back(&shape);
}

}  // namespace

bool Travels(const model::Function& function) {
  return function.state == model::FunctionState::kVirtual ||
         function.state == model::FunctionState::kInternal;
}

bool IsHandles(const Shape& shape) {
  return shape.kind == ShapeKind::kBuffer && shape.element &&
         shape.element->kind == ShapeKind::kHandle;
}

bool IsOneNewHandle(const Shape& shape) {
  if (!IsHandles(shape) || shape.element->use != HandleUse::kNew) return false;
  return !shape.count || shape.count->constant == 1;
}

const std::string& FieldHandleType(const model::Parameter& parameter, const std::string& field) {
  const auto& fields = parameter.shape->element->fields;
  return std::ranges::find(fields, field, &model::Field::name)->shape->handle_type;
}

bool IsNewHandles(const Shape& shape) {
  return IsHandles(shape) && shape.element->use == HandleUse::kNew && !IsOneNewHandle(shape);
}

bool IsAddresses(const Shape& shape) {
  return shape.kind == ShapeKind::kBuffer && shape.element &&
         shape.element->kind == ShapeKind::kAddress;
}

bool HasContents(const Shape& shape) {
  return shape.kind == ShapeKind::kAddress && (shape.address.maps || shape.address.unmaps);
}

std::string ContentsName(std::string_view parameter) {
  return std::string(parameter) + "_contents";
}

bool IsNested(const Shape& shape) {
  return shape.kind == ShapeKind::kBuffer && shape.element &&
         (shape.element->kind == ShapeKind::kBuffer || shape.element->kind == ShapeKind::kString);
}

bool IsStructs(const Shape& shape) {
  return shape.kind == ShapeKind::kBuffer && shape.element &&
         shape.element->kind == ShapeKind::kStruct;
}

Passing PassingOf(const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kOpaque:
      if (shape.is_floating) return Passing::kFloating;
      if (shape.is_record) return Passing::kBytes;
      return shape.size == 1 || shape.size == 2 || shape.size == 4 || shape.size == 8
                 ? Passing::kInteger
                 : Passing::kBytes;
    case ShapeKind::kHandle:
      return Passing::kHandle;
    case ShapeKind::kBuffer:
      if (IsOneNewHandle(shape)) return Passing::kHandle;
      return shape.direction == Direction::kInOut ? Passing::kBlobs : Passing::kBlob;
    case ShapeKind::kString:
    case ShapeKind::kValueTable:
    case ShapeKind::kProperties:
    case ShapeKind::kStruct:
      return Passing::kBlob;
    case ShapeKind::kRect:
      return shape.direction == Direction::kInOut ? Passing::kBlobs : Passing::kBlob;
    case ShapeKind::kCallback:
    case ShapeKind::kMapped:
    case ShapeKind::kAddress:
      return Passing::kWord;
    case ShapeKind::kConditional:
      return WidestAlternative(shape);
    case ShapeKind::kUserdata:
    case ShapeKind::kIgnored:
      return Passing::kNothing;
  }
  return Passing::kNothing;
}

Passing PassingOf(const model::Function& function, int parameter) {
  if (function.error_by == model::ErrorBy::kParameter && function.error_parameter == parameter) {
    return Passing::kNothing;
  }
  const model::ShapePtr& shape = function.parameters[static_cast<std::size_t>(parameter)].shape;
  return shape ? PassingOf(*shape) : Passing::kNothing;
}

Passing PassingOfReturn(const model::Function& function) {
  if (!function.return_shape) return Passing::kNothing;
  const Shape& shape = *function.return_shape;
  if (shape.kind == ShapeKind::kMapped) return Passing::kMapping;
  if (shape.kind == ShapeKind::kAddress) return Passing::kWord;
  return shape.kind == ShapeKind::kHandle && shape.use == HandleUse::kNew ? Passing::kHandle
                                                                          : Passing::kNothing;
}

bool ShowsResult(const model::Function& function, const model::Callback& callback) {
  if (!callback.once || PassingOfReturn(function) != Passing::kHandle) return false;
  const std::string& type = function.return_shape->handle_type;
  return std::ranges::find(callback.holds, kReturnValue) != callback.holds.end() &&
         std::ranges::any_of(callback.arguments, [&](const model::Callback::Argument& argument) {
           return argument.shape->kind == ShapeKind::kHandle && argument.shape->handle_type == type;
         });
}

WireStruct ArgumentStruct(const model::Function& function) {
  Layout layout(ArgumentStructName(function));
  for (int i = 0; i < static_cast<int>(function.parameters.size()); ++i) {
    const model::Parameter& parameter = function.parameters[static_cast<std::size_t>(i)];
    const Passing passing = PassingOf(function, i);
    if (passing != Passing::kNothing) AddField(layout, *parameter.shape, passing, parameter.name);
  }
  const Passing returned = PassingOfReturn(function);
  if (returned != Passing::kNothing)
    AddField(layout, *function.return_shape, returned,
             returned == Passing::kWord ? "wanted" : "minted_result");
  if (function.shared) layout.AddBlob("shared_memory");
  return std::move(layout).Finish();
}

WireStruct UpcallStruct(const model::Function& function, const model::Callback& callback) {
  Layout layout(UpcallStructName(function, callback));
  for (const model::Callback::Argument& argument : callback.arguments) {
    AddField(layout, *argument.shape, PassingOf(*argument.shape), argument.name);
  }
  return std::move(layout).Finish();
}

WireStruct StructWire(const Shape& shape) {
  Layout layout(StructWireName(shape));
  layout.AddBytes("plain", shape.size);
  for (const model::Field& field : shape.fields) {
    const Passing passing = PassingOf(*field.shape);
    if (passing == Passing::kHandle || passing == Passing::kBlob || passing == Passing::kWord) {
      AddField(layout, *field.shape, passing, MemberName(field));
    }
  }
  return std::move(layout).Finish();
}

std::vector<const Shape*> TranslatedStructs(const model::Api& api) {
  std::vector<const Shape*> found;
  for (const model::Function& function : api.functions) {
    for (const model::Parameter& parameter : function.parameters) {
      if (parameter.shape) CollectStructs(*parameter.shape, found);
    }
  }
  return found;
}

std::string TypeWord(std::string_view type) {
  std::string out;
  std::string word;
  const auto flush = [&] {
    if (word != "const" && word != "struct" && word != "union" && word != "enum" && !word.empty()) {
      out += (out.empty() ? "" : "_") + word;
    }
    word.clear();
  };
  for (const char c : type) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      word += c;
    } else {
      flush();
    }
  }
  flush();
  return out;
}

std::string FunctionEnumerator(const model::Function& function) {
  return "kFunction_" + function.name;
}
std::string TypeEnumerator(std::string_view handle_type) {
  return "kType_" + TypeWord(handle_type);
}

std::string CallbackEnumerator(const model::Function& function, const model::Callback& callback) {
  return "kCallback_" + function.name + "_" +
         function.parameters[static_cast<std::size_t>(callback.parameter)].name;
}

std::string ArgumentStructName(const model::Function& function) { return function.name + "Args"; }

std::string UpcallStructName(const model::Function& function, const model::Callback& callback) {
  return function.name + "_" +
         function.parameters[static_cast<std::size_t>(callback.parameter)].name + "Upcall";
}

std::string StructWireName(const Shape& shape) { return TypeWord(shape.type) + "Wire"; }

std::string MemberName(const model::Field& field) {
  std::string name = field.name;
  for (char& c : name) {
    if (c == '.') c = '_';
  }
  return name;
}

}  // namespace lapis::emit
