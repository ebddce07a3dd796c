// SPDX-License-Identifier: Apache-2.0
#include "ava/control/admin.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "ava/base/format.h"

namespace ava::control {
namespace {

using Json = nlohmann::ordered_json;

struct Request {
  std::string name;
  std::string run_id;
  std::string file;                 // of settings
  std::optional<std::string> text;  // of it
  std::size_t from = 0;
};

std::vector<std::string> Wrong(std::string_view text) {
  return {Json({{"error", text}}).dump(-1, ' ', false, Json::error_handler_t::replace)};
}

std::string End(const Json& next) { return Json({{"end", true}, {"next", next}}).dump(); }

bool Parse(std::string_view text, Request& request) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return false;
  const auto word = [&json](const char* key, std::string& out) {
    const auto found = json.find(key);
    if (found == json.end()) return true;
    const auto* value = found->get_ptr<const std::string*>();
    if (value != nullptr) out = *value;
    return value != nullptr;
  };
  if (json.contains("from")) {
    if (!json["from"].is_number_unsigned()) return false;
    request.from = json["from"].get<std::size_t>();
  }
  if (json.contains("text") && !word("text", request.text.emplace())) return false;
  return word("request", request.name) && word("run_id", request.run_id) &&
         word("name", request.file);
}

// As many lines as fit an answer, and where to go on.
std::vector<std::string> Lines(const std::vector<SessionRecord>& records, std::size_t from,
                               bool functions) {
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  for (std::size_t i = from; i < records.size(); ++i) {
    std::string line = ToJson(records[i], functions);
    bytes += line.size();
    if (i > from && (bytes > kAnswerBytesMax || lines.size() == kAnswerLinesMax)) {
      lines.push_back(End(i));
      return lines;
    }
    lines.push_back(std::move(line));
  }
  lines.push_back(End(nullptr));
  return lines;
}

bool IsPrivileged(const Peer& peer, const AdminSource& source) {
  return peer.uid == 0 || peer.uid == source.owner();
}

std::vector<SessionRecord> Visible(const Peer& peer, const AdminSource& source) {
  std::vector<SessionRecord> sessions = source.Sessions();
  if (!IsPrivileged(peer, source)) {
    std::erase_if(sessions, [&](const SessionRecord& record) { return record.uid != peer.uid; });
  }
  return sessions;
}

std::vector<SessionRecord> OfRun(const std::string& run_id, const Peer& peer,
                                 const AdminSource& source) {
  std::vector<SessionRecord> records;
  if (run_id.empty()) return records;
  for (const SessionRecord* record : source.Ended().OfRun(run_id, peer.uid)) {
    records.push_back(*record);
  }
  for (SessionRecord& record : source.Sessions()) {
    if (record.state == "ended" || record.run_id != run_id) continue;
    if (peer.uid == 0 || peer.uid == record.uid) records.push_back(std::move(record));
  }
  return records;
}

std::vector<std::string> Policy(const Request& request, const Peer& peer, AdminSource& source) {
  if (request.text && !IsPrivileged(peer, source))
    return Wrong("only root and the manager's owner may change it");
  if (request.text) {
    const auto changed = source.ChangePolicy(*request.text, request.file);
    if (!changed.has_value()) return Wrong(changed.error().message());
  }
  return {source.DescribePolicy(), End(nullptr)};
}

}  // namespace

std::vector<std::string> AnswerUntrusted(std::string_view text, const Peer& peer,
                                         AdminSource& source) {
  Request request;
  if (!Parse(text, request)) return Wrong("not a request: one JSON object is expected");
  if (request.name == "ping") {
    return {fmt::format(R"({{"manager":{}}})", source.DescribeManager()), End(nullptr)};
  }
  if (request.name == "ps") return Lines(Visible(peer, source), request.from, false);
  if (request.name == "stats") {
    return Lines(OfRun(request.run_id, peer, source), request.from, true);
  }
  if (request.name == "policy") return Policy(request, peer, source);
  if (request.name == "shutdown") {
    if (!IsPrivileged(peer, source)) return Wrong("only root and the manager's owner may stop it");
    source.Shutdown(fmt::format("stopped by user {}", peer.uid));
    return {End(nullptr)};
  }
  return Wrong(fmt::format("'{}' is not a request that this manager knows", request.name));
}

}  // namespace ava::control
