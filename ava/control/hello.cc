// SPDX-License-Identifier: Apache-2.0
#include "ava/control/hello.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "ava/base/format.h"
#include "ava/base/text.h"
#include "ava/wire/record.h"

namespace ava::control {
namespace {

// Names of APIs become part of a file's name, ids of runs part of messages and of JSON.
bool IsWord(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::unexpected<Error> Violation(std::string_view what) {
  return Fail(ErrorCode::kViolation, fmt::format("bad first message: {}", what));
}

std::vector<std::string> SplitEnvironment(std::string_view bytes) {
  std::vector<std::string> variables;
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    const std::string_view variable = bytes.substr(0, end);
    const std::size_t equals = variable.find('=');
    if (equals != std::string_view::npos && equals > 0) variables.emplace_back(variable);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return variables;
}

}  // namespace

std::string NormalDirectory(std::string_view path) {
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return "/";
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

Result<GuestHello> ParseHelloUntrusted(std::span<const std::byte> packet) {
  wire::Hello hello;
  if (packet.size() < sizeof hello) return Violation("too short");
  std::memcpy(&hello, packet.data(), sizeof hello);
  if (hello.magic != wire::kHelloMagic) return Violation("not from a guest library");
  if (hello.abi_version != wire::kAbiVersion) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("the guest library speaks version {} of the protocol and this manager "
                            "version {}: install both from one release",
                            hello.abi_version, wire::kAbiVersion));
  }
  if (hello.environment_bytes > wire::kEnvironmentBytesMax ||
      hello.directory_bytes > wire::kDirectoryBytesMax ||
      packet.size() != sizeof hello + hello.environment_bytes + hello.directory_bytes) {
    return Violation("its lengths contradict each other");
  }
  const std::string_view rest(reinterpret_cast<const char*>(packet.data()) + sizeof hello,
                              packet.size() - sizeof hello);
  GuestHello guest;
  guest.api = TextUntrusted(hello.api);
  guest.run_id = TextUntrusted(hello.run_id);
  if (guest.api.empty() || !IsWord(guest.api)) return Violation("its API has no proper name");
  if (!IsWord(guest.run_id)) return Violation("its run has no proper id");
  std::ranges::copy(hello.digest, guest.digest.begin());
  guest.pid = hello.pid;
  guest.flags = hello.flags;
  guest.functions = hello.functions;
  guest.watchdog_ms = hello.watchdog_ms;
  guest.environment = SplitEnvironment(rest.substr(0, hello.environment_bytes));
  guest.directory = NormalDirectory(rest.substr(hello.environment_bytes));
  return guest;
}

}  // namespace ava::control
