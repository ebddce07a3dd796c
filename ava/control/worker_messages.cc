// SPDX-License-Identifier: Apache-2.0
#include "ava/control/worker_messages.h"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "ava/wire/ledger.h"

namespace ava::control {
namespace {

using Json = nlohmann::ordered_json;

// Texts come from vendors' libraries: bytes that are not UTF-8 are replaced.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Parse(std::string_view packet) { return Json::parse(packet, nullptr, false); }

const std::string* Text(const Json& json, const char* key) {
  if (!json.is_object() || !json.contains(key)) return nullptr;
  return json[key].get_ptr<const std::string*>();
}

Result<WorkerMessage> ParseReady(const Json& json) {
  WorkerReady ready;
  if (const std::string* server = Text(json, "server")) ready.server = *server;
  ready.has_guest = json.is_object() && json.value("has_guest", Json()) == true;
  if (json.is_object() && json.contains("functions")) {
    for (const Json& name : json["functions"]) {
      const auto* text = name.get_ptr<const std::string*>();
      if (text == nullptr || ready.functions.size() >= wire::kLedgerFunctions) {
        return Fail(ErrorCode::kViolation, "bad list of functions from the worker");
      }
      ready.functions.push_back(*text);
    }
  }
  return ready;
}

}  // namespace

std::string ToJson(const WorkerReady& message) {
  return Dump({{"ready",
                {{"has_guest", message.has_guest},
                 {"server", message.server},
                 {"functions", message.functions}}}});
}

std::string ToJson(const WorkerFailed& message) { return Dump({{"failed", message.reason}}); }

std::string ToJson(const WorkerEnded& message) { return Dump({{"ended", message.reason}}); }

std::string ToJson(const WorkerLog& message) { return Dump({{"log", message.line}}); }

std::string ToJson(const EndSession& message) { return Dump({{"end", message.reason}}); }

std::string ToJson(const GuestComes& message) { return Dump({{"guest", message.pid}}); }

Result<WorkerMessage> ParseWorkerMessageUntrusted(std::string_view packet) {
  const Json json = Parse(packet);
  if (const std::string* reason = Text(json, "failed")) return WorkerFailed{*reason};
  if (const std::string* reason = Text(json, "ended")) return WorkerEnded{*reason};
  if (const std::string* line = Text(json, "log")) return WorkerLog{*line};
  if (json.is_object() && json.contains("ready")) return ParseReady(json["ready"]);
  return Fail(ErrorCode::kViolation, "bad message from the worker");
}

Result<ManagerMessage> ParseManagerMessage(std::string_view packet) {
  const Json json = Parse(packet);
  if (json.is_object() && json.contains("guest") && json["guest"].is_number_integer()) {
    return GuestComes{json["guest"].get<pid_t>()};
  }
  if (const std::string* reason = Text(json, "end")) return EndSession{*reason};
  return Fail(ErrorCode::kViolation, "bad message from the manager");
}

}  // namespace ava::control
