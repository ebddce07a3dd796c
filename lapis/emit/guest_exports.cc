// SPDX-License-Identifier: Apache-2.0

#include "lapis/emit/guest_exports.h"

#include <algorithm>
#include <set>

#include "lapis/emit/text.h"

namespace lapis::emit {
namespace {

const model::Function* FindExported(const model::Api& api, const std::string& name) {
  for (const model::Function& function : api.functions) {
    if (function.name == name && function.state != model::FunctionState::kInternal)
      return &function;
  }
  return nullptr;
}

}  // namespace

bool IsIcd(const model::Api& api) {
  return !api.dispatch_struct.empty() && FindExported(api, "clGetPlatformIDs") != nullptr;
}

std::string IcdEntry(const model::Api& api) {
  if (!IsIcd(api) || FindExported(api, std::string(kIcdEntry)) != nullptr) return {};
  return R"(
// A loader in front of this library asks here.
AVA_EXPORT cl_int clIcdGetPlatformIDsKHR(cl_uint num_entries, cl_platform_id* platforms,
                                         cl_uint* num_platforms) {
  return clGetPlatformIDs(num_entries, platforms, num_platforms);
}
)";
}

std::string DispatchTable(const model::Api& api) {
  if (api.dispatch_struct.empty()) return {};
  std::string members;
  for (const std::string& member : api.dispatch_members) {
    if (FindExported(api, member) != nullptr) members += "." + member + " = &::" + member + ",\n";
  }
  return Fill(R"(
// The first word of every object points here.
const struct $struct$ kDispatch = {
    $members$
};

)",
              {{"struct", api.dispatch_struct}, {"members", members}});
}

std::string ExportsMap(const model::Api& api) {
  std::string text;
  std::string previous;
  for (const std::string& node : api.symbol_nodes) {
    std::set<std::string> names;
    for (const model::Function& function : api.functions) {
      if (function.symbol_version == node && function.state != model::FunctionState::kInternal) {
        names.insert(function.name);
      }
    }
    std::string lines;
    for (const std::string& name : names) lines += name + ";\n";
    text += Fill(R"(
$node$ {
  $global$
    $names$
  $local$
}$after$;
)",
                 {{"node", node},
                  {"global", names.empty() ? "" : "global:\n"},
                  {"names", lines},
                  {"local", previous.empty() ? "local:\n  *;\n" : ""},
                  {"after", previous.empty() ? "" : " " + previous}});
    previous = node;
  }
  return text;
}

std::string IcdMap() {
  return R"({
  global:
    clGetExtensionFunctionAddress;
    clIcdGetPlatformIDsKHR;
  local:
    *;
};
)";
}

}  // namespace lapis::emit
