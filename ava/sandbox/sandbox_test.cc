// SPDX-License-Identifier: Apache-2.0
#include "ava/sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "ava/base/unique_fd.h"

namespace ava::sandbox {
namespace {

// Runs `body` in a child that has entered the sandbox. 0: body returned true.
int InSandbox(const Sandbox& sandbox, const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    const auto entered = Enter(sandbox);
    if (!entered.has_value()) {
      std::fprintf(stderr, "%s\n", entered.error().message().c_str());
      _exit(2);
    }
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ava-sandbox-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    std::filesystem::create_directories(directory_ + "/own/deep");
    std::filesystem::create_directories(directory_ + "/other");
    std::filesystem::permissions(directory_, std::filesystem::perms::all);
    sandbox_.files.read = {"/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys"};
    sandbox_.files.write = {directory_ + "/own"};
    sandbox_.files.devices = {"/dev/null", "/dev/zero"};
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  bool landlock() const { return LandlockAbi() > 0; }

  std::string directory_;
  Sandbox sandbox_;
};

bool CanWrite(const std::string& path) {
  return static_cast<bool>(UniqueFd(open(path.c_str(), O_WRONLY | O_CREAT, 0600)));
}

TEST_F(SandboxTest, WritesOnlyItsOwnDirectories) {
  if (!landlock()) GTEST_SKIP() << "this kernel has no landlock";
  const std::string own = directory_ + "/own/deep/file";
  const std::string other = directory_ + "/other/file";
  EXPECT_EQ(InSandbox(sandbox_, [&] { return CanWrite(own) && !CanWrite(other); }), 0);
}

TEST_F(SandboxTest, ReadsTheSystemAndNotTheNeighbour) {
  if (!landlock()) GTEST_SKIP() << "this kernel has no landlock";
  ASSERT_TRUE(CanWrite(directory_ + "/other/secret"));
  const std::string secret = directory_ + "/other/secret";
  EXPECT_EQ(InSandbox(sandbox_,
                      [&] {
                        return UniqueFd(open("/etc/passwd", O_RDONLY)) &&
                               !UniqueFd(open(secret.c_str(), O_RDONLY));
                      }),
            0);
}

TEST_F(SandboxTest, RenamesBetweenItsDirectories) {
  EXPECT_EQ(InSandbox(sandbox_,
                      [&] {
                        const std::string from = directory_ + "/own/file";
                        const std::string to = directory_ + "/own/deep/file";
                        return CanWrite(from) && rename(from.c_str(), to.c_str()) == 0;
                      }),
            0);
}

TEST_F(SandboxTest, ExecutesTheSystemsLinker) {
  EXPECT_EQ(InSandbox(sandbox_, [] { return std::system("/bin/true") == 0; }), 0);
}

TEST_F(SandboxTest, RefusesWhatNoLibraryNeeds) {
  EXPECT_EQ(InSandbox(sandbox_,
                      [] {
                        return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1 &&
                               errno == EPERM && unshare(CLONE_NEWUSER) == -1 && errno == EPERM &&
                               socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EAFNOSUPPORT &&
                               ioctl(0, TIOCSTI, "x") == -1 && errno == EPERM;
                      }),
            0);
}

TEST_F(SandboxTest, LeavesNothingThatOutlivesIt) {
  EXPECT_EQ(InSandbox(sandbox_,
                      [] {
                        return shmget(IPC_PRIVATE, 4096, 0600) == -1 && errno == EPERM &&
                               msgget(IPC_PRIVATE, 0600) == -1 && errno == EPERM &&
                               semget(IPC_PRIVATE, 1, 0600) == -1 && errno == EPERM &&
                               syscall(SYS_mq_open, "ava-test", O_CREAT | O_RDWR, 0600, nullptr) ==
                                   -1 &&
                               errno == EPERM;
                      }),
            0);
}

TEST_F(SandboxTest, StartsThreadsAndLocalSockets) {
  EXPECT_EQ(InSandbox(sandbox_,
                      [] {
                        int ran = 0;
                        std::thread([&ran] { ran = 1; }).join();
                        return ran == 1 && UniqueFd(socket(AF_UNIX, SOCK_STREAM, 0));
                      }),
            0);
}

TEST_F(SandboxTest, LimitsProcessesAndCoreFiles) {
  sandbox_.limits.descriptors = 64;
  EXPECT_EQ(InSandbox(sandbox_,
                      [] {
                        rlimit core{};
                        rlimit files{};
                        getrlimit(RLIMIT_CORE, &core);
                        getrlimit(RLIMIT_NOFILE, &files);
                        return core.rlim_max == 0 && files.rlim_max == 64;
                      }),
            0);
}

TEST_F(SandboxTest, TakesAUserOfItsOwn) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can change its user";
  sandbox_.identity = {.change = true, .uid = 61999, .gid = 61998};
  EXPECT_EQ(InSandbox(sandbox_,
                      [] {
                        return getuid() == 61999 && getegid() == 61998 &&
                               getgroups(0, nullptr) == 0 && setuid(0) == -1;
                      }),
            0);
}

TEST(Identity, RefusesRoot) {
  EXPECT_FALSE(TakeIdentity({.change = true, .uid = 0, .gid = 5}).has_value());
  EXPECT_TRUE(TakeIdentity({}).has_value());
}

}  // namespace
}  // namespace ava::sandbox
