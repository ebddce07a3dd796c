// SPDX-License-Identifier: Apache-2.0
#include "ava/control/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <filesystem>

#include "ava/base/format.h"

namespace ava::control {
namespace {

constexpr std::size_t kFileBytesMax = 4 << 20;
constexpr std::size_t kOldFiles = 1;

// Parts of a line come from guests and workers: they must not look like lines of ours, nor speak to
// the terminal of whoever reads them.
std::string OneLine(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f) c = '?';
  }
  return line;
}

}  // namespace

struct Log::State {
  spdlog::logger logger;
};

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;
Log::~Log() = default;

Result<Log> Log::Open(const std::string& file) {
  try {
    spdlog::sink_ptr sink;
    if (file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file, kFileBytesMax, kOldFiles);
    }
    auto state = std::make_unique<State>(State{spdlog::logger("avad", std::move(sink))});
    state->logger.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %P %l: %v");
    state->logger.flush_on(spdlog::level::info);
    return Log(std::move(state));
  } catch (const spdlog::spdlog_ex& error) {
    return Fail(ErrorCode::kSystem, fmt::format("log file '{}': {}", file, error.what()));
  }
}

void Log::Info(std::string_view line) const { state_->logger.info(OneLine(line)); }
void Log::Warn(std::string_view line) const { state_->logger.warn(OneLine(line)); }
void Log::Error(std::string_view line) const { state_->logger.error(OneLine(line)); }

}  // namespace ava::control
