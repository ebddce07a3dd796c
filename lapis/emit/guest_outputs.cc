// SPDX-License-Identifier: Apache-2.0

// Statements of a guest function that bring results to the program, and the thunks of its
// callbacks.

#include <vector>

#include "lapis/emit/guest_function.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::Direction;
using model::Shape;
using model::ShapeKind;

// Whether `ava_out_<name>` exists for the parameter.
bool HasOutput(const GuestFunction& guest, int index) {
  if (PassingOf(guest.function, index) == Passing::kNothing) return false;
  const Shape& shape = *guest.parameter(index).shape;
  if (shape.address.maps) return shape.until_event < 0 || guest.may_block();
  if (shape.kind == ShapeKind::kRect) return shape.direction != Direction::kIn;
  if (shape.kind != ShapeKind::kBuffer && shape.kind != ShapeKind::kValueTable) return false;
  if (IsHandles(shape) && shape.element->use == model::HandleUse::kNew) return false;
  return shape.direction != Direction::kIn && (shape.until_event < 0 || guest.may_block());
}

// `produced` of the reply counts the first output that has `used`; see docs/wire.md.
int ProducedParameter(const GuestFunction& guest) {
  int first_used = -1;
  for (int i = 0; i < static_cast<int>(guest.function.parameters.size()); ++i) {
    if (!HasOutput(guest, i)) continue;
    const Shape& shape = *guest.parameter(i).shape;
    if (shape.kind == ShapeKind::kValueTable) return i;
    if (shape.used && first_used < 0) first_used = i;
  }
  return first_used;
}

std::string UsedCount(const GuestFunction& guest, int index) {
  const Shape& shape = *guest.parameter(index).shape;
  if (index == ProducedParameter(guest)) return "ava_call.produced()";
  return shape.used ? Text(*shape.used) : "";
}

std::string CopyValueTable(const GuestFunction& guest, int index) {
  const Shape& shape = *guest.parameter(index).shape;
  const std::string output = "ava_out_" + guest.name(index);
  std::string text;
  int number = 0;
  for (const model::ValueRow& row : guest.function.values) {
    if (row.handle_type.empty() && !row.becomes && (!row.properties || row.keys.keys.empty()))
      continue;
    std::vector<std::string> tests;
    for (const std::string& selector : row.selectors)
      tests.push_back(guest.name(shape.selector) + " == " + selector);
    text += text.empty() ? "" : " else ";
    text += "if (" + Join(tests, " || ") + ") {\n  // " + Spot(row.where) + "\n";
    if (!row.handle_type.empty()) {
      text += "  ava_call.CopyHandles(" + output +
              ", ava_call.produced() / sizeof(void*), wire::" + TypeEnumerator(row.handle_type) +
              ", false);\n}";
      continue;
    }
    if (row.becomes) {
      text += "  ava_call.Copy(" + output + ", ava_call.produced());\n  guest::Becomes(" + output +
              ", ava_call.produced(), [&](auto answer) { return " + Text(*row.becomes) + "; });\n}";
      continue;
    }
    std::vector<std::string> keys;
    for (const model::Properties::Key& key : row.keys.keys) {
      keys.push_back("{.key = static_cast<std::uint64_t>(" + key.key +
                     "), .type = wire::" + TypeEnumerator(key.handle_type) + "}");
    }
    const std::string table = "kAvaRow" + std::to_string(++number);
    text += "  static constexpr guest::HandleKey " + table + "[] = {" + Join(keys, ", ") + "};\n";
    text += "  ava_call.CopyProperties(" + output + ", ava_call.produced(), " + table + ");\n}";
  }
  const std::string plain = "ava_call.Copy(" + output + ", ava_call.produced());\n";
  return text.empty() ? plain : text + " else {\n  " + plain + "}\n";
}

std::string CopyOutput(const GuestFunction& guest, int index) {
  const Shape& shape = *guest.parameter(index).shape;
  const std::string output = "ava_out_" + guest.name(index);
  if (shape.kind == ShapeKind::kValueTable) return CopyValueTable(guest, index);
  const std::string used = UsedCount(guest, index);
  if (IsHandles(shape)) {
    const std::string count = used.empty() ? BufferCount(guest, shape, guest.name(index)) : used;
    return "ava_call.CopyHandles(" + output + ", " + count +
           ", wire::" + TypeEnumerator(shape.element->handle_type) + ", true);\n";
  }
  if (used.empty() || shape.kind == ShapeKind::kRect) return "ava_call.Copy(" + output + ");\n";
  const std::uint64_t size = shape.size == 0 ? 1 : shape.size;
  return "ava_call.Copy(" + output + ", guest::Bytes(" + used + ", " + std::to_string(size) +
         "));\n";
}

// A callback's argument, decoded from the upcall.
std::string UpcallArgument(const model::Callback::Argument& argument) {
  const Shape& shape = *argument.shape;
  const std::string field = "ava_args." + argument.name;
  switch (PassingOf(shape)) {
    case Passing::kHandle:
      return "static_cast<" + argument.type + ">(guest::Session::Current().ProgramHandle(" + field +
             ", wire::" + TypeEnumerator(shape.handle_type) + "))";
    case Passing::kWord:
      return "static_cast<" + argument.type + ">(guest::Session::Current().addresses().Here(" +
             field + "))";
    case Passing::kBlob:
      if (IsAddresses(shape)) return "guest::UpcallAddresses(ava_record, " + field + ").data()";
      return "static_cast<" + argument.type + ">(guest::UpcallData(ava_record, " + field + "))";
    case Passing::kInteger:
      return "guest::FromResult<" + argument.type + ">(static_cast<std::uint64_t>(" + field + "))";
    case Passing::kFloating:
      return field;
    default:
      break;
  }
  return shape.kind == ShapeKind::kUserdata
             ? "static_cast<" + argument.type + ">(ava_entry.userdata)"
             : argument.type + "{}";
}

std::string CallbackThunk(const model::Function& function, const model::Callback& callback) {
  std::vector<std::string> types;
  std::vector<std::string> arguments;
  std::vector<std::string> lost;
  for (std::size_t i = 0; i < callback.arguments.size(); ++i) {
    const model::Callback::Argument& argument = callback.arguments[i];
    types.push_back(argument.type);
    arguments.push_back(UpcallArgument(argument));
    lost.push_back("guest::FromWord<" + argument.type + ">(ava_entry.lost[" + std::to_string(i) +
                   "])");
  }
  const std::string name =
      function.name + "_" + function.parameters[static_cast<std::size_t>(callback.parameter)].name;
  const Substitution type = {"type", callback.return_type + " (*)(" + Join(types, ", ") + ")"};
  std::string text = Fill(R"(
// $spot$
void Run_$name$(const guest::CallbackEntry& ava_entry, std::span<const std::byte> ava_record) {
  wire::$struct$ ava_args = {};
  if (!guest::ReadUpcall(ava_record, ava_args)) return;
  reinterpret_cast<$type$>(ava_entry.function)(
      $arguments$);
}
)",
                          {type,
                           {"spot", Spot(callback.where)},
                           {"name", name},
                           {"struct", UpcallStructName(function, callback)},
                           {"arguments", Join(arguments, ",\n")}});
  if (callback.lost.empty()) return text;
  return text + Fill(R"(
void Lost_$name$(const guest::CallbackEntry& ava_entry) {
  reinterpret_cast<$type$>(ava_entry.function)(
      $arguments$);
}
)",
                     {type, {"name", name}, {"arguments", Join(lost, ",\n")}});
}

}  // namespace

std::string GuestOutputs(const GuestFunction& guest) {
  std::string first;
  std::string last;  // what reads other outputs to know how much there is
  for (int i = 0; i < static_cast<int>(guest.function.parameters.size()); ++i) {
    if (!HasOutput(guest, i)) continue;
    const bool reads = guest.parameter(i).shape->used && i != ProducedParameter(guest);
    (reads ? last : first) += CopyOutput(guest, i);
  }
  return first + last;
}

std::string EmitCallbackThunks(const model::Api& /*api*/, const model::Function& function) {
  std::string text;
  for (const model::Callback& callback : function.callbacks)
    text += CallbackThunk(function, callback) + "\n";
  return text;
}

}  // namespace lapis::emit
