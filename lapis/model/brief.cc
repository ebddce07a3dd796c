// SPDX-License-Identifier: Apache-2.0

#include "lapis/model/brief.h"

namespace lapis::model {
namespace {

std::string Text(const Shape& shape, const Function& function);

std::string Name(const Function& function, int parameter) {
  if (parameter == -2) return "result";
  return parameter < 0 ? "-" : function.parameters[static_cast<std::size_t>(parameter)].name;
}

std::string DirectionText(const Shape& shape) {
  switch (shape.direction) {
    case Direction::kIn:
      return "in ";
    case Direction::kOut:
      return "out ";
    case Direction::kInOut:
      return "inout ";
  }
  return {};
}

std::string HandleText(const Shape& shape) {
  const char* use = shape.use == HandleUse::kNew        ? "new "
                    : shape.use == HandleUse::kExisting ? "existing "
                                                        : "";
  return use + shape.handle_type;
}

std::string BufferText(const Shape& shape, const Function& function) {
  const bool has_own_count = shape.element && shape.element->kind == ShapeKind::kBuffer;
  std::string text = DirectionText(shape) + (has_own_count ? "(" : "");
  text += shape.element ? Text(*shape.element, function) : shape.pointee;
  text +=
      std::string(has_own_count ? ")" : "") + "[" + (shape.count ? shape.count->text : "") + "]";
  if (shape.used) text += " used " + shape.used->text;
  if (shape.until_event >= 0) text += " until " + Name(function, shape.until_event);
  if (shape.address.instead) text += " or address";
  return text;
}

std::string AddressText(const Shape& shape) {
  std::string text = "address";
  if (shape.address.allocates) text += " of new[" + shape.address.allocates->text + "]";
  if (shape.count) text += "[" + shape.count->text + "]";
  if (shape.address.frees) text += " freed";
  if (shape.address.maps) text += " mapped";
  if (shape.address.unmaps) text += " unmapped";
  return text;
}

std::string ConditionalText(const Shape& shape, const Function& function) {
  std::string text;
  for (const Alternative& alternative : shape.alternatives) {
    if (!text.empty()) text += " else ";
    if (alternative.condition) text += "if " + alternative.condition->text + " then ";
    text += Text(*alternative.shape, function);
  }
  return "(" + text + ")";
}

std::string StructText(const Shape& shape, const Function& function) {
  std::string text;
  for (const Field& field : shape.fields) {
    text += (text.empty() ? "" : ", ") + field.name + ": " + Text(*field.shape, function);
  }
  return shape.type + "{" + text + "}";
}

std::string KindText(const Shape& shape, const Function& function) {
  switch (shape.kind) {
    case ShapeKind::kOpaque:
      return shape.type;
    case ShapeKind::kHandle:
      return HandleText(shape);
    case ShapeKind::kBuffer:
      return BufferText(shape, function);
    case ShapeKind::kString:
      return "string" + (shape.count ? "[" + shape.count->text + "]" : std::string());
    case ShapeKind::kCallback:
      return "callback";
    case ShapeKind::kUserdata:
      return "userdata";
    case ShapeKind::kValueTable:
      return "value by " + Name(function, shape.selector) + "[" +
             (shape.count ? shape.count->text : "") + "]";
    case ShapeKind::kProperties:
      return "properties";
    case ShapeKind::kRect:
      return DirectionText(shape) + "rect " + Name(function, shape.rect.region);
    case ShapeKind::kMapped:
      return "mapping of " + Name(function, shape.mapping.object);
    case ShapeKind::kAddress:
      return AddressText(shape);
    case ShapeKind::kStruct:
      return StructText(shape, function);
    case ShapeKind::kConditional:
      return ConditionalText(shape, function);
    case ShapeKind::kIgnored:
      return "ignored";
  }
  return {};
}

std::string Text(const Shape& shape, const Function& function) {
  const char* mark = shape.confidence == Confidence::kLikely ? " ~"
                     : shape.confidence == Confidence::kOpen ? " ?"
                                                             : "";
  return KindText(shape, function) + (shape.optional ? " or NULL" : "") + mark;
}

std::string List(const char* word, const std::vector<int>& parameters, const Function& function) {
  std::string text;
  for (const int parameter : parameters)
    text += (text.empty() ? "" : ", ") + Name(function, parameter);
  return text.empty() ? "" : std::string(" ") + word + "(" + text + ")";
}

std::string StateText(const Function& function) {
  switch (function.state) {
    case FunctionState::kVirtual:
      return {};
    case FunctionState::kUnsupported:
      return " unsupported";
    case FunctionState::kLocal:
      return " local";
    case FunctionState::kInternal:
      return " internal";
  }
  return {};
}

}  // namespace

std::string Brief(const Function& function) {
  std::string text = function.name + "(";
  for (std::size_t i = 0; i < function.parameters.size(); ++i) {
    const Parameter& parameter = function.parameters[i];
    const bool is_error =
        function.error_by == ErrorBy::kParameter && static_cast<int>(i) == function.error_parameter;
    text += (i == 0 ? "" : ", ") + parameter.name + ": " +
            (is_error ? "error" : Text(*parameter.shape, function));
  }
  text += ") -> " + (function.return_shape ? Text(*function.return_shape, function) : "void");
  text += StateText(function) + List("retains", function.retains, function) +
          List("releases", function.releases, function);
  if (function.async)
    text += function.async_if ? " async_if(" + function.async_if->text + ")" : " async";
  if (function.proven) text += " proven by " + Name(function, function.proven->owner);
  if (function.blocking) text += " blocking(" + function.blocking->text + ")";
  return text;
}

}  // namespace lapis::model
