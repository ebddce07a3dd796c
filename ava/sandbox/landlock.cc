// SPDX-License-Identifier: Apache-2.0
#include "ava/sandbox/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "ava/base/system_error.h"
#include "ava/base/unique_fd.h"

namespace ava::sandbox {
namespace {

// <linux/landlock.h> of the day, which Debian 12's headers do not have in full.
constexpr std::uint64_t kExecute = 1U << 0;
constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDirectory = 1U << 3;
constexpr std::uint64_t kRefer = 1U << 13;        // version 2
constexpr std::uint64_t kTruncate = 1U << 14;     // version 3
constexpr std::uint64_t kIoctlDevice = 1U << 15;  // version 5
constexpr std::uint64_t kAllOfVersion1 = (1U << 13) - 1;
constexpr std::uint64_t kTcpBindAndConnect = 3;       // version 4
constexpr std::uint64_t kScopeSocketsAndSignals = 3;  // version 6
constexpr std::uint32_t kAskVersion = 1;
constexpr int kRulePathBeneath = 1;

struct RulesetAttributes {
  std::uint64_t handled_files;
  std::uint64_t handled_network;
  std::uint64_t scoped;
};

struct PathRule {
  std::uint64_t allowed;
  std::int32_t parent_fd;
} __attribute__((packed));

std::uint64_t HandledFiles(int abi) {
  std::uint64_t handled = kAllOfVersion1 | kRefer;
  if (abi >= 3) handled |= kTruncate;
  if (abi >= 5) handled |= kIoctlDevice;
  return handled;
}

std::size_t AttributeBytes(int abi) { return abi >= 6 ? 24 : abi >= 4 ? 16 : 8; }

Result<UniqueFd> CreateRuleset(int abi) {
  const RulesetAttributes attributes{HandledFiles(abi), kTcpBindAndConnect,
                                     kScopeSocketsAndSignals};
  UniqueFd ruleset(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, AttributeBytes(abi), 0)));
  if (!ruleset) return FailSystem("landlock_create_ruleset", std::to_string(abi));
  return ruleset;
}

Result<void> Allow(const UniqueFd& ruleset, const std::string& path, std::uint64_t allowed) {
  UniqueFd parent(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!parent) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};
    return FailSystem("open", path);
  }
  struct stat status{};
  if (fstat(parent.get(), &status) != 0) return FailSystem("fstat", path);
  if (!S_ISDIR(status.st_mode)) {
    allowed &= kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDevice;
  }
  const PathRule rule{allowed, parent.get()};
  if (syscall(SYS_landlock_add_rule, ruleset.get(), kRulePathBeneath, &rule, 0) != 0) {
    return FailSystem("landlock_add_rule", path);
  }
  return {};
}

Result<void> AllowAll(const UniqueFd& ruleset, const std::vector<std::string>& paths,
                      std::uint64_t allowed) {
  for (const std::string& path : paths) AVA_TRY(Allow(ruleset, path, allowed));
  return {};
}

}  // namespace

int LandlockAbi() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
  return abi < 2 ? 0 : static_cast<int>(abi);
}

Result<int> RestrictFiles(const FileAccess& access) {
  const int abi = LandlockAbi();
  if (abi == 0) return 0;
  const std::uint64_t handled = HandledFiles(abi);
  const std::uint64_t device = kReadFile | kReadDirectory | kWriteFile | kTruncate | kIoctlDevice;
  const UniqueFd ruleset = AVA_TRY(CreateRuleset(abi));
  AVA_TRY(AllowAll(ruleset, access.read, kExecute | kReadFile | kReadDirectory));
  AVA_TRY(AllowAll(ruleset, access.write, handled & ~kExecute & ~kIoctlDevice));
  AVA_TRY(AllowAll(ruleset, access.devices, handled & device));
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return FailSystem("landlock_restrict_self", std::to_string(abi));
  }
  return abi;
}

}  // namespace ava::sandbox
