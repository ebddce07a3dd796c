// SPDX-License-Identifier: Apache-2.0

// One parameter: from the argument structure to the local variable that the vendor library gets.

#include "lapis/emit/server_parts.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::Direction;
using model::HandleUse;
using model::Shape;
using model::ShapeKind;

// What a decoding expression needs to know of its place.
struct Site {
  FunctionText& out;
  int parameter;
  std::string from;  // "ava_args.ptr"
  std::string name;  // "ptr", quoted
};

std::string Type(std::string_view handle_type) { return "wire::" + TypeEnumerator(handle_type); }

std::string NullRule(const Shape& handle) { return handle.optional ? ", Null::kPassed" : ""; }

std::string ElementType(const Shape& buffer) {
  const std::string& type = buffer.pointee;
  return type.empty() || type == "void" ? "std::byte" : type;
}

std::string CountOf(const Site& site, const Shape& shape) {
  if (!shape.count) return "Wide{1}";
  if (!IsTrivial(site.out.function(), *shape.count)) site.out.Check();
  return WideExpression(site.out.function(), *shape.count);
}

// Bytes of the packed box. Reads region through pointers that may be NULL.
std::string RectBytes(const Site& site, const Shape& shape) {
  site.out.Check();
  return BoxBytes(site.out, shape.rect.region,
                  WideExpression(site.out.function(), shape.rect.element_bytes));
}

std::string Handles(const Site& site, const Shape& shape) {
  const Shape& handle = *shape.element;
  const std::string type = Type(handle.handle_type);
  switch (handle.use) {
    case HandleUse::kNew:
      if (IsOneNewHandle(shape))
        return "ava_call.New<" + handle.handle_type + ">(" + site.from + ", " + type + ")";
      return "ava_call.NewAll<" + handle.handle_type + ">(" + site.from + ", " + type + ", " +
             site.name + ", " + CountOf(site, shape) + ")";
    case HandleUse::kExisting:
      return "ava_call.Existing<" + handle.handle_type + ">(" + site.from + ", " + type + ", " +
             site.name + ", " + CountOf(site, shape) + ")";
    case HandleUse::kUse:
      break;
  }
  if (shape.null_terminated) {
    return "ava_call.UseList<" + handle.handle_type + ">(" + site.from + ", " + type + ", " +
           site.name + ", " + site.out.InvalidError(handle) + ")";
  }
  return "ava_call.UseAll<" + handle.handle_type + ">(" + site.from + ", " + type + ", " +
         site.name + ", " + CountOf(site, shape) + ", " + site.out.InvalidError(handle) +
         NullRule(handle) + ")";
}

std::string Nested(const Site& site, const Shape& shape) {
  const Shape& element = *shape.element;
  const std::string count = CountOf(site, shape);
  site.out.Check();
  if (element.kind == ShapeKind::kString) {
    const std::string length = element.count
                                   ? WideFunctionOfIndex(site.out.function(), *element.count)
                                   : "[](std::size_t) { return std::optional<Wide>(); }";
    if (shape.null_terminated)
      return "ava_call.StringList(" + site.from + ", " + site.name + ", " + length + ")";
    return "ava_call.Strings(" + site.from + ", " + site.name + ", " + count + ", " + length + ")";
  }
  const model::Expr one = {.text = "1"};
  std::string type = shape.pointee;  // "const unsigned char *"
  while (type.ends_with('*') || type.ends_with(' ')) type.pop_back();
  return "ava_call.Buffers<" + type + ">(" + site.from + ", " + site.name + ", " + count + ", " +
         WideFunctionOfIndex(site.out.function(), element.count ? *element.count : one) + ")";
}

std::string PlainBuffer(const Site& site, const Shape& shape, const std::string& count) {
  const std::string type = "<" + ElementType(shape) + ">(";
  const std::string rest = ", " + site.name + ", " + count;
  const bool until = shape.until_event >= 0;
  const bool interpreted = site.out.IsInterpreted(site.parameter);
  if (shape.direction == Direction::kIn) {
    return "ava_call.In" + type + site.from + rest +
           (until         ? ", Data::kUntil)"
            : interpreted ? ", Data::kInterpreted)"
                          : ")");
  }
  if (shape.direction == Direction::kInOut) {
    return "ava_call.InOut" + type + site.from + ", " + site.from + "_out" + rest +
           (shape.always ? ", true)" : ")");
  }
  const bool small = shape.count && shape.count->constant.has_value();
  if (!until && (small || interpreted || shape.kind == ShapeKind::kValueTable)) {
    return "ava_call.Out" + type + site.from + rest + ")";
  }
  return "ava_call.OutInPlace" + type + site.from + rest + (until ? ", Data::kUntil)" : ")");
}

std::string Structs(const Site& site, const Shape& shape) {
  const std::string type = shape.element->type;
  return "ava_call.Structs<" + type + ", wire::" + StructWireName(*shape.element) + ">(" +
         site.from + ", " + site.name + ", " + CountOf(site, shape) + ", Convert_" +
         TypeWord(type) + ")";
}

std::string String(const Site& site, const Shape& shape) {
  if (shape.direction != Direction::kIn) return PlainBuffer(site, shape, CountOf(site, shape));
  return "ava_call.String(" + site.from + ", " + site.name +
         (shape.count ? ", " + CountOf(site, shape) : "") + ")";
}

std::string Address(const Site& site, const Shape& shape) {
  const std::string count = shape.count ? CountOf(site, shape) : "Wide{1}";
  if (shape.address.frees)
    return "ava_call.FreeAddress(" + site.from + ", " + site.out.InvalidError(shape) + ")";
  return "ava_call.Address(" + site.from + ", " + count + ", " + site.out.InvalidError(shape) + ")";
}

std::string Addresses(const Site& site, const Shape& shape) {
  const std::string verb = shape.element->address.frees ? "FreeAddresses" : "Addresses";
  const Shape& invalid = shape.invalid ? shape : *shape.element;
  return "const_cast<" + shape.type + ">(ava_call." + verb + "(" + site.from + ", " + site.name +
         ", " + CountOf(site, shape) + ", " + site.out.InvalidError(invalid) + "))";
}

std::string OrAddress(const Site& site, const Shape& shape) {
  const std::string plain = PlainBuffer(site, shape, CountOf(site, shape));
  const std::string count = CountOf(site, shape);
  return "Call::IsAddress(" + site.from + ") ? ava_call.AddressIn<" + ElementType(shape) + ">(" +
         site.from + ", " + count + ", " + site.out.InvalidError(shape) + ") : " + plain;
}

// What an address maps or unmaps.
void EmitContents(const Site& site, const Shape& shape) {
  if (!HasContents(shape)) return;
  const std::string& name = site.out.parameter(site.parameter).name;
  const std::string where =
      "(" + name + ", ava_args." + ContentsName(name) + ", " + Quote(ContentsName(name));
  if (shape.address.maps)
    site.out.Line("ava_call.Brings" + where + ", " + CountOf(site, shape) + ");");
  if (shape.address.unmaps) site.out.Line("ava_call.TakesBack" + where + ");");
  site.out.Decoded();
}

// The value of everything that comes down to one pointer or one handle.
std::string Value(const Site& site, const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kHandle:
      return "ava_call.Use<" + shape.handle_type + ">(" + site.from + ", " +
             Type(shape.handle_type) + ", " + site.out.InvalidError(shape) + NullRule(shape) + ")";
    case ShapeKind::kAddress:
      return Address(site, shape);
    case ShapeKind::kBuffer:
      if (shape.address.instead) return OrAddress(site, shape);
      if (IsAddresses(shape)) return Addresses(site, shape);
      if (IsHandles(shape)) return Handles(site, shape);
      if (IsNested(shape)) return Nested(site, shape);
      if (IsStructs(shape)) return Structs(site, shape);
      return PlainBuffer(site, shape, CountOf(site, shape));
    case ShapeKind::kString:
      return String(site, shape);
    case ShapeKind::kValueTable:
      return PlainBuffer(site, shape, CountOf(site, shape));
    case ShapeKind::kProperties:
      return "ava_call.Properties<" + shape.pointee + ">(" + site.from + ", " + site.name + ", " +
             PropertyTypes(site.out, shape.properties) + ")";
    case ShapeKind::kRect: {
      Shape bytes = shape;
      bytes.pointee = "std::byte";
      return PlainBuffer(site, bytes, RectBytes(site, shape));
    }
    case ShapeKind::kMapped:
      return "ava_call.Unmaps(" + site.from + ")";
    default:
      return "nullptr";
  }
}

std::string CaseExpression(const Site& site, const Shape& shape) {
  std::string chain;
  for (std::size_t i = 0; i < shape.alternatives.size(); ++i) {
    const auto& condition = shape.alternatives[i].condition;
    if (condition)
      chain += Condition(site.out.function(), *condition) + " ? " + std::to_string(i) + " : ";
  }
  const std::size_t last =
      shape.alternatives.size() - (shape.alternatives.back().condition ? 0 : 1);
  return chain + std::to_string(last);
}

std::string BytesOf(const FunctionText& out, const Shape& shape) {
  if (shape.kind != ShapeKind::kBuffer || !shape.count) return "Wide{0}";
  return WideExpression(out.function(), *shape.count) + " * Wide{" +
         std::to_string(shape.size == 0 ? 1 : shape.size) + "}";
}

void EmitConditional(const Site& site, const Shape& shape, const std::string& declaration) {
  FunctionText& out = site.out;
  out.Check();
  out.Line(declaration + "{};");
  const std::string which = shape.guest_decides
                                ? "ava_call.GuestCase(" + site.from + "_case, " + site.name + ", " +
                                      std::to_string(shape.alternatives.size()) + ")"
                                : "ava_call.Case(" + site.from + "_case, " + site.name + ", " +
                                      CaseExpression(site, shape) + ")";
  const std::string& name = out.parameter(site.parameter).name;
  out.Line("switch (" + which + ") {");
  for (std::size_t i = 0; i < shape.alternatives.size(); ++i) {
    const Shape& alternative = *shape.alternatives[i].shape;
    out.Line("  case " + std::to_string(i) + ":  // " + Spot(alternative.where));
    out.Line("    " + name + " = " + Value(site, alternative) + ";");
    const Shape& fallback = *shape.alternatives.back().shape;
    if (shape.guest_decides && i + 1 < shape.alternatives.size()) {
      out.Line("    ava_call.AtLeast(" + name + ", " + site.name + ", " +
               BytesOf(out, alternative) + ", " + BytesOf(out, fallback) + ");");
    }
    out.Line("    break;");
  }
  out.Line("  default:");
  out.Line("    break;");
  out.Line("}");
  out.Decoded();
}

void EmitCallback(const Site& site, const Shape& shape) {
  FunctionText& out = site.out;
  const model::Callback& callback =
      out.function().callbacks[static_cast<std::size_t>(shape.callback)];
  const std::string& name = out.parameter(site.parameter).name;
  if (callback.userdata < 0) {
    out.Line("// " + name + ": not transferred, there is no user data that could tell calls apart");
    out.Line("if (" + site.from + " != 0) ava_call.Violate(" + site.name +
             ", \"a callback without user data\");");
    out.Line("const std::nullptr_t " + name + " = nullptr;");
    return;
  }
  std::vector<std::string> holds;
  for (const int held : callback.holds) {
    if (held >= 0) holds.push_back("ava_args." + out.parameter(held).name);
  }
  out.Line("const std::uintptr_t ava_callback_" + name + " = ava_call.Register(" + site.from +
           ", " + site.name + ", " + (callback.once ? "true" : "false") + ", {" +
           Join(holds, ", ") + "}" +
           (ShowsResult(out.function(), callback)
                ? ", ava_args.minted_result, " + Type(out.function().return_shape->handle_type)
                : "") +
           ");");
  out.Line("auto* " + name + " = ava_callback_" + name + " == 0 ? nullptr : &" +
           TrampolineName(out.function(), callback) + ";");
  out.Line("void* " + out.parameter(callback.userdata).name +
           " = reinterpret_cast<void*>(ava_callback_" + name + ");");
  out.Decoded();
}

void EmitScalar(const Site& site, const Shape& shape, const std::string& type,
                const std::string& declaration) {
  if (PassingOf(shape) == Passing::kBytes) {
    site.out.Line(declaration + " = std::bit_cast<" + type + ">(" + site.from + ");");
  } else {
    site.out.Line(declaration + " = static_cast<" + type + ">(" + site.from + ");");
  }
}

}  // namespace

void EmitParameter(FunctionText& out, int index) {
  const model::Function& function = out.function();
  const model::Parameter& parameter = out.parameter(index);
  const Site site{out, index, "ava_args." + parameter.name, Quote(parameter.name)};
  if (!parameter.shape) return;
  const Shape& shape = *parameter.shape;
  const std::string declaration =
      parameter.type + (parameter.type.ends_with('*') ? "" : " ") + parameter.name;
  if (function.error_by == model::ErrorBy::kParameter && index == function.error_parameter) {
    out.Line(shape.pointee + " ava_error{};");
    out.Line(declaration + " = &ava_error;");
    return;
  }
  switch (shape.kind) {
    case ShapeKind::kOpaque:
      return EmitScalar(site, shape, parameter.type, declaration);
    case ShapeKind::kIgnored:
      return out.Line(declaration + "{};  // not transferred");
    case ShapeKind::kUserdata:
      return;  // by its callback
    case ShapeKind::kCallback:
      return EmitCallback(site, shape);
    case ShapeKind::kConditional:
      return EmitConditional(site, shape, declaration);
    default:
      break;
  }
  out.Line(declaration + " = " + Value(site, shape) + ";");
  out.Decoded();
  EmitContents(site, shape);
  // A vendor library checks its arguments; the spec's own code need not.
  if (function.state == model::FunctionState::kInternal && shape.kind == ShapeKind::kString) {
    out.Line("if (" + parameter.name + " == nullptr) ava_call.Violate(" + site.name +
             ", \"NULL\");");
  }
}

std::string BoxBytes(const FunctionText& out, int region, const std::string& element) {
  const std::string place = "Widened(" + out.parameter(region).name + ")";
  return place + "[0] * " + place + "[1] * " + place + "[2] * " + element;
}

std::string PropertyTypes(const FunctionText& out, const model::Properties& properties) {
  if (properties.keys.empty()) return "[](auto) { return PropertyType{}; }";
  std::string text = "[](auto ava_key) -> PropertyType { ";
  for (const model::Properties::Key& key : properties.keys) {
    const Shape handle = {.kind = ShapeKind::kHandle, .handle_type = key.handle_type};
    text += "if (ava_key == " + key.key + ") return {" + Type(key.handle_type) + ", " +
            out.InvalidError(handle) + "}; ";
  }
  return text + "return {}; }";
}

namespace {

std::string FieldConversion(const FunctionText& api, const model::Field& field) {
  const std::string from = "from." + MemberName(field);
  if (field.shape->kind == ShapeKind::kHandle) {
    return "to." + field.name + " = ava_call.Use<" + field.shape->handle_type + ">(" + from + ", " +
           Type(field.shape->handle_type) + ", " + api.InvalidError(*field.shape) +
           ", Null::kPassed);\n";
  }
  if (field.shape->kind == ShapeKind::kString && !field.shape->count) {
    return "to." + field.name + " = ava_call.String(" + from + ", " + Quote(field.name) + ");\n";
  }
  if (field.shape->kind == ShapeKind::kOpaque) return "// " + field.name + ": its bits\n";
  // A pointer of the guest's means something else here.
  return "std::memset(&to." + field.name + ", 0, sizeof to." + field.name +
         ");  // not transferred\n";
}

}  // namespace

std::string StructConversions(const model::Api& api) {
  std::string text;
  const model::Function none;
  const FunctionText context(api, none);
  for (const Shape* shape : TranslatedStructs(api)) {
    std::string fields;
    for (const model::Field& field : shape->fields) fields += FieldConversion(context, field);
    text += Fill(R"(

$type$ Convert_$word$(Call& ava_call, const wire::$wire$& from) {
  auto to = std::bit_cast<$type$>(from.plain);
  $fields$
  return to;
}
)",
                 {{"type", shape->type},
                  {"word", TypeWord(shape->type)},
                  {"wire", StructWireName(*shape)},
                  {"fields", fields}});
  }
  return text;
}

}  // namespace lapis::emit
