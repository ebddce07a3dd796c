// SPDX-License-Identifier: Apache-2.0

// What stands around the functions: the vendor's functions, metadata, the spec's code, the module's
// tables.

#include <algorithm>

#include "lapis/emit/server_parts.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::Shape;
using model::ShapeKind;

std::string Directory(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

}  // namespace

std::string EventType(const model::Api& api) {
  for (const model::Function& function : api.functions) {
    if (!HasCommand(function)) continue;
    int event = FunctionText(api, function).CompletionEvent();
    if (event < 0) event = function.completes;
    if (event < 0) continue;
    const std::string& type = function.parameters[static_cast<std::size_t>(event)].shape->pointee;
    const model::HandleType* handle = api.FindHandleType(type);
    if (handle != nullptr && !handle->done.empty()) return type;
  }
  return {};
}

namespace {

std::string BlobKind(const model::Function& function, const WireField& field) {
  if (field.name == "shared_memory" && function.shared) return "kShared";
  if (field.name == "shadow" && PassingOfReturn(function) == Passing::kMapping) return "kShadow";
  for (const model::Parameter& parameter : function.parameters) {
    if (!parameter.shape) continue;
    if (field.name != parameter.name && field.name != parameter.name + "_out" &&
        field.name != ContentsName(parameter.name))
      continue;
    if (parameter.shape->until_event >= 0) return "kUntil";
    if (IsNested(*parameter.shape)) return "kNested";
  }
  return "kPlain";
}

// What gives the device work says when that is complete, or what it takes.
bool Submits(const model::Function& function) {
  return function.completes >= 0 || function.compiles ||
         std::ranges::any_of(function.resources, [](const model::ResourceUse& use) {
           return use.kind == model::ResourceUse::Kind::kConsumes;
         });
}

std::string Flags(const model::Function& function) {
  std::vector<std::string> flags;
  if (function.blocking) flags.emplace_back("kFunctionBlocks");
  if (function.compiles) flags.emplace_back("kFunctionCompiles");
  if (function.delivers) flags.emplace_back("kFunctionDelivers");
  if (function.async) flags.emplace_back("kFunctionAsync");
  if (Submits(function)) flags.emplace_back("kFunctionSubmits");
  return flags.empty() ? "0" : Join(flags, " | ");
}

std::string ErrorByName(model::ErrorBy by) {
  switch (by) {
    case model::ErrorBy::kReturn:
      return "ErrorBy::kReturn";
    case model::ErrorBy::kParameter:
      return "ErrorBy::kParameter";
    case model::ErrorBy::kNone:
      break;
  }
  return "ErrorBy::kNone";
}

std::string BlobFields(const model::Function& function) {
  std::string fields;
  for (const WireField& field : ArgumentStruct(function).fields) {
    if (field.type != "Blob") continue;
    fields += "{offsetof(wire::" + ArgumentStructName(function) + ", " + field.name +
              "), BlobField::Kind::" + BlobKind(function, field) + "},\n";
  }
  return fields;
}

}  // namespace

std::string VendorTable(const model::Api& api) {
  std::string members;
  std::string entries;
  for (const model::Function& function : api.functions) {
    if (function.state == model::FunctionState::kInternal) continue;
    members += "decltype(&::" + function.name + ") " + function.name + " = nullptr;\n";
    const std::string entry =
        "{\"" + function.name + "\", reinterpret_cast<void**>(&vendor." + function.name + ")},\n";
    if (function.found_by.empty()) entries += entry;
  }
  return Fill(R"(
// The vendor library's functions; null: this one has none of that name.
struct Vendor {
  $members$
};
Vendor vendor;

struct VendorEntry {
  const char* name;
  void** function;
};
const VendorEntry kVendorEntries[] = {
    $entries$
};
)",
              {{"members", members}, {"entries", entries}});
}

std::string FoundFunctions(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions) {
    if (function.found_by.empty()) continue;
    const std::string finder = "vendor." + function.found_by;
    const std::string member = "vendor." + function.name;
    text += "if (" + finder + " != nullptr) {\n  " + member + " = reinterpret_cast<decltype(" +
            member + ")>(" + finder + "(\"" + function.name + "\"));\n}\n";
  }
  return text;
}

std::string MetadataTypes(const model::Api& api) {
  std::string text;
  for (const model::HandleType& type : api.handle_types) {
    if (type.metadata.empty() && api.metadata_struct.empty()) continue;
    const std::string structure =
        type.metadata.empty() ? api.metadata_struct : TypeWord(type.name) + "_metadata";
    if (!type.metadata.empty()) {
      text += "\n// " + Spot(type.metadata_where) + "\nstruct " + structure + " {\n" +
              SpecCode(type.metadata, type.metadata_where) + "};\n";
    }
    text += "[[maybe_unused]] " + structure + "* metadata(" + type.name +
            " ava_handle) {\n  return ava::worker::MetadataOf<" + structure +
            ">(ava_session, ava::" + api.name + "::wire::" + TypeEnumerator(type.name) +
            ", ava_handle);\n}\n";
  }
  return text;
}

std::string ServerCode(const model::Api& api) {
  std::string text;
  for (const model::CodeBlock& block : api.code) {
    if (block.side == model::CodeBlock::Side::kGuest) continue;
    if (!block.file.empty()) {
      text += "#include " + Quote(Directory(block.where.file) + block.file) + "  // " +
              Spot(block.where) + "\n";
    } else {
      text += SpecCode(block.code, block.where);
    }
  }
  return text;
}

std::string EventFunctions(const model::Api& api) {
  const std::string type = EventType(api);
  if (type.empty()) return {};
  const model::HandleType* handle = api.FindHandleType(type);
  const model::Function* retain = api.FindCounter(type, true);
  const model::Function* release = api.FindCounter(type, false);
  const auto call = [&](const model::Function* function) {
    return function == nullptr
               ? "static_cast<void>(ava_event);"
               : "(void)vendor." + function->name + "(static_cast<" + type + ">(ava_event));";
  };
  return Fill(R"(
.events = {
    .done = [](void* ava_event) { return ::$done$(static_cast<$type$>(ava_event)); },
    .retain = [](void* ava_event) { $retain$ },
    .release = [](void* ava_event) { $release$ },
},
)",
              {{"type", type},
               {"done", handle->done},
               {"retain", call(retain)},
               {"release", call(release)}});
}

std::string ResourceIds(const model::Api& api) {
  std::string text;
  for (std::size_t i = 0; i < api.resources.size(); ++i) {
    text += "[[maybe_unused]] constexpr std::uint16_t kResource_" + api.resources[i].name + " = " +
            std::to_string(i) + ";\n";
  }
  text += "constexpr std::array<ResourceEntry, " + std::to_string(api.resources.size()) +
          "> kResources = {{\n";
  for (const model::Resource& resource : api.resources) {
    text += "    {.name = " + Quote(resource.name) +
            ", .continuous = " + (resource.continuous ? "true" : "false") + "},\n";
  }
  return text + "}};\n";
}

std::string BlobTables(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions) {
    if (!HasCommand(function)) continue;
    const std::string fields = BlobFields(function);
    if (fields.empty()) continue;
    text += "constexpr BlobField kBlobs_" + function.name + "[] = {\n" + Indent(fields, 4) + "};\n";
  }
  return text;
}

std::string FunctionTable(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions) {
    if (!HasCommand(function)) {
      text += "{.name = \"" + function.name + "\"},\n";
      continue;
    }
    const std::string blobs =
        BlobFields(function).empty() ? "" : ",\n .blobs = kBlobs_" + function.name;
    text += "{.name = \"" + function.name + "\",\n .serve = &Serve_" + function.name +
            ",\n .args_bytes = sizeof(wire::" + ArgumentStructName(function) +
            "),\n .flags = " + Flags(function) +
            ",\n .error_by = " + ErrorByName(function.error_by) + blobs + "},\n";
  }
  return text;
}

}  // namespace lapis::emit
