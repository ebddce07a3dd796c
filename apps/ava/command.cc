// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/command.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "ava/base/format.h"
#include "ava/control/socket.h"

namespace ava::cli {

Result<std::string> ChooseSocket(const std::string& wanted,
                                 const control::Surroundings& surroundings) {
  if (wanted.starts_with('@')) return wanted;
  if (!wanted.empty()) return std::filesystem::absolute(wanted).string();
  const char* url = std::getenv("AVA_URL");
  if (url != nullptr && *url != '\0') {
    std::string socket = control::SocketOfUrl(url);
    if (!socket.empty()) return socket;
    return Fail(ErrorCode::kInvalid,
                fmt::format("AVA_URL is '{}': only unix:PATH and unix:@NAME are known", url));
  }
  if (control::ConnectTo(std::string(control::kRootSocket)).has_value()) {
    return std::string(control::kRootSocket);
  }
  return control::DefaultSocket(surroundings);
}

int Complain(std::string_view command, std::string_view text) {
  std::fprintf(stderr, "ava %.*s: %.*s\n", static_cast<int>(command.size()), command.data(),
               static_cast<int>(text.size()), text.data());
  return kExitFailed;
}

int Complain(std::string_view command, const Error& error) {
  return Complain(command, std::string_view(error.message()));
}

}  // namespace ava::cli
