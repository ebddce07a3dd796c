// SPDX-License-Identifier: Apache-2.0

// server.cc: the module that a worker loads; ava/worker/server_api.h says what it exports.

#include "lapis/emit/emit.h"
#include "lapis/emit/server_parts.h"
#include "lapis/emit/text.h"

namespace lapis::emit {
namespace {

std::string Lines(const std::vector<std::string>& lines) {
  return lines.empty() ? "" : Join(lines, "\n") + "\n";
}

std::string Functions(const model::Api& api) {
  std::string text;
  for (const model::Function& function : api.functions) {
    if (HasCommand(function)) text += Trampolines(api, function) + ServeFunction(api, function);
  }
  return text;
}

std::string Patterns(const model::Api& api) {
  std::string text;
  for (const std::string& pattern : api.environment) text += Quote(pattern) + ",\n";
  return text;
}

constexpr std::string_view kServer = R"(
$banner$
// clang-format off
$preamble$

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "$api$/wire.h"
#include "ava/worker/generated.h"

// Expressions of the spec stand here with other types than they were written for, and with names of their own.
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

$vendor$
// A function of the API for code of both sides; in the guest library it is that library's own.
#define AVA_API(function) (vendor.function)

// The process works for one guest, and so does this module.
ava::worker::Session* ava_session = nullptr;
[[maybe_unused]] bool is_address(const void* pointer) {
  return ava_session->addresses.Has(pointer, 1);
}
$metadata$

}  // namespace

$code$

namespace ava::$api$ {
namespace {

using worker::BlobField;
using worker::Call;
using worker::Capped;
using worker::Data;
using worker::ErrorBy;
using worker::FilteredValue;
using worker::FunctionEntry;
using worker::kFunctionAsync;
using worker::kFunctionBlocks;
using worker::kFunctionCompiles;
using worker::kFunctionDelivers;
using worker::kFunctionSubmits;
using worker::kTightOrigin;
using worker::Null;
using worker::PointersValue;
using worker::PropertyType;
using worker::ResourceEntry;
using worker::ResultWord;
using worker::ServerApi;
using worker::Upcall;
using worker::Wide;
using worker::Widened;
using worker::WithoutWords;

$resources$
$structs$
$functions$

$blobs$

constexpr std::array<FunctionEntry, $function_count$> kFunctions = {{
    $function_table$
}};

constexpr std::array<std::string_view, $environment_count$> kEnvironment = {{
    $environment$
}};

const char* OpenVendor(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return dlerror();
  for (const VendorEntry& entry : kVendorEntries) *entry.function = dlsym(library, entry.name);
  $found$
  return nullptr;
}

constexpr ServerApi kApi = {
    .name = $name$,
    .version = $version$,
    .digest = wire::kDigest.data(),
    .functions = kFunctions,
    .resources = kResources,
    .environment = kEnvironment,
    .vendor_library = $vendor_library$,
    .open_vendor = &OpenVendor,
    .bind_session = [](worker::Session* session) { ava_session = session; },
    $events$
};

}  // namespace
}  // namespace ava::$api$

extern "C" __attribute__((visibility("default"))) const ava::worker::ServerApi* ava_server_api() {
  return &ava::$api$::kApi;
}
)";

}  // namespace

std::vector<OutputFile> EmitServer(const model::Api& api) {
  std::string text =
      Fill(kServer,
           {{"banner", Banner(api, "The API server: decodes, checks, calls the vendor library.")},
            {"preamble", Lines(api.preamble)},
            {"api", api.name},
            {"vendor", VendorTable(api)},
            {"metadata", MetadataTypes(api)},
            {"code", ServerCode(api)},
            {"resources", ResourceIds(api)},
            {"structs", StructConversions(api)},
            {"functions", Functions(api)},
            {"blobs", BlobTables(api)},
            {"function_count", std::to_string(api.functions.size())},
            {"function_table", FunctionTable(api)},
            {"environment_count", std::to_string(api.environment.size())},
            {"environment", Patterns(api)},
            {"found", FoundFunctions(api)},
            {"name", Quote(api.name)},
            {"version", Quote(api.version)},
            {"vendor_library", Quote(api.vendor_library)},
            {"events", EventFunctions(api)}});
  return {{.path = "server.cc", .text = ResolveLines(WrapLines(text), "server.cc")}};
}

}  // namespace lapis::emit
