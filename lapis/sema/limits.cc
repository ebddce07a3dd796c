// SPDX-License-Identifier: Apache-2.0

// What a header or a spec can say, and the generated code cannot do yet. Said here, not by the C++
// compiler or, worse, by nobody.

#include <algorithm>
#include <string>

#include "lapis/sema/passes.h"

namespace lapis::sema {
namespace {

using model::Function;
using model::FunctionState;
using model::Shape;
using model::ShapeKind;

bool Travels(const Function& function) {
  return function.state == FunctionState::kVirtual || function.state == FunctionState::kInternal;
}

// Names that generated code has for itself where a function's parameters are seen.
bool IsTaken(const std::string& name) { return name == "result" || name == "vendor"; }

void ReportParameters(Context& context, const Function& function) {
  const auto refuse = [&](const std::string& what) {
    context.diagnostics.Report(diag::kNotImplemented, PlaceOf(function.where), what)
        .With(": leave '" + function.name + "' out of symbols(…)");
  };
  for (const header::Variable& parameter : context.header.FindFunction(function.name)->parameters) {
    if (parameter.type->kind == header::TypeKind::kArray)
      refuse("an array of arrays or of a typedef, '" + parameter.name + "',");
    if (parameter.type->kind == header::TypeKind::kFunction)
      refuse("a function that is no pointer, '" + parameter.name + "',");
    if (IsTaken(parameter.name)) refuse("a parameter with the name '" + parameter.name + "'");
  }
}

class Limits {
 public:
  Limits(Context& context, const Function& function) : context_(context), function_(function) {}

  void Check() {
    CheckReturn();
    CheckEvent();
    for (const model::Parameter& parameter : function_.parameters)
      CheckShape(*parameter.shape, parameter.name);
    for (const model::Callback& callback : function_.callbacks) {
      for (const model::Callback::Argument& argument : callback.arguments)
        CheckShape(*argument.shape, argument.name);
    }
  }

 private:
  void CheckReturn() {
    const model::ShapePtr& returned = function_.return_shape;
    if (returned && returned->kind == ShapeKind::kAddress && !returned->address.allocates)
      Refuse(returned->where, "an address as the return value of '" + function_.name + "'",
             ": allocates(bytes, function), if it is new");
    const header::Type& type = *context_.header.FindFunction(function_.name)->result;
    if (type.kind != header::TypeKind::kRecord || context_.header.IsHandle(type)) return;
    Refuse(function_.where, "a struct as the return value of '" + function_.name + "'",
           ": make the function unsupported(…) or local");
  }

  // Data that is in use until an event: the worker has to see that it is complete.
  void CheckEvent() {
    int event = -1;
    for (const model::Parameter& parameter : function_.parameters)
      event = std::max(event, parameter.shape->until_event);
    const bool maps = function_.return_shape && function_.return_shape->kind == ShapeKind::kMapped;
    if (event < 0 && maps) event = function_.completes;
    if (event < 0) return;
    const std::string& name = function_.parameters[static_cast<std::size_t>(event)].shape->pointee;
    const model::HandleType* type = context_.api.FindHandleType(name);
    if (type != nullptr && !type->done.empty()) return;
    context_.diagnostics.Report(diag::kNoDone, PlaceOf(function_.where), name, function_.name)
        .With(": type(" + name + ") { done(f); }");
  }

  void CheckShape(const Shape& shape, const std::string& name) {
    if (shape.kind == ShapeKind::kStruct) {
      return Refuse(shape.where, "a member of the struct '" + name + "', which is passed by value,",
                    ": opaque, if its bits are all that counts");
    }
    if (shape.element && shape.element->kind == ShapeKind::kStruct) {
      CheckStructs(shape, name);
    } else if (shape.element) {
      CheckShape(*shape.element, name);
    }
    CheckAddress(shape, name);
    CheckList(shape, name);
    for (const model::Alternative& alternative : shape.alternatives) {
      if (alternative.shape->kind == ShapeKind::kAddress)
        Refuse(alternative.shape->where, "an 'if' around the address '" + name + "'", "");
      CheckShape(*alternative.shape, name);
    }
  }

  void CheckAddress(const Shape& shape, const std::string& name) {
    if (shape.address.instead && shape.direction == model::Direction::kInOut)
      Refuse(shape.where, "or_address of '" + name + "', which is in and out,", "");
    const bool array = shape.element && shape.element->kind == ShapeKind::kAddress;
    if (!array) return;
    if (shape.direction != model::Direction::kIn)
      Refuse(shape.where, "an output of addresses, '" + name + "',", "");
    if (shape.element->address.maps || shape.element->address.unmaps)
      Refuse(shape.element->where, "mapping all that '" + name + "' points to", "");
  }

  // What ends with NULL, and how both sides know how long it is.
  void CheckList(const Shape& shape, const std::string& name) {
    if (!shape.null_terminated) return;
    const bool is_list = shape.direction == model::Direction::kIn && shape.element &&
                         (shape.element->kind == ShapeKind::kString ||
                          (shape.element->kind == ShapeKind::kHandle &&
                           shape.element->use == model::HandleUse::kUse));
    if (!is_list)
      Refuse(shape.where, "null_terminated of '" + name + "'",
             ": it is for inputs that are arrays of strings or of handles");
  }

  void CheckStructs(const Shape& shape, const std::string& name) {
    if (shape.direction != model::Direction::kIn) {
      return Refuse(shape.where.file.empty() ? function_.where : shape.where,
                    "an output of structs with pointers, '" + name + "',",
                    ": element { opaque; }, if their bits are all that counts");
    }
    for (const model::Field& field : shape.element->fields) CheckField(field);
  }

  void CheckField(const model::Field& field) {
    const Shape& shape = *field.shape;
    const bool can = shape.kind == ShapeKind::kOpaque || shape.kind == ShapeKind::kIgnored ||
                     (shape.kind == ShapeKind::kString && !shape.count) ||
                     (shape.kind == ShapeKind::kHandle && shape.use == model::HandleUse::kUse);
    if (can) return;
    Refuse(shape.where, "this of the member '" + field.name + "'",
           ": a member is a handle, a string, opaque or ignore");
  }

  void Refuse(const model::Where& where, const std::string& what, const std::string& remedy) {
    context_.diagnostics.Report(diag::kNotImplemented, PlaceOf(where), what).With(remedy);
  }

  Context& context_;
  const Function& function_;
};

}  // namespace

void ReportTypes(Context& context) {
  for (const model::HandleType& type : context.api.handle_types) {
    const auto declared = context.header.types.find(type.name);
    if (declared == context.header.types.end() ||
        declared->second->kind == header::TypeKind::kPointer)
      continue;
    context.diagnostics
        .Report(diag::kNotImplemented, PlaceOf(type.where),
                "a handle that is no pointer, '" + type.name + "',")
        .With(": leave the functions that have it out of symbols(…)");
  }
}

void ReportLimits(Context& context) {
  ReportTypes(context);
  for (const Function& function : context.api.functions) {
    if (context.header.FindFunction(function.name)->is_variadic) {
      context.diagnostics
          .Report(diag::kNotImplemented, PlaceOf(function.where),
                  "'" + function.name + "', whose last parameter is '...',")
          .With(": leave it out of symbols(…)");
    }
    ReportParameters(context, function);
    if (function.state == FunctionState::kLocal && function.guest_before.empty())
      context.diagnostics.Report(diag::kNoAnswer, PlaceOf(function.where), function.name);
    if (Travels(function)) Limits(context, function).Check();
  }
}

}  // namespace lapis::sema
