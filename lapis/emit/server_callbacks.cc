// SPDX-License-Identifier: Apache-2.0

// Trampolines: what the vendor library calls in place of the guest's callbacks. An exception must
// not run through that library's frames: it ends the worker.

#include "lapis/emit/server_parts.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::ShapeKind;

std::string ArgumentLine(const model::Callback::Argument& argument) {
  const model::Shape& shape = *argument.shape;
  const std::string to = "ava_args." + argument.name;
  switch (shape.kind) {
    case ShapeKind::kHandle:
      return to + " = ava_upcall.IdOf(wire::" + TypeEnumerator(shape.handle_type) + ", " +
             argument.name + ");\n";
    case ShapeKind::kString:
      return to + " = ava_upcall.String(" + argument.name + ", sizeof(ava_args));\n";
    case ShapeKind::kBuffer: {
      const std::string size = std::to_string(shape.size == 0 ? 1 : shape.size);
      const std::string count = shape.count ? Parenthesized(*shape.count) : "1";
      return to + " = ava_upcall.Buffer(" + argument.name + ", " + count +
             (size == "1" ? "" : " * " + size) + ", sizeof(ava_args));\n";
    }
    case ShapeKind::kAddress:
      return to + " = reinterpret_cast<std::uint64_t>(" + argument.name + ");\n";
    case ShapeKind::kOpaque:
      if (PassingOf(shape) == Passing::kBytes)
        return "std::memcpy(&" + to + ", &" + argument.name + ", sizeof(" + to + "));\n";
      return to + " = static_cast<decltype(" + to + ")>(" + argument.name + ");\n";
    default:
      return "// " + argument.name + ": not transferred\n";
  }
}

// What the call returns must outlive the call, should that fail: the guest's callback is late.
std::string KeepResult(const model::Api& api, const model::Function& function,
                       const model::Callback& callback, const model::Callback::Argument& argument) {
  if (!ShowsResult(function, callback) || argument.shape->kind != ShapeKind::kHandle ||
      argument.shape->handle_type != function.return_shape->handle_type)
    return {};
  const model::Function* retain = api.FindCounter(argument.shape->handle_type, true);
  return retain == nullptr ? ""
                           : "if (ava_upcall.bound_result()) (void)vendor." + retain->name + "(" +
                                 argument.name + ");\n";
}

std::string Trampoline(const model::Api& api, const model::Function& function,
                       const model::Callback& callback) {
  std::vector<std::string> parameters;
  std::string lines;
  std::string userdata = "nullptr";
  for (const model::Callback::Argument& argument : callback.arguments) {
    parameters.push_back(argument.type + (argument.type.ends_with('*') ? "" : " ") + argument.name);
    if (argument.shape->kind == ShapeKind::kUserdata) {
      userdata = argument.name;
    } else {
      lines += ArgumentLine(argument) + KeepResult(api, function, callback, argument);
    }
  }
  const bool returns = callback.return_type != "void" && !callback.return_type.empty();
  return Fill(R"(

// $spot$
$return$ $name$($parameters$) noexcept {
  Upcall ava_upcall(ava_session, $userdata$, wire::$id$);
  if (!ava_upcall.wanted()) return$nothing$;
  wire::$struct$ ava_args{};
  $lines$
  ava_upcall.Send(ava_args);
  $end$
}
)",
              {{"spot", Spot(callback.where.file.empty() ? function.where : callback.where)},
               {"return", returns ? callback.return_type : "void"},
               {"name", TrampolineName(function, callback)},
               {"parameters", Join(parameters, ", ")},
               {"userdata", userdata},
               {"id", CallbackEnumerator(function, callback)},
               {"nothing", returns ? " {}" : ""},
               {"struct", UpcallStructName(function, callback)},
               {"lines", lines},
               {"end", returns ? "return {};\n" : ""}});
}

}  // namespace

std::string TrampolineName(const model::Function& function, const model::Callback& callback) {
  return "Trampoline_" + function.name + "_" +
         function.parameters[static_cast<std::size_t>(callback.parameter)].name;
}

std::string Trampolines(const model::Api& api, const model::Function& function) {
  std::string text;
  for (const model::Callback& callback : function.callbacks) {
    if (callback.userdata >= 0) text += Trampoline(api, function, callback);
  }
  return text;
}

}  // namespace lapis::emit
