// SPDX-License-Identifier: Apache-2.0
#include "ava/control/processes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "ava/base/unique_fd.h"

namespace ava::control {
namespace {

// In a child, so that this test's own process adopts nobody.
int InChild(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

pid_t Sleeper() {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  return child;
}

TEST(Processes, ChildrenAndTheirOrphansAreKilled) {
  EXPECT_EQ(InChild([] {
              if (!AdoptOrphans().has_value()) return false;
              const pid_t parent = fork();
              if (parent == 0) {
                setsid();
                Sleeper();
                Sleeper();
                for (;;) pause();
              }
              Sleeper();
              return Children().size() == 2 && KillChildren(5000) && Children().empty();
            }),
            0);
}

TEST(Processes, NoChildrenIsFine) {
  EXPECT_EQ(InChild([] { return KillChildren(0); }), 0);
}

TEST(Processes, AUsersProcessesAreKilled) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  constexpr uid_t kUser = 61987;
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe2(ready.data(), O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(kUser) != 0 || setuid(kUser) != 0) _exit(1);
    static_cast<void>(!write(ready[1], "y", 1));
    for (;;) pause();
  }
  close(ready[1]);
  char is_user = 'n';
  ASSERT_EQ(read(ready[0], &is_user, 1), 1);
  close(ready[0]);
  const auto killer = StartKillingUser(kUser);
  ASSERT_TRUE(killer.has_value());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(waitpid(*killer, &status, 0), *killer);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(Processes, VictimsCannotSignalTheirKiller) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can change its user";
  constexpr uid_t kUser = 61986;
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe2(ready.data(), O_CLOEXEC), 0);
  const pid_t killer = fork();
  if (killer == 0) {
    const char done = BecomeKillerOf(kUser) ? 'y' : 'n';
    static_cast<void>(!write(ready[1], &done, 1));
    for (;;) pause();
  }
  char done = 'n';
  ASSERT_EQ(read(ready[0], &done, 1), 1);
  EXPECT_EQ(done, 'y');
  const pid_t victim = fork();
  if (victim == 0) {
    if (setgid(kUser) != 0 || setuid(kUser) != 0) _exit(1);
    _exit(kill(killer, SIGSTOP) == -1 && errno == EPERM ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(victim, &status, 0), victim);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  kill(killer, SIGKILL);
  waitpid(killer, &status, 0);
  close(ready[0]);
  close(ready[1]);
}

TEST(Processes, KillersLeaveEachOtherAlone) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can change its user";
  std::vector<pid_t> killers;
  for (uid_t user = 61950; user < 61980; ++user) {
    const auto killer = StartKillingUser(user);
    ASSERT_TRUE(killer.has_value());
    killers.push_back(*killer);
  }
  for (const pid_t killer : killers) {
    int status = 0;
    ASSERT_EQ(waitpid(killer, &status, 0), killer);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
}

// A program stands in for the worker: it finds a file's text at the number that the manager
// promised. The shell has the script itself at 10 or 11.
TEST(Processes, AWorkerFindsItsDescriptorsInPlace) {
  const std::string program =
      testing::TempDir() + "ava-worker-stand-in-" + std::to_string(getpid());
  std::ofstream(program)
      << "#!/bin/sh\n[ \"$(cat /proc/self/fd/3)\" = spec ] && [ ! -e /proc/self/fd/"
      << kWorkerFdEnd + 3 << " ]\n";
  ASSERT_EQ(chmod(program.c_str(), 0700), 0);
  std::array<UniqueFd, kWorkerFdCount> fds;
  std::array<int, kWorkerFdCount> numbers{};
  for (std::size_t i = 0; i < fds.size(); ++i) {
    fds[i] = UniqueFd(memfd_create("test", MFD_CLOEXEC));
    numbers[i] = fds[i].get();
  }
  ASSERT_EQ(pwrite(numbers[0], "spec", 4, 0), 4);
  const auto worker = StartWorker(program, numbers);
  ASSERT_TRUE(worker.has_value()) << worker.error().message();
  int status = 0;
  ASSERT_EQ(waitpid(*worker, &status, 0), *worker);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  unlink(program.c_str());
}

TEST(Processes, AMissingWorkerIsNamed) {
  const auto worker = StartWorker("/nonexistent/ava-worker", std::array<int, kWorkerFdCount>{});
  ASSERT_FALSE(worker.has_value());
  EXPECT_EQ(worker.error().message(),
            "posix_spawn('/nonexistent/ava-worker'): No such file or directory");
}

TEST(Processes, CpuTimeOfOthersCanBeRead) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) {
    }
  }
  while (CpuNanoseconds(child) < 1'000'000) usleep(1000);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_LT(CpuNanoseconds(child), 0);
}

}  // namespace
}  // namespace ava::control
