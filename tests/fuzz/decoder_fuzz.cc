// SPDX-License-Identifier: Apache-2.0

// The generated OpenCL server against a hostile guest. An input is a session:
//
//   u16 bytes of arena contents, those bytes; then commands: u16 function, u8 flags, u16 bytes of
//   body, the body
//
// One object of each type is there from the start, with the id {index = type, generation = 1}.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "ava/router/router.h"
#include "ava/worker/call.h"
#include "ava/worker/fake_channel.h"
#include "ava/worker/server_api.h"
#include "ava/worker/session.h"
#include "tests/fuzz/stub_opencl.h"

extern "C" const ava::worker::ServerApi* ava_server_api();

namespace {

using ava::worker::test::FakeChannel;

constexpr std::size_t kTypes = 9;
constexpr std::size_t kCommandsMax = 64;

struct Module {
  Module() : api(*ava_server_api()) {
    if (const char* wrong = api.open_vendor(nullptr)) {
      std::fprintf(stderr, "stub library: %s\n", wrong);
      std::abort();
    }
    for (const auto& function : api.functions) {
      functions.push_back({.name = function.name,
                           .args_bytes = function.args_bytes,
                           .served = function.serve != nullptr});
    }
    for (const auto& resource : api.resources) {
      resources.push_back({.name = resource.name, .continuous = resource.continuous});
    }
  }
  const ava::worker::ServerApi& api;
  std::vector<ava::router::FunctionRule> functions;
  std::vector<ava::router::ResourceRule> resources;
};

const Module& TheModule() {
  static const Module module;
  return module;
}

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::span<const std::uint8_t> Take(std::size_t count) {
    const auto taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  template <class T>
  T TakeNumber() {
    T number{};
    const auto taken = Take(sizeof(T));
    if (!taken.empty()) std::memcpy(&number, taken.data(), taken.size());
    return number;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

class HostileSession {
 public:
  HostileSession()
      : router_({.functions = TheModule().functions,
                 .resources = TheModule().resources,
                 .allowed = {}}),
        session_(TheModule().api, channel_, router_, progress_) {
    TheModule().api.bind_session(&session_);
    for (std::uint16_t type = 1; type <= kTypes; ++type) {
      session_.handles.Bind(ava::wire::MakeHandleId(type, 1, false), type, StubObject());
    }
  }
  ~HostileSession() {
    TheModule().api.bind_session(nullptr);
    FreeStubObjects();
  }
  HostileSession(const HostileSession&) = delete;
  HostileSession& operator=(const HostileSession&) = delete;

  std::byte* arena() { return channel_.arena(); }

  // False when the session has ended.
  bool Execute(std::uint16_t function, bool waits, std::span<const std::uint8_t> body) {
    const std::size_t least =
        function < TheModule().functions.size() ? TheModule().functions[function].args_bytes : 0;
    const std::size_t bytes =
        sizeof(ava::wire::CommandHeader) + (std::max(least, body.size()) + 15) / 16 * 16;
    std::vector<std::byte> record(bytes);
    const ava::wire::CommandHeader header{
        .bytes = static_cast<std::uint32_t>(bytes),
        .function = function,
        .flags = static_cast<std::uint16_t>(waits ? ava::wire::kCommandWaits : 0),
        .slot = waits ? 0 : ava::wire::kNoSlot,
        .thread = 1,
        .sequence = ++sequence_,
        .reserved = 0};
    std::memcpy(record.data(), &header, sizeof(header));
    if (!body.empty()) std::memcpy(record.data() + sizeof(header), body.data(), body.size());
    if (!router_.Admit(header, record).admitted || function >= TheModule().functions.size())
      return false;
    const ava::worker::FunctionEntry& entry = TheModule().api.functions[function];
    ava::worker::Call call(session_, entry, record, scratch_);
    entry.serve(call);
    call.Finish();
    return call.violation().empty();
  }

 private:
  FakeChannel channel_;
  ava::router::Router router_;
  ava::worker::Progress progress_;
  ava::worker::Session session_;
  ava::worker::Scratch scratch_;
  std::uint64_t sequence_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({data, size});
  HostileSession session;
  const auto contents = input.Take(input.TakeNumber<std::uint16_t>());
  if (!contents.empty()) std::memcpy(session.arena(), contents.data(), contents.size());
  for (std::size_t i = 0; i < kCommandsMax && !input.empty(); ++i) {
    const auto function = input.TakeNumber<std::uint16_t>();
    const bool waits = (input.TakeNumber<std::uint8_t>() & 1) != 0;
    const auto body = input.Take(input.TakeNumber<std::uint16_t>());
    if (!session.Execute(function, waits, body)) break;
  }
  return 0;
}
