// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/manage.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/control/admin.h"
#include "ava/control/client.h"
#include "ava/control/manager.h"

namespace ava::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRequestRoom = 256;  // for what stands around a file's text
constexpr std::int64_t kStopNsMax = 15 * kNanosecondsPerSecond;

std::string Bytes(const Json& value) {
  const auto bytes = value.get<std::uint64_t>();
  if (bytes < 10'000) return fmt::format("{}", bytes);
  if (bytes < 10'000'000) return fmt::format("{}k", bytes / 1000);
  return fmt::format("{}M", bytes / 1'000'000);
}

void PrintTable(const Json& sessions) {
  std::printf("%8s %6s %8s %8s %-9s %-10s %9s %9s %10s %10s %8s %8s %8s\n", "SESSION", "UID", "PID",
              "WORKER", "STATE", "API", "SECONDS", "DEVICE", "CALLS", "ROUNDTRIPS", "IN", "OUT",
              "MEMORY");
  for (const Json& session : sessions) {
    const auto number = [&session](const char* key) { return session[key].get<std::uint64_t>(); };
    std::printf("%8lu %6lu %8lu %8lu %-9s %-10s %9.1f %9.1f %10lu %10lu %8s %8s %8s\n",
                number("session"), number("uid"), number("pid"), number("worker_pid"),
                session["state"].get<std::string>().c_str(),
                session["api"].get<std::string>().c_str(), session["seconds"].get<double>(),
                session["device_seconds"].get<double>(), number("calls") + number("local_calls"),
                number("round_trips"), Bytes(session["in_bytes"]).c_str(),
                Bytes(session["out_bytes"]).c_str(), Bytes(session["memory_bytes"]).c_str());
  }
}

}  // namespace

Result<Json> AskManager(const Context& context, const char* request, std::string_view members) {
  auto client = AVA_TRY(control::AdminClient::Connect(context.socket));
  Json lines = Json::array();
  for (const std::string& line : AVA_TRY(client.Ask(request, members)))
    lines.push_back(Json::parse(line));
  return lines;
}

int Ps(const Context& context, bool json) {
  const auto sessions = AskManager(context, "ps");
  if (!sessions.has_value()) {
    const bool none = sessions.error().code() == ErrorCode::kUnavailable;
    if (json && none) std::puts("[]");
    if (none) {
      std::fprintf(stderr, "ava ps: no manager runs on '%s'\n", context.socket.c_str());
      return 0;
    }
    return Complain("ps", sessions.error());
  }
  if (json) {
    std::puts(sessions->dump(2).c_str());
  } else {
    PrintTable(*sessions);
  }
  return 0;
}

int Policy(const Context& context, const PolicyOptions& options) {
  std::string members;
  if (!options.load.empty()) {
    errno = 0;
    std::ifstream file(options.load);
    if (!file) return Complain("policy", FailSystem("open", options.load).error());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    members = fmt::format(R"("name":{},"text":{})", Json(options.load).dump(), Json(text).dump());
    if (members.size() > control::kRequestBytesMax - kRequestRoom)
      return Complain("policy", fmt::format("'{}' is longer than a request may be: {} bytes",
                                            options.load, control::kRequestBytesMax));
  }
  const auto lines = AskManager(context, "policy", members);
  if (!lines.has_value()) return Complain("policy", lines.error());
  const Json& policy = (*lines)[0];
  if (options.json) {
    std::puts(policy.dump(2).c_str());
    return 0;
  }
  std::printf("policy %s, quantum %ld us, in flight %ld us\n",
              policy["policy"].get<std::string>().c_str(), policy["quantum_us"].get<long>(),
              policy["in_flight_us"].get<long>());
  if (!policy["tenants"].empty())
    std::printf("%10s %8s %8s %6s %12s %8s\n", "USER", "WEIGHT", "PRIORITY", "CAP", "COMMANDS/S",
                "BURST");
  for (const Json& tenant : policy["tenants"]) {
    std::printf("%10u %8.2f %8d %6.2f %12.1f %8.0f\n", tenant["user"].get<unsigned>(),
                tenant["weight"].get<double>(), tenant["priority"].get<int>(),
                tenant["cap"].get<double>(), tenant["commands_per_second"].get<double>(),
                tenant["command_burst"].get<double>());
  }
  return 0;
}

int Stop(const Context& context) {
  auto client = control::AdminClient::Connect(context.socket);
  if (!client.has_value()) {
    if (client.error().code() != ErrorCode::kUnavailable) return Complain("stop", client.error());
    std::fprintf(stderr, "ava stop: no manager runs on '%s'\n", context.socket.c_str());
    return 0;
  }
  // One that ends before it has answered has ended, too.
  const auto asked = client->Ask("shutdown");
  if (!asked.has_value() && asked.error().code() == ErrorCode::kInvalid) {
    return Complain("stop", asked.error());
  }
  if (client->WaitForEnd(kStopNsMax)) return 0;
  return Complain("stop", "the manager does not end: see its log");
}

int Version(const Context& context) {
  std::printf("ava %s\n", control::kVersion);
  const auto manager = AskManager(context, "ping");
  if (!manager.has_value()) return 0;
  const Json& about = (*manager)[0]["manager"];
  std::printf("manager %s on '%s', process %d\n", about["version"].get<std::string>().c_str(),
              context.socket.c_str(), about["pid"].get<int>());
  return 0;
}

}  // namespace ava::cli
