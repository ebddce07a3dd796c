// SPDX-License-Identifier: Apache-2.0

// guest.cc of one API: its functions, and the tables by which the runtime knows them.

#include <algorithm>
#include <set>

#include "lapis/emit/emit.h"
#include "lapis/emit/guest_exports.h"
#include "lapis/emit/guest_function.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::FunctionState;

std::string MetadataType(const model::HandleType& type) {
  return TypeWord(type.name) + "_metadata";
}

// Objects of the type keep proofs for some function's proven(...).
bool OwnsProofs(const model::Api& api, const model::HandleType& type) {
  for (const model::Function& function : api.functions) {
    if (!function.proven) continue;
    const auto owner = static_cast<std::size_t>(function.proven->owner);
    if (function.parameters[owner].shape->handle_type == type.name) return true;
  }
  return false;
}

// What is kept with an object: the spec's, and what the language's own words need.
std::string KeptType(const model::Api& api, const model::HandleType& type) {
  const bool proofs = OwnsProofs(api, type);
  if (!proofs && type.metadata.empty()) return {};
  return MetadataType(type) + (proofs ? ", guest::WithProofs<" + MetadataType(type) + ">" : "");
}

std::string Metadata(const model::Api& api, const model::HandleType& type) {
  if (KeptType(api, type).empty()) return {};
  std::string text = Fill(
      R"(

struct $struct$ {
$body$};
inline $struct$* metadata($type$ handle) {
  return guest::MetadataOf<$struct$>(handle, wire::$id$);
}
)",
      {{"struct", MetadataType(type)},
       {"body", type.metadata.empty() ? "" : SpecCode(type.metadata, type.metadata_where)},
       {"type", type.name},
       {"id", TypeEnumerator(type.name)}});
  if (!OwnsProofs(api, type)) return text;
  return text + "inline guest::ProofSet* ProofsOf(" + type.name + " handle) {\n" +
         "  return guest::ProofsWith<" + MetadataType(type) +
         ">(handle, wire::" + TypeEnumerator(type.name) + ");\n}\n";
}

std::string AllMetadata(const model::Api& api) {
  std::string text;
  for (const model::HandleType& type : api.handle_types) text += Metadata(api, type);
  return text;
}

std::string HandleTraits(const model::Api& api) {
  std::string text;
  for (const model::HandleType& type : api.handle_types) {
    text += "template <>\ninline constexpr std::uint16_t kTypeOf<" + type.name + "> = " + api.name +
            "::wire::" + TypeEnumerator(type.name) + ";\n";
  }
  return text;
}

std::string InternalDeclarations(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions) {
    if (function.state == FunctionState::kInternal) {
      text += Declare(function.return_type, function.name) + "(" + ParameterList(function) + ");\n";
    }
  }
  return text;
}

std::string GuestCode(const model::Api& api) {
  std::string text;
  for (const model::CodeBlock& block : api.code) {
    if (block.side == model::CodeBlock::Side::kServer) continue;
    if (block.file.empty()) {
      text += "\n" + SpecCode(block.code, block.where);
      continue;
    }
    const std::size_t slash = block.where.file.rfind('/');
    const std::string folder =
        slash == std::string::npos ? "" : block.where.file.substr(0, slash + 1);
    text += "\n#include " + Quote(folder + block.file) + "  // " + Spot(block.where) + "\n";
  }
  return text;
}

std::string Functions(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions)
    text += "\n" + EmitGuestFunction(api, function);
  return text;
}

std::string Thunks(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions) {
    if (Travels(function)) text += EmitCallbackThunks(api, function);
  }
  return text;
}

bool MayShare(const model::Api& api, const model::HandleType& type) {
  return std::ranges::any_of(api.functions, [&](const model::Function& function) {
    return function.shared && function.return_shape->handle_type == type.name;
  });
}

std::string TypeTable(const model::Api& api) {
  std::string text = "{},\n";
  for (const model::HandleType& type : api.handle_types) {
    text += "{.name = " + Quote(type.name) + (type.immortal ? ", .immortal = true" : "") +
            (MayShare(api, type) ? ", .may_share = true" : "");
    if (const std::string kept = KeptType(api, type); !kept.empty()) {
      text += ",\n .make_metadata = &guest::MakeMetadata<" + kept +
              ">,\n .drop_metadata = &guest::DropMetadata<" + kept + ">";
    }
    text += "},\n";
  }
  return text;
}

std::string Release(const model::Api& api, const model::Function& function,
                    const model::Callback& callback) {
  if (!ShowsResult(function, callback)) return {};
  const std::string& type = function.return_shape->handle_type;
  const model::Function* release = api.FindCounter(type, false);
  return release == nullptr ? ""
                            : ",\n .release = [](void* handle) { (void)" + release->name +
                                  "(static_cast<" + type + ">(handle)); }";
}

std::string CallbackTable(const model::Api& api) {
  std::string text = "{},\n";
  for (const model::Function& function : api.functions) {
    if (!Travels(function)) continue;
    for (const model::Callback& callback : function.callbacks) {
      const std::string name =
          function.name + "_" +
          function.parameters[static_cast<std::size_t>(callback.parameter)].name;
      text += "{.name = " + Quote(name) + (callback.once ? ", .once = true" : "") +
              ", .run = &Run_" + name +
              (callback.lost.empty() ? "" : ", .run_lost = &Lost_" + name) +
              Release(api, function, callback) + "},\n";
    }
  }
  return text;
}

std::string NameTable(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions) text += Quote(function.name) + ",\n";
  return text;
}

std::string AddressTable(const model::Api& api) {
  std::set<std::string> names;
  for (const model::Function& function : api.functions) {
    const bool callable =
        function.state == FunctionState::kVirtual || function.state == FunctionState::kLocal;
    const bool known = !function.symbol_version.empty() || !function.found_by.empty();
    if (callable && known) names.insert(function.name);
  }
  if (IsIcd(api)) names.insert(std::string(kIcdEntry));
  std::string text;
  for (const std::string& name : names) {
    text += "{" + Quote(name) + ", reinterpret_cast<void*>(&::" + name + ")},\n";
  }
  return text;
}

std::string Environment(const model::Api& api) {
  std::string text;
  for (const std::string& pattern : api.environment) text += Quote(pattern) + ", ";
  return text + "nullptr";
}

constexpr std::string_view kFile = R"(
$banner$
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

$preamble$

#include "ava/guest/generated.h"
#include "$api$/wire.h"

namespace ava::guest {
$traits$
}  // namespace ava::guest

using ava::guest::is_address;
using ava::guest::named;
using ava::guest::names_handle;
namespace guest = ::ava::guest;
namespace wire = ::ava::$api$::wire;
$metadata$
extern "C" {
$internal$
}
$code$

extern "C" {
$functions$
$icd_entry$
}  // extern "C"

namespace {

$thunks$
$dispatch$
const char* const kNames[] = {
    $names$
};

const guest::TypeInfo kTypes[] = {
    $types$
};

const guest::CallbackInfo kCallbacks[] = {
    $callbacks$
};

const guest::NamedFunction kAddresses[] = {
    $addresses$
};

const char* const kEnvironment[] = {$environment$};

}  // namespace

const guest::ApiInfo guest::kApi = {
    .name = "$api$",
    .digest = ::ava::$api$::wire::kDigest.data(),
    .environment = kEnvironment,
    .dispatch = $dispatch_table$,
    .function_names = kNames,
    .types = kTypes,
    .callbacks = kCallbacks,
    .addresses = kAddresses,
    .connector = &guest::kTransportConnector,
};
)";

std::string GuestFile(const model::Api& api) {
  std::string preamble;
  for (const std::string& line : api.preamble) preamble += line + "\n";
  const std::string text =
      Fill(kFile, {{"banner", Banner(api, "The guest library.")},
                   {"preamble", preamble},
                   {"api", api.name},
                   {"traits", HandleTraits(api)},
                   {"metadata", AllMetadata(api)},
                   {"internal", InternalDeclarations(api)},
                   {"code", GuestCode(api)},
                   {"functions", Functions(api)},
                   {"icd_entry", IcdEntry(api)},
                   {"thunks", Thunks(api)},
                   {"dispatch", DispatchTable(api)},
                   {"names", NameTable(api)},
                   {"types", TypeTable(api)},
                   {"callbacks", CallbackTable(api)},
                   {"addresses", AddressTable(api)},
                   {"environment", Environment(api)},
                   {"dispatch_table", api.dispatch_struct.empty() ? "nullptr" : "&kDispatch"}});
  return ResolveLines(WrapLines(text), "guest.cc");
}

}  // namespace

std::vector<OutputFile> EmitGuest(const model::Api& api) {
  std::vector<OutputFile> files = {{.path = "guest.cc", .text = GuestFile(api)},
                                   {.path = "exports.map", .text = ExportsMap(api)}};
  if (IsIcd(api)) files.push_back({.path = "icd.map", .text = IcdMap()});
  return files;
}

}  // namespace lapis::emit
