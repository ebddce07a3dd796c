// SPDX-License-Identifier: Apache-2.0

// One function of the server: decode, check, call the vendor library, account for what it did.

#include <algorithm>

#include "lapis/emit/server_parts.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::ErrorBy;
using model::Function;
using model::HandleUse;
using model::Shape;
using model::ShapeKind;

bool ReturnsMapping(const Function& function) {
  return function.return_shape && function.return_shape->kind == ShapeKind::kMapped;
}

// What the call frees is nobody's from here on: another allocation may get its address at once.
void EmitFrees(FunctionText& out) {
  for (const model::Parameter& parameter : out.function().parameters) {
    if (!parameter.shape) continue;
    const Shape& shape =
        IsAddresses(*parameter.shape) ? *parameter.shape->element : *parameter.shape;
    if (!shape.address.frees) continue;
    const std::optional<model::Expr>& condition = shape.address.frees_if;
    out.Line((condition ? "if (" + Condition(out.function(), *condition) + ") " : "") +
             "ava_call.FreesNow();");
    out.Decoded();
    return out.Check();
  }
}

bool ReturnsNothing(const Function& function) { return function.return_type == "void"; }

std::string Argument(const FunctionText& out, int index) {
  return "ava_args." + out.parameter(index).name;
}

std::string TypeOf(std::string_view handle_type) { return "wire::" + TypeEnumerator(handle_type); }

// Ids first: whatever goes wrong later, they must be known.
void EmitMints(FunctionText& out) {
  const Function& function = out.function();
  for (std::size_t i = 0; i < function.parameters.size(); ++i) {
    const model::Parameter& parameter = function.parameters[i];
    if (!parameter.shape || (!IsOneNewHandle(*parameter.shape) && !IsNewHandles(*parameter.shape)))
      continue;
    const std::string verb =
        IsOneNewHandle(*parameter.shape) ? "ava_call.Mint(" : "ava_call.MintAll(";
    out.Line(verb + Argument(out, static_cast<int>(i)) + ", " +
             TypeOf(parameter.shape->element->handle_type) + ", " + Quote(parameter.name) + ");");
  }
  if (ReturnsNewHandle(function)) {
    out.Line("ava_call.Mint(ava_args.minted_result, " + TypeOf(function.return_shape->handle_type) +
             ", \"minted_result\");");
  }
}

bool IsImmortal(const FunctionText& out, const Shape& handle) {
  const model::HandleType* type = out.api().FindHandleType(handle.handle_type);
  return type != nullptr && type->immortal;
}

void EmitReferences(FunctionText& out) {
  for (const int index : out.function().retains) {
    const Shape& shape = *out.parameter(index).shape;
    if (shape.kind != ShapeKind::kHandle || IsImmortal(out, shape)) continue;
    out.Line("ava_call.Retains(" + Argument(out, index) + ", " + TypeOf(shape.handle_type) + ");");
  }
  for (const int index : out.function().releases) {
    const Shape& shape = *out.parameter(index).shape;
    if (shape.kind != ShapeKind::kHandle || IsImmortal(out, shape)) continue;
    out.Line("ava_call.Releases(" + Argument(out, index) + ", " + TypeOf(shape.handle_type) + ", " +
             out.InvalidError(shape) + ");");
  }
}

bool IsUntil(const model::Parameter& parameter) {
  return parameter.shape && parameter.shape->until_event >= 0;
}

// What the call leaves in use depends on whether it blocks, so that is decided before those
// parameters.
void EmitParameters(FunctionText& out) {
  const Function& function = out.function();
  std::vector<int> order = function.server_order;
  for (int i = 0; i < static_cast<int>(function.parameters.size()); ++i) {
    if (std::find(order.begin(), order.end(), i) == order.end()) order.push_back(i);
  }
  std::stable_partition(order.begin(), order.end(),
                        [&](int i) { return !IsUntil(out.parameter(i)); });
  bool decided = !function.blocking;
  const auto decide = [&] {
    if (decided) return;
    decided = true;
    out.Check();
    out.Line("ava_call.Blocks(" + Condition(function, *function.blocking) + ");");
  };
  EmitReservations(out, order, 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (IsUntil(out.parameter(order[i]))) decide();
    EmitParameter(out, order[i]);
    EmitReservations(out, order, i + 1);
  }
  decide();
}

void EmitMapping(FunctionText& out) {
  const Function& function = out.function();
  if (!ReturnsMapping(function)) return;
  const model::Mapping& mapping = function.return_shape->mapping;
  out.Check();
  std::string bytes = mapping.bytes ? WideExpression(function, *mapping.bytes) : "Wide{0}";
  if (mapping.region >= 0) bytes = BoxBytes(out, mapping.region, bytes);
  const std::string reads = mapping.reads ? Condition(function, *mapping.reads) : "true";
  const std::string writes = mapping.writes ? Condition(function, *mapping.writes) : "true";
  out.Line("ava_call.Maps(ava_args.mapping, ava_args.shadow, " + bytes + ", " + reads + ", " +
           writes + ");");
  out.Decoded();
}

void EmitShared(FunctionText& out) {
  if (!out.function().shared) return;
  const model::Shared& shared = *out.function().shared;
  const model::Parameter& parameter = out.parameter(shared.parameter);
  out.Check();
  out.Line("void* const ava_shared = ava_call.Shared(ava_args.shared_memory, \"shared_memory\", " +
           WideExpression(out.function(), shared.bytes) + ");");
  out.Line("if (ava_shared != nullptr) " + parameter.name + " = static_cast<" + parameter.type +
           ">(ava_shared);");
  out.Decoded();
}

// The vendor library says when it has no more use for the memory.
void EmitLent(FunctionText& out) {
  if (!out.function().shared) return;
  out.Line(Fill(R"(
if (ava_shared != nullptr) {
  void* const ava_lent = ava_call.Lend(ava_args.shared_memory);
  const auto ava_end = []($type$, void* lent) { worker::LentMemory::GiveBack(lent); };
  if (vendor.$told_by$ != nullptr) (void)vendor.$told_by$(result, ava_end, ava_lent);
}
)",
                {{"type", out.function().return_type}, {"told_by", out.function().end_told_by}}));
}

void EmitMapped(FunctionText& out) {
  if (!ReturnsMapping(out.function())) return;
  const model::Mapping& mapping = out.function().return_shape->mapping;
  if (mapping.region < 0) return out.Line("ava_call.Mapped(result);");
  const auto pitch = [&](int index) {
    if (index < 0) return std::string("0");
    const std::string& name = out.parameter(index).name;
    return name + " == nullptr ? 0 : *" + name;
  };
  out.Line("ava_call.Mapped(result, " + out.parameter(mapping.region).name + ", " +
           WideExpression(out.function(), *mapping.bytes) + ", " + pitch(mapping.row_pitch) + ", " +
           pitch(mapping.slice_pitch) + ");");
}

void EmitRequires(FunctionText& out) {
  for (const model::Require& require : out.function().requires_) {
    if (require.condition.uses_metadata || CallsFunction(require.condition.text)) {
      out.Line("// " + Spot(require.condition.where) +
               ": require: the guest's alone, it asks what only the guest knows");
      continue;
    }
    out.Check();
    out.Line("ava_call.Require(" + Condition(out.function(), require.condition) + ", " +
             require.error.text + ");  // " + Spot(require.condition.where));
    out.Decoded();
  }
}

void EmitHooks(FunctionText& out, const std::vector<model::Hook>& hooks) {
  for (const model::Hook& hook : hooks) out.Line("{\n" + SpecCode(hook.code, hook.where) + "}");
}

// The vendor library must give an event by which we see the data's end, also when the program wants
// none.
void EmitOwnEvent(FunctionText& out, int event) {
  if (event < 0) return;
  const std::string& name = out.parameter(event).name;
  out.Line(out.parameter(event).shape->pointee + " ava_own_event{};");
  out.Line("if (" + name + " == nullptr && ava_call.NeedsEvent()) " + name + " = &ava_own_event;");
}

// A value table's answer has a size, whether the program asks for it or not.
void EmitOwnSize(FunctionText& out) {
  const int table = ValueTableOf(out.function());
  if (table < 0 || !out.parameter(table).shape->used) return;
  for (const model::Parameter& parameter : out.function().parameters) {
    if (!parameter.shape || parameter.shape->kind != ShapeKind::kBuffer ||
        parameter.shape->direction == model::Direction::kIn)
      continue;
    if (!Names(out.parameter(table).shape->used->text, parameter.name)) continue;
    out.Line(parameter.shape->pointee + " ava_own_size{};");
    out.Line("if (" + parameter.name + " == nullptr) " + parameter.name + " = &ava_own_size;");
    return;
  }
}

std::string VendorArguments(const FunctionText& out) {
  std::vector<std::string> arguments;
  for (const model::Parameter& parameter : out.function().parameters)
    arguments.push_back(parameter.name);
  return Join(arguments, ", ");
}

// The box has come without gaps, and the vendor library is told so.
void EmitTightRects(FunctionText& out) {
  for (const model::Parameter& parameter : out.function().parameters) {
    if (!parameter.shape || parameter.shape->kind != ShapeKind::kRect) continue;
    const model::Rect& rect = parameter.shape->rect;
    if (rect.origin >= 0) {
      const std::string& origin = out.parameter(rect.origin).name;
      out.Line("if (" + origin + " != nullptr) " + origin + " = kTightOrigin.data();");
    }
    for (const int pitch : {rect.row_pitch, rect.slice_pitch}) {
      if (pitch >= 0) out.Line(out.parameter(pitch).name + " = 0;");
    }
  }
}

void EmitVendorCall(FunctionText& out) {
  const Function& function = out.function();
  EmitTightRects(out);
  const std::string arguments = VendorArguments(out);
  const std::string callee =
      (function.state == model::FunctionState::kInternal ? "::" : "vendor.") + function.name;
  std::string call = callee + "(" + arguments + ")";
  const std::string filtered = FilteredCall(out, call, arguments);
  if (!filtered.empty()) return out.Line(filtered);
  if (function.blocking || function.compiles) {
    call = std::string(function.compiles ? "ava_call.Compiling" : "ava_call.Blocking") +
           "([&] { return " + call + "; })";
  }
  out.Line((ReturnsNothing(function) ? "" : "const auto result = ") + call + ";");
}

std::string SuccessTest(const FunctionText& out) {
  const Function& function = out.function();
  if (ReturnsAllocation(function)) return "result != nullptr";
  const std::string success =
      function.success ? Parenthesized(*function.success) : Success(out.api());
  switch (function.error_by) {
    case ErrorBy::kReturn:
      return "result == " + success;
    case ErrorBy::kParameter:
      return "ava_error == " + Success(out.api());
    case ErrorBy::kNone:
      break;
  }
  return function.success ? "result == " + success : "true";
}

// The reply's result word and error.
std::string ResultAndError(const FunctionText& out) {
  const Function& function = out.function();
  const bool handle = function.return_shape && function.return_shape->kind == ShapeKind::kHandle;
  std::string result = "0";
  if (handle && function.return_shape->use == HandleUse::kExisting) {
    result = "ava_call.IdOf(" + TypeOf(function.return_shape->handle_type) + ", result)";
  } else if (ReturnsAllocation(function)) {
    result = "reinterpret_cast<std::uint64_t>(result)";
  } else if (!ReturnsNothing(function) && !handle && !ReturnsMapping(function)) {
    result = "ResultWord(result)";
  }
  if (function.error_by == ErrorBy::kReturn) return result + ", static_cast<std::int32_t>(result)";
  if (function.error_by == ErrorBy::kParameter) return result + ", ava_error";
  return result + ", 0";
}

// The reference that the trampoline has taken.
void EmitBoundEarly(FunctionText& out) {
  const Function& function = out.function();
  const bool shown = std::ranges::any_of(function.callbacks, [&](const model::Callback& callback) {
    return callback.userdata >= 0 && ShowsResult(function, callback);
  });
  if (!shown) return;
  const std::string& type = function.return_shape->handle_type;
  const Function* release = out.api().FindCounter(type, false);
  if (release == nullptr || out.api().FindCounter(type, true) == nullptr) return;
  out.Line("if (ava_call.bound_early()) (void)vendor." + release->name + "(result);");
}

void EmitMade(FunctionText& out, int event) {
  const Function& function = out.function();
  if (ReturnsNewHandle(function)) {
    out.Line("ava_call.NewResult(ava_args.minted_result, " +
             TypeOf(function.return_shape->handle_type) + ", result);");
  }
  const int table = ValueTableOf(function);
  out.Line("if (!ava_call.Made(" + SuccessTest(out) + ", " + ResultAndError(out) + ")) return;");
  EmitMapped(out);
  if (ReturnsAllocation(function)) {
    out.Line("ava_call.Allocated(result, ava_args.wanted, " +
             WideExpression(function, *function.return_shape->address.allocates) + ");");
  }
  EmitBoundEarly(out);
  if (event >= 0) {
    const std::string& name = out.parameter(event).name;
    out.Line("ava_call.CompletesWith(" + name + " == nullptr ? nullptr : *" + name + ", " + name +
             " == &ava_own_event);");
  }
  if (table >= 0) return EmitValueTranslation(out, table);
  for (const model::Parameter& parameter : function.parameters) {
    if (!parameter.shape || !parameter.shape->used || IsNewHandles(*parameter.shape)) continue;
    out.Line("ava_call.Produced(" + WideExpression(function, *parameter.shape->used) + ");");
    break;
  }
}

std::string IdOfPlace(const FunctionText& out, int index) {
  return index == kReturnValue ? "ava_args.minted_result" : Argument(out, index);
}

std::string IdOfField(const FunctionText& out, int parameter, const std::string& field) {
  const std::string& name = out.parameter(parameter).name;
  return "ava_call.KnownId(" + TypeOf(FieldHandleType(out.parameter(parameter), field)) + ", " +
         name + " == nullptr ? nullptr : " + name + "->" + field + ")";
}

void EmitEdges(FunctionText& out) {
  for (const Function::Edge& edge : out.function().depends_on) {
    const bool many = edge.child >= 0 && out.parameter(edge.child).shape &&
                      IsNewHandles(*out.parameter(edge.child).shape);
    const std::string elder =
        edge.field.empty() ? IdOfPlace(out, edge.parent) : IdOfField(out, edge.parent, edge.field);
    out.Line(std::string(many ? "ava_call.DependAllOn(" : "ava_call.DependsOn(") +
             IdOfPlace(out, edge.child) + ", " + elder + ");");
  }
  for (const model::Callback& callback : out.function().callbacks) {
    const bool result = std::find(callback.holds.begin(), callback.holds.end(), kReturnValue) !=
                        callback.holds.end();
    if (!result || callback.userdata < 0) continue;
    out.Line("ava_call.HoldForCallback(ava_callback_" + out.parameter(callback.parameter).name +
             ", ava_args.minted_result);");
  }
}

}  // namespace

std::string FunctionText::InvalidError(const Shape& handle) const {
  if (handle.invalid) return handle.invalid->text;
  const model::HandleType* type = api_.FindHandleType(handle.handle_type);
  return type != nullptr && type->invalid ? type->invalid->text : LostError(api_);
}

namespace {

// Code that asks only where `name` points does not look at what lies there.
std::string WithoutPlaces(std::string code, const std::string& name) {
  const std::string asks = "is_address(" + name + ")";
  for (std::size_t at = code.find(asks); at != std::string::npos; at = code.find(asks))
    code.erase(at, asks.size());
  return code;
}

}  // namespace

bool FunctionText::IsInterpreted(int index) const {
  const std::string& name = parameter(index).name;
  const auto names = [&](const std::optional<model::Expr>& expression) {
    return expression && Names(expression->text, name);
  };
  for (const model::Parameter& other : function_.parameters) {
    if (!other.shape) continue;
    const Shape& shape = *other.shape;
    if (names(shape.count) || names(shape.used) || (shape.element && names(shape.element->count)))
      return true;
    if (shape.kind == ShapeKind::kRect && shape.rect.region == index) return true;
  }
  if (ReturnsMapping(function_)) {
    const model::Mapping& mapping = function_.return_shape->mapping;
    if (mapping.region == index || mapping.row_pitch == index || mapping.slice_pitch == index)
      return true;
  }
  for (const model::Require& require : function_.requires_) {
    if (Names(require.condition.text, name)) return true;
  }
  for (const model::ResourceUse& use : function_.resources) {
    if (Names(use.amount.text, name)) return true;
  }
  for (const auto* hooks : {&function_.server_before, &function_.server_after}) {
    for (const model::Hook& hook : *hooks) {
      if (Names(WithoutPlaces(hook.code, name), name)) return true;
    }
  }
  return names(function_.blocking);
}

int FunctionText::CompletionEvent() const {
  for (const model::Parameter& parameter : function_.parameters) {
    if (IsUntil(parameter)) return parameter.shape->until_event;
  }
  return ReturnsMapping(function_) ? function_.completes : -1;
}

void FunctionText::Line(std::string_view text) {
  text_ += text;
  if (!text_.ends_with('\n')) text_ += '\n';
}

void FunctionText::Check() {
  if (checked_) return;
  Line("if (!ava_call.ok()) return;");
  checked_ = true;
}

bool HasCommand(const Function& function) {
  return function.state == model::FunctionState::kVirtual ||
         function.state == model::FunctionState::kInternal;
}

namespace {

// Of all calls that give one, so that the work under way can be counted.
int CompletionEvent(const FunctionText& out) {
  const int event = out.CompletionEvent();
  return event >= 0 ? event : out.function().completes;
}

// The program asks about an event of its own; the runtime may have a reference to it, too.
void EmitUnheld(FunctionText& out, const std::string& event_type) {
  const Function& function = out.function();
  if (!function.delivers || function.completes >= 0 || function.blocking || event_type.empty())
    return;
  for (const model::Parameter& parameter : function.parameters) {
    if (!parameter.shape || parameter.shape->kind != ShapeKind::kHandle ||
        parameter.shape->handle_type != event_type)
      continue;
    out.Line("const auto ava_unheld = ava_call.Unheld(" + parameter.name + ");");
  }
}

}  // namespace

std::string ServeFunction(const model::Api& api, const Function& function) {
  FunctionText out(api, function);
  EmitMints(out);
  EmitReferences(out);
  EmitParameters(out);
  EmitRequires(out);
  EmitMapping(out);
  EmitShared(out);
  if (function.state == model::FunctionState::kVirtual) {
    const std::string absent =
        function.unsupported_error ? function.unsupported_error->text : LostError(api);
    out.Line("ava_call.Require(vendor." + function.name + " != nullptr, " + absent + ");");
    out.Decoded();
  }
  out.Check();
  const int event = EventType(api).empty() ? -1 : CompletionEvent(out);
  EmitHooks(out, function.server_before);
  EmitOwnEvent(out, event);
  EmitOwnSize(out);
  EmitUnheld(out, EventType(api));
  EmitFrees(out);
  EmitVendorCall(out);
  EmitMade(out, event);
  EmitLent(out);
  EmitEdges(out);
  EmitResources(out);
  EmitHooks(out, function.server_after);
  const bool arguments = out.text().find("ava_args.") != std::string::npos;
  return Fill(R"(

// $spot$
// $prototype$
void Serve_$name$(Call& ava_call) {
  $arguments$
  $body$
}
)",
              {{"spot", Spot(function.where)},
               {"prototype", function.prototype},
               {"name", function.name},
               {"arguments", arguments ? "const auto& ava_args = ava_call.As<wire::" +
                                             ArgumentStructName(function) + ">();\n"
                                       : ""},
               {"body", out.text()}});
}

}  // namespace lapis::emit
