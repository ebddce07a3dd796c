// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/diff.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include "apps/ava/compare.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/base/unique_fd.h"

namespace ava::cli {
namespace {

struct Output {
  std::string standard_output;
  std::string standard_error;
  int status = 0;
};

Result<UniqueFd> MemoryFile(const char* name) {
  UniqueFd fd(memfd_create(name, MFD_CLOEXEC));
  if (!fd) return FailSystem("memfd_create", name);
  return fd;
}

std::string Contents(const UniqueFd& fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (off_t at = 0;;) {
    const ssize_t bytes = pread(fd.get(), buffer.data(), buffer.size(), at);
    if (bytes <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(bytes));
    at += bytes;
  }
}

// What is on our standard input goes to each run of the program, from its beginning.
Result<UniqueFd> CopyInput() {
  if (isatty(STDIN_FILENO) != 0) return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  UniqueFd copy = AVA_TRY(MemoryFile("stdin"));
  std::array<char, 65536> buffer{};
  for (ssize_t bytes = 0; (bytes = read(STDIN_FILENO, buffer.data(), buffer.size())) > 0;) {
    if (write(copy.get(), buffer.data(), static_cast<std::size_t>(bytes)) != bytes) {
      return FailSystem("write", "stdin");
    }
  }
  return copy;
}

// Runs `body`, which executes the program, with files for its output.
Result<Output> Capture(const UniqueFd& input, const std::function<int()>& body) {
  const UniqueFd out = AVA_TRY(MemoryFile("stdout"));
  const UniqueFd err = AVA_TRY(MemoryFile("stderr"));
  lseek(input.get(), 0, SEEK_SET);
  const pid_t child = fork();
  if (child < 0) return FailSystem("fork", "diff");
  if (child == 0) {
    dup2(input.get(), STDIN_FILENO);
    dup2(out.get(), STDOUT_FILENO);
    dup2(err.get(), STDERR_FILENO);
    _exit(body());
  }
  Output output;
  while (waitpid(child, &output.status, 0) < 0) {
    if (errno != EINTR) return FailSystem("waitpid", "diff");
  }
  output.standard_output = Contents(out);
  output.standard_error = Contents(err);
  return output;
}

Result<Rules> FindRules(const Context& context, const DiffOptions& options) {
  std::string file = options.rules_file;
  if (file.empty()) {
    const auto prefix = std::filesystem::path(context.surroundings.program_directory).parent_path();
    const std::string program = std::filesystem::path(options.words.front()).filename();
    file = prefix / "share/ava/diff" / (program + ".allow");
    if (!std::filesystem::exists(file)) return Rules{};
  }
  errno = 0;
  std::ifstream in(file);
  if (!in) return FailSystem("open", file);
  return ParseRules(std::string{std::istreambuf_iterator<char>(in), {}}, file);
}

const char* NameOf(Via via) {
  switch (via) {
    case Via::kAuto:
      return "auto";
    case Via::kLibrary:
      return "library";
    case Via::kIcd:
      return "icd";
  }
  return "?";
}

std::string DescribeStatus(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

// Prints what differs. True: only what may.
bool Report(const char* what, const char* way, const Comparison& comparison) {
  if (comparison.differences.empty()) return true;
  std::printf("%s, native (-) and via %s (+):\n", what, way);
  for (const Difference& difference : comparison.differences) {
    std::printf("%c %s\n", difference.native ? '-' : '+', difference.line.c_str());
    if (!difference.reason.empty()) std::printf("    allowed: %s\n", difference.reason.c_str());
  }
  return comparison.allowed;
}

bool CompareRuns(const Output& native, const Output& virtual_run, const DiffOptions& options,
                 const Rules& rules, Via via) {
  const char* way = NameOf(via);
  const Comparison comparison = Compare(native.standard_output, virtual_run.standard_output, rules);
  bool same = Report("standard output", way, comparison);
  if (options.standard_error) {
    same = Report("standard error", way,
                  Compare(native.standard_error, virtual_run.standard_error, rules)) &&
           same;
  }
  if (native.status != virtual_run.status) {
    std::printf("native: %s; via %s: %s\n", DescribeStatus(native.status).c_str(), way,
                DescribeStatus(virtual_run.status).c_str());
    same = false;
  }
  if (!same && !virtual_run.standard_error.empty()) {
    std::printf("standard error via %s:\n%s", way, virtual_run.standard_error.c_str());
  }
  std::printf("via %s: %s (%zu lines differ, %zu rules)\n", way, same ? "same" : "DIFFERENT",
              comparison.lines, rules.rules.size());
  return same;
}

Result<bool> CompareAll(const Context& context, const DiffOptions& options,
                        const std::string& path) {
  const Rules rules = AVA_TRY(FindRules(context, options));
  const UniqueFd input = AVA_TRY(CopyInput());
  const Output native = AVA_TRY(Capture(input, [&] {
    setenv("AVA_INSIDE_WORKER", "1", 1);  // an .icd file of ours may be there for all programs
    return Execute(path, options.words);
  }));
  bool same = true;
  for (const Via via : options.ways) {
    const Output virtual_run = AVA_TRY(Capture(input, [&] {
      LaunchOptions launch = options.launch;
      launch.via = via;
      const auto prepared = PrepareLaunch(context, launch);
      if (!prepared.has_value()) return Complain("diff", prepared.error());
      HoldManager(prepared->manager);
      return Execute(path, options.words);
    }));
    same = CompareRuns(native, virtual_run, options, rules, via) && same;
  }
  return same;
}

}  // namespace

int Diff(const Context& context, const DiffOptions& options) {
  const auto path = FindProgram(options.words.front());
  if (!path.has_value()) {
    Complain("diff", path.error());
    return path.error().code() == ErrorCode::kInvalid ? kExitNotExecutable : kExitNotFound;
  }
  const auto same = CompareAll(context, options, *path);
  if (!same.has_value()) return Complain("diff", same.error());
  return *same ? 0 : 1;
}

}  // namespace ava::cli
