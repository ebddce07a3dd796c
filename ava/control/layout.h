// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where things are: the manager's socket and directories, the programs, the guest's libraries.
//
//   <runtime>/<name>.lock                held while a manager of that name lives
//   <runtime>/<name>/sessions/<id>/      a session's own files: home, tmp,
//                                        files/<guest's directory>
//   <cache>/<uid>/                       a tenant's kernel cache (kernel_cache.h)
//   <prefix>/bin/{ava,avad}              found by /proc/self/exe
//   <prefix>/lib/...                     libava-<api>-server.so, libOpenCL.so.1, ava.icd
//   /usr/local/lib/ava                   more APIs, for the prefix /usr
//   <prefix>/lib/..., bin in a build     ava-worker
//   <prefix>/etc/ava/avad.toml           settings; /etc/ava/avad.toml for the prefix /usr

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace ava::control {

// What the answers depend on; read once, by main().
struct Surroundings {
  uid_t uid = 0;
  std::string home;
  std::string xdg_runtime;
  std::string xdg_cache;
  std::string xdg_state;
  std::string program_directory;  // of the running executable
};
Surroundings ReadSurroundings();

inline constexpr std::string_view kRootSocket = "/run/ava/avad.sock";

std::string DefaultSocket(const Surroundings& surroundings);
std::string DefaultRuntimeDirectory(const Surroundings& surroundings);
std::string DefaultCacheDirectory(const Surroundings& surroundings);
std::string DefaultLogFile(const Surroundings& surroundings);

// One name for each socket, so that managers side by side share nothing.
std::string ManagerName(std::string_view socket, const Surroundings& surroundings);

// "/run/ava/avad.sock" <-> "unix:/run/ava/avad.sock". SocketOfUrl: empty for other kinds of URL.
std::string UrlOfSocket(std::string_view socket);
std::string SocketOfUrl(std::string_view url);

// Directories below the prefix in which libraries may lie, best first; with the prefix /usr also
// where this machine's own APIs go.
std::vector<std::string> LibraryDirectories(const Surroundings& surroundings);
// Beside the programs, as in a build, or with the libraries, as installed. None: where it should
// be.
std::string WorkerProgram(const Surroundings& surroundings);
// What a manager reads unless it is told otherwise: root's alone. Empty: there is none.
std::string DefaultConfigFile(const Surroundings& surroundings);
// The first of `directories` that has `file`, as a whole path; empty: none has.
std::string FindIn(const std::vector<std::string>& directories, std::string_view file);

}  // namespace ava::control
