// SPDX-License-Identifier: Apache-2.0

#include "lapis/emit/guest_function.h"

#include <vector>

#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::ErrorBy;
using model::FunctionState;

std::string Hooks(const std::vector<model::Hook>& hooks) {
  std::string text;
  for (const model::Hook& hook : hooks) text += "{\n" + SpecCode(hook.code, hook.where) + "}\n";
  return text;
}

std::string SuccessWord(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  if (function.success) return Text(*function.success);
  return function.error_by == ErrorBy::kReturn ? Success(guest.api) : "{}";
}

// What a call becomes for which there is no session.
std::string LostLambda(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  std::string body = Hooks(function.guest_lost) + GuestLostAnswers(guest);
  for (const int released : function.releases)
    body += "ava_call.Release(" + guest.name(released) + ");\n";
  for (const int retained : function.retains)
    body += "ava_call.Retain(" + guest.name(retained) + ");\n";
  const bool counts = !function.releases.empty() || !function.retains.empty();
  body +=
      counts ? "return " + SuccessWord(guest) + ";\n" : Refuse(guest, LostError(guest.api)) + "\n";
  const std::string head = "const auto ava_lost = [&]() -> " + function.return_type + " {";
  const std::string line = head + " " + body.substr(0, body.size() - 1) + " };\n";
  const bool single = body.find('\n') + 1 == body.size() && line.size() + 2 <= 101;
  return single ? line : head + "\n" + Indent(body, 2) + "};\n";
}

std::string Waits(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  std::string text;
  if (function.blocking) {
    text += "[[maybe_unused]] const bool ava_blocks = static_cast<bool>(" +
            Text(*function.blocking) + ");\n";
  }
  if (!guest.is_async()) return text + "const bool ava_waits = true;\n";
  if (function.proven) return text + ProvenWaits(guest);
  return text + "const bool ava_waits = ava_call.Waits(" + AsyncCondition(guest) + ");\n";
}

std::string Send(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  std::string text;
  for (const int consumed : function.consumes)
    text += "ava_call.Consume(" + guest.name(consumed) + ");\n";
  if (!function.releases.empty()) text += "ava_call.FlushSetters();\n";
  if (function.delivers) text += "ava_call.Delivers();\n";
  if (function.coalesce.empty()) {
    return text + "if (!ava_call.Send(&ava_args, ava_waits)) return ava_lost();\n";
  }
  std::vector<std::string> keys;
  for (std::size_t i = 1; i < function.coalesce.size(); ++i) {
    keys.push_back("guest::ToWord(" + guest.name(function.coalesce[i]) + ")");
  }
  return text +
         Fill(R"(
if (ava_waits || !ava_call.Keep($object$, guest::KeyOf($keys$), &ava_args)) {
  ava_call.Consume($object$);
  if (!ava_call.Send(&ava_args, ava_waits)) return ava_lost();
}
)",
              {{"object", guest.name(function.coalesce.front())}, {"keys", Join(keys, ", ")}});
}

std::string ReturnedValue(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  const model::Shape& shape = *function.return_shape;
  if (shape.kind == model::ShapeKind::kMapped) {
    return "static_cast<" + function.return_type + ">(ava_call.mapped_pointer())";
  }
  if (shape.kind == model::ShapeKind::kAddress) {
    return "static_cast<" + function.return_type + ">(ava_call.Allocated(ava_wanted))";
  }
  if (shape.kind == model::ShapeKind::kHandle && shape.use == model::HandleUse::kNew) {
    return "static_cast<" + function.return_type + ">(ava_result)";
  }
  if (shape.kind == model::ShapeKind::kHandle) {
    return "static_cast<" + function.return_type +
           ">(ava_call.session().ProgramHandle(ava_call.reply().result, wire::" +
           TypeEnumerator(shape.handle_type) + "))";
  }
  return "guest::FromResult<" + function.return_type + ">(ava_call.reply().result)";
}

// What comes back also from a call that the vendor library has refused.
std::string OutputsOfFailure(const GuestFunction& guest) {
  std::string text;
  for (const model::Parameter& parameter : guest.function.parameters) {
    if (parameter.shape && parameter.shape->always)
      text += "ava_call.CopyFailed(ava_out_" + parameter.name + ");\n";
  }
  return text;
}

// Reads the reply, and leaves when it is an error.
std::string Result(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  const Substitution success = {"success", Success(guest.api)};
  const Substitution status = {"status", guest.api.status_type};
  const Substitution type = {"type", function.return_type};
  const std::string failed = OutputsOfFailure(guest);
  if (function.error_by == ErrorBy::kReturn) {
    return Fill(R"(
$type$ result = ava_call.waited() ? guest::FromResult<$type$>(ava_call.reply().result) : $unwaited$;
if (result != $success$) $fail$
ava_call.Succeed();
)",
                {type,
                 success,
                 {"unwaited", SuccessWord(guest)},
                 {"fail", failed.empty() ? "return result;"
                                         : "{\n" + Indent(failed, 2) + "  return result;\n}"}});
  }
  const bool returns = function.return_shape != nullptr;
  const std::string value = returns ? "[[maybe_unused]] " + function.return_type +
                                          " result = " + ReturnedValue(guest) + ";\n"
                                    : "";
  if (function.error_by == ErrorBy::kNone) return "ava_call.Succeed();\n" + value;
  return Fill(R"(
const $status$ ava_error = ava_call.waited() ? static_cast<$status$>(ava_call.reply().error) : $success$;
if (ava_error != $success$) {
  $fail$
}
ava_call.Succeed();
if ($place$ != nullptr) *$place$ = $success$;
$value$
)",
              {status,
               success,
               {"fail", failed + Refuse(guest, "ava_error")},
               {"place", guest.name(function.error_parameter)},
               {"value", value}});
}

std::string Deferred(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  // Only calls by which the program synchronises: a query or a submission would be blamed for
  // another's failure.
  if (!function.delivers || !function.blocking || function.error_by != ErrorBy::kReturn) return {};
  return Fill(R"(
if (ava_blocks) {
  if (const auto ava_deferred = ava_call.session().TakeDeferredError(); ava_deferred != 0) {
    return static_cast<$type$>(ava_deferred);
  }
}
)",
              {{"type", function.return_type}});
}

// For the spec's code.
constexpr const char* kSharedMemory =
    "[[maybe_unused]] void* const ava_shared = ava_call.shared();\n";

constexpr std::string_view kVirtual = R"(
$signature$ {
  $before$
  $limits$
  guest::Payload<$payload$> ava_payload;
  wire::$args$ ava_args = {};
  guest::Call ava_call(wire::$id$, sizeof(ava_args), ava_payload);
  $lost$
  $checks$
  $answers$
  $waits$
  $inputs$
  $send$
  $result$
  $outputs$
  $effects$
  $after$
  $deferred$
  $return$
}
)";

bool Allocates(const model::Function& function) {
  return function.return_shape && function.return_shape->address.allocates.has_value();
}

std::string VirtualFunction(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  const std::string ask = "static " + Declare(function.return_type, AskName(function)) + "(" +
                          ParameterList(function) + ", std::uint64_t ava_wanted)";
  return Fill(kVirtual, {{"signature", Allocates(function) ? ask : Signature(function)},
                         {"before", Hooks(function.guest_before)},
                         {"limits", GuestLimits(guest)},
                         {"payload", std::to_string(PayloadBytes(guest))},
                         {"args", ArgumentStructName(function)},
                         {"id", FunctionEnumerator(function)},
                         {"lost", LostLambda(guest)},
                         {"checks", GuestChecks(guest)},
                         {"answers", GuestLocalAnswers(guest)},
                         {"waits", Waits(guest)},
                         {"inputs", GuestInputs(guest)},
                         {"send", Send(guest)},
                         {"result", Result(guest)},
                         {"outputs", GuestOutputs(guest)},
                         {"effects", GuestEffects(guest) + ProvenEffects(guest) +
                                         (function.shared ? kSharedMemory : "")},
                         {"after", Hooks(function.guest_after)},
                         {"deferred", Deferred(guest)},
                         {"return", function.return_shape ? "return result;\n" : ""}}) +
         (Allocates(function)
              ? "\n" + Signature(function) + " {\n" + Indent(GuestAllocation(guest), 2) + "}\n"
              : "");
}

// Without a call: no command stands behind it.
std::string PlainError(const GuestFunction& guest, const std::string& error) {
  const model::Function& function = guest.function;
  if (function.error_by == ErrorBy::kReturn) return "return " + error + ";\n";
  std::string text;
  if (function.error_by == ErrorBy::kParameter) {
    const std::string& place = guest.name(function.error_parameter);
    text = "if (" + place + " != nullptr) *" + place + " = " + error + ";\n";
  }
  return text + (function.return_type == "void" ? "" : "return {};\n");
}

// Also a function that is always refused looks at its handles, and at what is required, first.
std::string PlainChecks(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  if (function.error_by == ErrorBy::kNone) return {};
  std::string text;
  const auto check = [&](const std::string& holds, const std::string& error) {
    text += "if (!(" + holds + ")) {\n" + Indent(PlainError(guest, error), 2) + "}\n";
  };
  for (const model::Parameter& parameter : function.parameters) {
    const model::ShapePtr& shape = parameter.shape;
    if (!shape || shape->kind != model::ShapeKind::kHandle ||
        guest.api.FindHandleType(shape->handle_type) == nullptr)
      continue;
    check((shape->optional ? parameter.name + " == nullptr || " : "") + "guest::IsAlive(" +
              parameter.name + ")",
          InvalidError(guest, *shape));
  }
  for (const model::Require& require : function.requires_)
    check(Text(require.condition), Text(require.error));
  return text;
}

std::string UnsupportedFunction(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  const std::string error =
      function.unsupported_error ? Text(*function.unsupported_error) : LostError(guest.api);
  return "// Not virtualised: " + function.unsupported_reason + ".\n" +
         Fill(R"(
$signature$ {
  $checks$
  $error$
}
)",
              {{"signature", Signature(function)},
               {"checks", PlainChecks(guest)},
               {"error", PlainError(guest, error)}});
}

std::string LocalFunction(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  return Fill(
      R"(
$signature$ {
  $before$
  $error$
}
)",
      {{"signature", Signature(function)},
       {"before", Hooks(function.guest_before)},
       {"error", function.return_type == "void" ? "" : PlainError(guest, LostError(guest.api))}});
}

}  // namespace

std::string AsyncCondition(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  std::vector<std::string> conditions;
  if (function.blocking) conditions.push_back("!ava_blocks");
  for (int i = 0; i < static_cast<int>(function.parameters.size()); ++i) {
    const model::ShapePtr& shape = guest.parameter(i).shape;
    if (!shape || PassingOf(function, i) == Passing::kNothing) continue;
    const bool plain_output = shape->direction != model::Direction::kIn && shape->until_event < 0 &&
                              shape->kind != model::ShapeKind::kHandle && !IsOneNewHandle(*shape);
    if (plain_output) conditions.push_back(guest.name(i) + " == nullptr");
  }
  if (function.async_if) conditions.push_back("(" + Text(*function.async_if) + ")");
  return conditions.empty() ? "true" : Join(conditions, " && ");
}

std::string Declare(const std::string& type, const std::string& name) {
  if (const std::size_t star = type.find("(*)"); star != std::string::npos) {
    return type.substr(0, star + 2) + name + type.substr(star + 2);
  }
  if (const std::size_t bracket = type.find('['); bracket != std::string::npos) {
    return type.substr(0, bracket) + name + type.substr(bracket);
  }
  std::string left = type;
  while (left.ends_with(' ')) left.pop_back();
  std::size_t stars = 0;
  while (left.ends_with('*') || left.ends_with(' ')) {
    stars += left.ends_with('*') ? 1U : 0U;
    left.pop_back();
  }
  return left + std::string(stars, '*') + " " + name;
}

std::string ParameterList(const model::Function& function) {
  std::vector<std::string> parameters;
  for (const model::Parameter& parameter : function.parameters) {
    parameters.push_back(Declare(parameter.type, parameter.name));
  }
  return Join(parameters, ", ");
}

std::string Signature(const model::Function& function) {
  const bool internal = function.state == FunctionState::kInternal;
  std::string text = internal ? "" : "AVA_EXPORT ";
  return text + Declare(function.return_type, function.name) + "(" + ParameterList(function) + ")";
}

std::string AskName(const model::Function& function) { return "ava_ask_" + function.name; }

std::string Refuse(const GuestFunction& guest, const std::string& error) {
  const model::Function& function = guest.function;
  switch (function.error_by) {
    case ErrorBy::kReturn:
      return "return ava_call.Refuse<" + function.return_type + ">(" + error + ");";
    case ErrorBy::kParameter:
      return "return ava_call.Refuse<" + function.return_type + ", " + guest.api.status_type +
             ">(" + guest.name(function.error_parameter) + ", " + error + ");";
    case ErrorBy::kNone:
      break;
  }
  return function.return_type == "void" ? "return ava_call.CountLocal();" : "return {};";
}

std::string SuccessValue(const GuestFunction& guest) {
  return guest.function.return_type == "void" ? "return;" : "return " + SuccessWord(guest) + ";";
}

std::string EmitGuestFunction(const model::Api& api, const model::Function& function) {
  const GuestFunction guest = {.api = api, .function = function};
  const std::string head = "// " + Spot(function.where) + "\n";
  switch (function.state) {
    case FunctionState::kVirtual:
    case FunctionState::kInternal:
      return head + VirtualFunction(guest);
    case FunctionState::kUnsupported:
      return head + UnsupportedFunction(guest);
    case FunctionState::kLocal:
      return head + LocalFunction(guest);
  }
  return {};
}

}  // namespace lapis::emit
