// SPDX-License-Identifier: Apache-2.0

// Statements of a guest function that fill its argument structure.

#include <vector>

#include "lapis/emit/guest_function.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::Direction;
using model::Shape;
using model::ShapeKind;

// One place that is filled: a parameter, an alternative of it, an element, a member.
struct Place {
  std::string value;  // C expression
  std::string field;  // where it goes
  std::string name;   // of the parameter
};

std::string Encode(const GuestFunction& guest, const Shape& shape, const Place& place);

// "until(event)": used until the event completes, unless the call blocks for that.
std::string Kept(const GuestFunction& guest, const Shape& shape) {
  if (shape.until_event < 0) return "false";
  return guest.may_block() ? "!ava_blocks" : "true";
}

std::string Typed(const Shape& shape, const std::string& value) {
  return shape.type.empty() ? value : "static_cast<" + shape.type + ">(" + value + ")";
}

std::string EncodePlain(const Shape& shape, const Place& place) {
  switch (PassingOf(shape)) {
    case Passing::kInteger:
      return place.field + " = " +
             (shape.type.ends_with('*') ? "guest::ToWord(" + place.value + ")" : place.value) +
             ";\n";
    case Passing::kFloating:
      return place.field + " = " + place.value + ";\n";
    default:
      return "std::memcpy(&" + place.field + ", &" + place.value + ", sizeof(" + place.field +
             "));\n";
  }
}

std::string EncodeHandle(const GuestFunction& guest, const Shape& shape, const Place& place) {
  return Fill(R"(
if (!ava_call.$verb$($value$, wire::$type$, $field$)) {
  $refuse$
}
)",
              {{"verb", shape.optional ? "UseOptional" : "Use"},
               {"value", place.value},
               {"type", TypeEnumerator(shape.handle_type)},
               {"field", place.field},
               {"refuse", Refuse(guest, InvalidError(guest, shape))}});
}

std::string EncodeHandles(const GuestFunction& guest, const Shape& shape, const Place& place) {
  return Fill(R"(
if (!ava_call.UseAll($value$, $count$, wire::$type$, $optional$, $field$)) {
  $refuse$
}
)",
              {{"value", place.value},
               {"count", BufferCount(guest, shape, place.value)},
               {"type", TypeEnumerator(shape.element->handle_type)},
               {"optional", shape.element->optional ? "true" : "false"},
               {"field", place.field},
               {"refuse", Refuse(guest, InvalidError(guest, shape))}});
}

// An array whose elements are encoded one by one: strings, buffers, structs.
std::string EncodeEach(const GuestFunction& guest, const Shape& shape, const Place& place,
                       const std::string& item_type, const std::string& item) {
  return Fill(R"(
if ($value$ != nullptr) {
  const std::uint64_t ava_count = $count$;
  std::byte* ava_items = ava_call.Room(ava_count * sizeof($type$), $field$);
  for (std::size_t index = 0; ava_items != nullptr && index < ava_count; ++index) {
    $type$ ava_item = {};
    $item$
    std::memcpy(ava_items + index * sizeof(ava_item), &ava_item, sizeof(ava_item));
  }
}
)",
              {{"value", place.value},
               {"count", BufferCount(guest, shape, place.value)},
               {"type", item_type},
               {"field", place.field},
               {"item", item}});
}

std::string EncodeStructs(const GuestFunction& guest, const Shape& shape, const Place& place) {
  const Shape& element = *shape.element;
  std::string members;
  for (const model::Field& field : element.fields) {
    const Passing passing = PassingOf(*field.shape);
    if (passing == Passing::kNothing) {
      members += "std::memset(&ava_plain." + field.name + ", 0, sizeof ava_plain." + field.name +
                 ");  // not transferred\n";
    }
    if (passing != Passing::kHandle && passing != Passing::kBlob && passing != Passing::kWord)
      continue;
    members += "ava_plain." + field.name + " = {};\n";
    members += Encode(guest, *field.shape,
                      {.value = place.value + "[index]." + field.name,
                       .field = "ava_item." + MemberName(field),
                       .name = place.name});
  }
  const std::string item = "auto ava_plain = " + place.value + "[index];\n" + members +
                           "std::memcpy(&ava_item.plain, &ava_plain, sizeof(ava_plain));\n";
  return EncodeEach(guest, shape, place, "wire::" + StructWireName(element), item);
}

std::string EncodeNewHandles(const GuestFunction& guest, const Shape& shape, const Place& place) {
  const std::string type = "wire::" + TypeEnumerator(shape.element->handle_type);
  if (IsOneNewHandle(shape))
    return "ava_call.New(" + place.value + ", " + type + ", " + place.field + ");\n";
  return "ava_call.NewAll(" + place.value + ", " + BufferCount(guest, shape, place.value) + ", " +
         type + ", " + place.field + ");\n";
}

std::string EncodeOutput(const GuestFunction& guest, const Shape& shape, const Place& place,
                         const std::string& field) {
  const std::string arguments =
      "(" + place.value + ", " + BufferBytes(guest, shape) + ", " + field + ");\n";
  // Of what may be an address, it is declared before that is known.
  const std::string output =
      (shape.address.instead ? "ava_out_" : "guest::Output* ava_out_") + place.name;
  if (shape.until_event < 0) return output + " = ava_call.Out" + arguments;
  if (!guest.may_block()) return "ava_call.OutLater" + arguments;
  const std::string blocked =
      shape.in_place ? "InPlace(" + Text(*shape.in_place) + ", " + arguments.substr(1) : arguments;
  return (shape.address.instead ? "" : output + " = nullptr;\n") + "if (ava_blocks) {\n  ava_out_" +
         place.name + " = ava_call.Out" + blocked + "} else {\n  ava_call.OutLater" + arguments +
         "}\n";
}

std::string EncodeInMemory(const GuestFunction& guest, const Shape& shape, const Place& place) {
  if (IsAddresses(shape)) return AddressChecks(guest, shape, place.value, place.field);
  if (IsHandles(shape) && shape.element->use == model::HandleUse::kNew)
    return EncodeNewHandles(guest, shape, place);
  if (IsHandles(shape) && shape.direction == Direction::kIn)
    return EncodeHandles(guest, shape, place);
  if (IsNested(shape)) {
    return EncodeEach(
        guest, shape, place, "wire::Blob",
        Encode(guest, *shape.element,
               {.value = place.value + "[index]", .field = "ava_item", .name = place.name}));
  }
  if (IsStructs(shape)) return EncodeStructs(guest, shape, place);
  std::string text;
  if (shape.direction != Direction::kOut) {
    text += "ava_call.In(" + place.value + ", " + BufferBytes(guest, shape) + ", " + place.field +
            ", " + Kept(guest, shape) + ");\n";
  }
  if (shape.direction == Direction::kIn) return text;
  const std::string field =
      shape.direction == Direction::kInOut ? place.field + "_out" : place.field;
  return text + EncodeOutput(guest, shape, place, field);
}

std::string EncodeBuffer(const GuestFunction& guest, const Shape& shape, const Place& place) {
  const std::string in_memory = EncodeInMemory(guest, shape, place);
  return shape.address.instead
             ? OrAddress(guest, shape, place.name, place.value, place.field, in_memory)
             : in_memory;
}

std::string EncodeString(const GuestFunction& guest, const Shape& shape, const Place& place) {
  if (!shape.count) return "ava_call.String(" + place.value + ", " + place.field + ");\n";
  return Fill(
      R"(
if (const std::uint64_t ava_bytes = $count$; ava_bytes != 0) {
  ava_call.In($value$, ava_bytes, $field$);
} else {
  ava_call.String($value$, $field$);
}
)",
      {{"count", Guarded(guest, *shape.count)}, {"value", place.value}, {"field", place.field}});
}

std::string EncodeProperties(const GuestFunction& guest, const Shape& shape, const Place& place) {
  std::vector<std::string> keys;
  std::string error = LostError(guest.api);
  for (const model::Properties::Key& key : shape.properties.keys) {
    keys.push_back("{.key = static_cast<std::uint64_t>(" + key.key +
                   "), .type = wire::" + TypeEnumerator(key.handle_type) + "}");
    if (keys.size() == 1)
      error = InvalidError(guest, {.kind = ShapeKind::kHandle, .handle_type = key.handle_type});
  }
  if (keys.empty())
    return "(void)ava_call.Properties(" + place.value + ", {}, " + place.field + ");\n";
  return Fill(R"(
static constexpr guest::HandleKey kAvaKeys_$name$[] = {$keys$};
if (!ava_call.Properties($value$, kAvaKeys_$name$, $field$)) {
  $refuse$
}
)",
              {{"name", place.name},
               {"keys", Join(keys, ", ")},
               {"value", place.value},
               {"field", place.field},
               {"refuse", Refuse(guest, error)}});
}

std::string EncodeConditional(const GuestFunction& guest, const Shape& shape, const Place& place) {
  std::string text;
  int number = 0;
  for (const model::Alternative& alternative : shape.alternatives) {
    text += number == 0 ? "" : " else ";
    if (alternative.condition) text += "if (" + Text(*alternative.condition) + ") ";
    const Place inner = {
        .value = Typed(*alternative.shape, place.value), .field = place.field, .name = place.name};
    text += "{\n" +
            Indent(place.field + "_case = " + std::to_string(number++) + ";\n" +
                       Encode(guest, *alternative.shape, inner),
                   2) +
            "}";
  }
  return text + "\n";
}

std::string EncodeRect(const GuestFunction& guest, const Shape& shape, const Place& place) {
  const auto parameter = [&](int index, const char* absent) {
    return index < 0 ? std::string(absent) : guest.name(index);
  };
  std::string text = Fill(R"(
const ::ava::Rect ava_rect_$name$ =
    ::ava::Rect::Of($region$, $element$, $origin$, $row$, $slice$);
)",
                          {{"name", place.name},
                           {"region", parameter(shape.rect.region, "nullptr")},
                           {"element", Text(shape.rect.element_bytes)},
                           {"origin", parameter(shape.rect.origin, "nullptr")},
                           {"row", parameter(shape.rect.row_pitch, "0")},
                           {"slice", parameter(shape.rect.slice_pitch, "0")}});
  const std::string arguments = "(" + place.value + ", ava_rect_" + place.name + ", " + place.field;
  if (shape.direction != Direction::kOut)
    text += "ava_call.InRect" + arguments + ", " + Kept(guest, shape) + ");\n";
  if (shape.direction == Direction::kIn) return text;
  const std::string out = shape.direction == Direction::kInOut ? "_out" : "";
  return text + "guest::Output* ava_out_" + place.name + " = ava_call.OutRect" + arguments + out +
         ", " + Kept(guest, shape) + ");\n";
}

const model::Callback& CallbackOf(const GuestFunction& guest, const std::string& name) {
  for (const model::Callback& callback : guest.function.callbacks) {
    if (guest.name(callback.parameter) == name) return callback;
  }
  return guest.function.callbacks.front();
}

std::string EncodeCallback(const GuestFunction& guest, const Place& place) {
  const model::Callback& callback = CallbackOf(guest, place.name);
  std::vector<std::string> holds;
  for (const int held : callback.holds) {
    holds.push_back("guest::AsObject(" + (held == kReturnValue ? "ava_result" : guest.name(held)) +
                    ")");
  }
  std::vector<std::string> lost;
  for (std::size_t i = 0; i < callback.lost.size() && i < callback.arguments.size(); ++i) {
    lost.push_back("guest::ToWord<" + callback.arguments[i].type + ">(" + Text(callback.lost[i]) +
                   ")");
  }
  return Fill(R"(
if ($name$ != nullptr) {
  ava_call.Register({.callback = wire::$id$,
                     .function = reinterpret_cast<void (*)()>($name$),
                     .userdata = $userdata$,
                     .holds = {$holds$},
                     .lost = {$lost$}},
                    $field$);
}
)",
              {{"name", place.value},
               {"id", CallbackEnumerator(guest.function, callback)},
               {"userdata", callback.userdata < 0 ? "nullptr"
                                                  : "const_cast<void*>(static_cast<const void*>(" +
                                                        guest.name(callback.userdata) + "))"},
               {"holds", Join(holds, ", ")},
               {"lost", Join(lost, ", ")},
               {"field", place.field}});
}

std::string EncodeAddress(const GuestFunction& guest, const Shape& shape, const Place& place) {
  const model::Address& address = shape.address;
  std::string text = AddressChecks(guest, shape, place.value, place.field);
  const std::string contents = ContentsName(place.field);
  if (address.maps) {
    const Place seen = {.value = "(" + Text(*address.reads) + ") ? " + place.value + " : nullptr",
                        .field = contents,
                        .name = place.name};
    Shape bytes_of = shape;
    bytes_of.size = 1;
    text += EncodeOutput(guest, bytes_of, seen, contents);
  }
  if (address.unmaps) text += "ava_call.TakeBack(" + place.value + ", " + contents + ");\n";
  return text;
}

std::string Encode(const GuestFunction& guest, const Shape& shape, const Place& place) {
  switch (shape.kind) {
    case ShapeKind::kOpaque:
      return EncodePlain(shape, place);
    case ShapeKind::kHandle:
      return EncodeHandle(guest, shape, place);
    case ShapeKind::kBuffer:
      return EncodeBuffer(guest, shape, place);
    case ShapeKind::kString:
      return EncodeString(guest, shape, place);
    case ShapeKind::kValueTable:
      return EncodeOutput(guest, shape, place, place.field);
    case ShapeKind::kProperties:
      return EncodeProperties(guest, shape, place);
    case ShapeKind::kRect:
      return EncodeRect(guest, shape, place);
    case ShapeKind::kConditional:
      return EncodeConditional(guest, shape, place);
    case ShapeKind::kCallback:
      return EncodeCallback(guest, place);
    case ShapeKind::kMapped:
      return "ava_call.Unmap(" + guest.name(shape.mapping.object) + ", " + place.value + ", " +
             place.field + ");\n";
    case ShapeKind::kAddress:
      return EncodeAddress(guest, shape, place);
    case ShapeKind::kStruct:
    case ShapeKind::kUserdata:
    case ShapeKind::kIgnored:
      break;
  }
  return {};
}

std::string ReturnedHandle(const GuestFunction& guest) {
  const Shape& shape = *guest.function.return_shape;
  return "void* const ava_result = ava_call.NewResult(wire::" + TypeEnumerator(shape.handle_type) +
         ", ava_args.minted_result);\n";
}

// The outputs that say how far apart the rows and slices of a box are.
std::string MappedBox(const GuestFunction& guest, const model::Mapping& mapping) {
  if (mapping.region < 0) return {};
  std::string text = ",\n.boxed = true,\n.region = " + guest.name(mapping.region);
  if (mapping.origin >= 0) text += ",\n.origin = " + guest.name(mapping.origin);
  text += ",\n.row_pitch = ava_out_" + guest.name(mapping.row_pitch);
  if (mapping.slice_pitch >= 0)
    text += ",\n.slice_pitch = ava_out_" + guest.name(mapping.slice_pitch);
  return text;
}

std::string ReturnedMapping(const GuestFunction& guest) {
  const model::Mapping& mapping = guest.function.return_shape->mapping;
  const auto text = [](const std::optional<model::Expr>& expression, const char* absent) {
    return expression ? Text(*expression) : std::string(absent);
  };
  return Fill(R"(
ava_call.Map($object$,
             {.bytes = $bytes$,
              .reads = static_cast<bool>($reads$),
              .writes = static_cast<bool>($writes$),
              .blocks = $blocks$,
              .host = $host$$shared$$box$},
             ava_args.mapping, ava_args.shadow);
)",
              {{"object", guest.name(mapping.object)},
               {"bytes", text(mapping.bytes, "0")},
               {"reads", text(mapping.reads, "true")},
               {"writes", text(mapping.writes, "true")},
               {"blocks", guest.may_block() ? "ava_blocks" : "true"},
               {"host", text(mapping.host, "nullptr")},
               {"shared", mapping.shared ? ",\n.shared = " + Text(*mapping.shared) : ""},
               {"box", MappedBox(guest, mapping)}});
}

// The data goes where the object will have its memory, or travels by itself.
std::string SharedOr(const GuestFunction& guest, const Shape& shape, const std::string& encoded) {
  const model::Shared& shared = *guest.function.shared;
  return Fill(R"(
if (!static_cast<bool>($when$) ||
    !ava_call.Share(ava_result, $bytes$, $data$, $data$ == nullptr ? 0 : $data_bytes$,
                    ava_args.shared_memory)) {
  $encoded$
}
)",
              {{"when", Text(shared.when)},
               {"bytes", Guarded(guest, shared.bytes)},
               {"data", guest.name(shared.parameter)},
               {"data_bytes", BufferBytes(guest, shape)},
               {"encoded", encoded}});
}

bool CarriesBytes(const Shape& shape) {
  if (shape.kind == ShapeKind::kConditional) {
    for (const model::Alternative& alternative : shape.alternatives) {
      if (CarriesBytes(*alternative.shape)) return true;
    }
    return false;
  }
  return shape.direction != Direction::kOut &&
         (shape.address.unmaps || shape.kind == ShapeKind::kString ||
          shape.kind == ShapeKind::kRect ||
          (shape.kind == ShapeKind::kBuffer && !IsHandles(shape)));
}

// An output of which the call fills only so much as there is.
bool IsFilledInPart(const Shape& shape) {
  return shape.used && shape.direction != Direction::kIn &&
         (shape.kind == ShapeKind::kBuffer || shape.kind == ShapeKind::kValueTable);
}

}  // namespace

std::string BufferCount(const GuestFunction& guest, const Shape& shape, const std::string& value) {
  if (shape.null_terminated) return "guest::CountToNull(" + value + ")";
  return shape.count ? Guarded(guest, *shape.count) : "1";
}

std::string BufferBytes(const GuestFunction& guest, const Shape& shape) {
  const std::string count = shape.count ? Guarded(guest, *shape.count) : "1";
  const std::uint64_t size = shape.size == 0 ? 1 : shape.size;
  if (size == 1) return count;
  return shape.count && shape.count->constant == 1
             ? std::to_string(size)
             : "guest::Bytes(" + count + ", " + std::to_string(size) + ")";
}

std::size_t PayloadBytes(const GuestFunction& guest) {
  constexpr std::size_t kNone = 8;
  constexpr std::size_t kIds = 1024;
  constexpr std::size_t kData = 4096 + 512;
  std::size_t bytes = kNone;
  for (int i = 0; i < static_cast<int>(guest.function.parameters.size()); ++i) {
    const Passing passing = PassingOf(guest.function, i);
    if (passing != Passing::kBlob && passing != Passing::kBlobs &&
        !guest.parameter(i).shape->address.unmaps)
      continue;
    if (CarriesBytes(*guest.parameter(i).shape)) return kData;
    bytes = kIds;
  }
  return bytes;
}

std::string GuestLimits(const GuestFunction& guest) {
  std::string text;
  for (const model::Parameter& parameter : guest.function.parameters) {
    if (!parameter.shape || !IsFilledInPart(*parameter.shape) || !parameter.shape->count) continue;
    const model::Expr& count = *parameter.shape->count;
    if (count.parameters.size() != 1) continue;
    const std::string& name = guest.name(count.parameters.front());
    if (count.text != name) continue;
    const bool value = parameter.shape->kind == ShapeKind::kValueTable;
    text += Fill("$name$ = guest::AtMost($name$, guest::$most$);\n",
                 {{"name", name}, {"most", value ? "kValueBytesMax" : "kEntriesMax"}});
  }
  return text;
}

std::string GuestInputs(const GuestFunction& guest) {
  std::string text;
  const Passing returned = PassingOfReturn(guest.function);
  if (returned == Passing::kHandle) text += ReturnedHandle(guest);
  if (returned == Passing::kWord) text += "ava_args.wanted = ava_wanted;\n";
  for (int i = 0; i < static_cast<int>(guest.function.parameters.size()); ++i) {
    const model::ShapePtr& shape = guest.parameter(i).shape;
    if (PassingOf(guest.function, i) == Passing::kNothing || shape->kind == ShapeKind::kHandle)
      continue;
    const std::string encoded = Encode(
        guest, *shape,
        {.value = guest.name(i), .field = "ava_args." + guest.name(i), .name = guest.name(i)});
    const bool may_share = guest.function.shared && guest.function.shared->parameter == i;
    text += may_share ? SharedOr(guest, *shape, encoded) : encoded;
  }
  if (returned == Passing::kMapping) text += ReturnedMapping(guest);
  return text;
}

}  // namespace lapis::emit
