// SPDX-License-Identifier: Apache-2.0
#include "ava/sandbox/system_calls.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>

#include "ava/base/system_error.h"

namespace ava::sandbox {
namespace {

// Names, not numbers: libseccomp knows which of them this machine has.
constexpr const char* kRefused[] = {
    // Other processes.
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
    "perf_event_open", "userfaultfd",
    // Mounts, namespaces, file handles.
    "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "setns", "unshare", "name_to_handle_at",
    "open_by_handle_at", "fanotify_init", "quotactl", "quotactl_fd", "swapon", "swapoff",
    // The kernel itself.
    "bpf", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
    "reboot", "syslog", "acct", "iopl", "ioperm", "lookup_dcookie", "vhangup", "io_uring_setup",
    "io_uring_enter", "io_uring_register",
    // Memory and queues that outlive their process, for the user's next worker to find.
    "shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop",
    "semtimedop", "semctl", "mq_open", "mq_unlink",
    // Keys, clock, names.
    "add_key", "request_key", "keyctl", "settimeofday", "clock_settime", "clock_adjtime",
    "adjtimex", "sethostname", "setdomainname"};

// A terminal that the guest passed on as its output: no typing into it, no console games.
constexpr unsigned kRefusedIoctls[] = {TIOCSTI, TIOCLINUX, TIOCSCTTY, TIOCCONS, TIOCSETD};

constexpr std::uint64_t kNamespaceFlags[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
                                             CLONE_NEWIPC, CLONE_NEWUSER,   CLONE_NEWPID,
                                             CLONE_NEWNET};

struct Filter {
  scmp_filter_ctx context;
  explicit Filter(scmp_filter_ctx made) : context(made) {}
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() { seccomp_release(context); }
};

Result<void> Check(int status, const char* what) {
  if (status == 0) return {};
  return FailSystem("seccomp", what, -status);
}

Result<void> RefuseByName(const Filter& filter) {
  for (const char* name : kRefused) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;  // newer than this libseccomp, or not on this machine
    AVA_TRY(Check(seccomp_rule_add(filter.context, SCMP_ACT_ERRNO(EPERM), number, 0), name));
  }
  return {};
}

Result<void> RefuseByArgument(const Filter& filter) {
  constexpr std::uint64_t kLow = 0xffffffffU;  // the kernel looks at these bits only
  for (unsigned request : kRefusedIoctls) {
    AVA_TRY(Check(seccomp_rule_add(filter.context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                                   SCMP_A1_64(SCMP_CMP_MASKED_EQ, kLow, request)),
                  "ioctl"));
  }
  for (std::uint64_t flag : kNamespaceFlags) {
    AVA_TRY(Check(seccomp_rule_add(filter.context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                   SCMP_A0_64(SCMP_CMP_MASKED_EQ, flag, flag)),
                  "clone"));
  }
  // clone3 hides its flags behind a pointer; without it the C library uses clone.
  AVA_TRY(Check(seccomp_rule_add(filter.context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0),
                "clone3"));
  return Check(seccomp_rule_add(filter.context, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                SCMP_A0_64(SCMP_CMP_NE, AF_UNIX)),
               "socket");
}

}  // namespace

Result<void> RefuseSystemCalls() {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  if (filter.context == nullptr) return Fail(ErrorCode::kSystem, "seccomp_init: out of memory");
  AVA_TRY(RefuseByName(filter));
  AVA_TRY(RefuseByArgument(filter));
  return Check(seccomp_load(filter.context), "load");
}

}  // namespace ava::sandbox
