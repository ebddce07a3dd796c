// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/session.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

#include "ava/base/futex.h"
#include "ava/base/thread.h"
#include "ava/guest/api.h"
#include "ava/guest/discoveries.h"
#include "ava/guest/object.h"

namespace ava::guest {
namespace {

constinit Mutex g_start_mutex;
constinit bool g_fork_handlers = false;  // guarded by g_start_mutex
constinit std::atomic<std::uint32_t> g_last_thread{0};

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' && std::strcmp(value, "0") != 0;
}

bool Lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return false;
}

Options ReadOptions() {
  const char* disabled = std::getenv("AVA_DISABLE");
  const std::string_view list = disabled == nullptr ? "" : disabled;
  const bool strict = IsSet("AVA_STRICT");
  return {.cached = !Lists(list, "cached"),
          .coalesce = !strict && !Lists(list, "coalesce"),
          .async = !strict && !Lists(list, "async"),
          .shared = !Lists(list, "shared"),
          .addresses = !Lists(list, "addresses")};
}

// A program whose standard error is a pipe that nobody empties, or that nobody reads any more, must
// not wait here, nor die of it.
constexpr int kStderrWaitMsMax = 200;

void WriteToStderr(const char* text, std::size_t bytes) {
  pollfd writable = {.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (poll(&writable, 1, kStderrWaitMsMax) == 0) return;
  sigset_t pipe;
  sigset_t pending;
  sigset_t before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  if (write(STDERR_FILENO, text, bytes) < 0 && errno == EPIPE &&
      sigismember(&pending, SIGPIPE) == 0) {
    const timespec now = {};
    while (sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

std::atomic<Session*> Session::g_current{nullptr};
constinit thread_local ThreadState t_thread;

void Say(const char* format, ...) {
  const NoCancellation no_cancellation;
  std::array<char, 1024> line = {'a', 'v', 'a', ':', ' '};
  std::va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line.data() + 5, line.size() - 6, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  const std::size_t end =
      std::min<std::size_t>(5 + static_cast<std::size_t>(length), line.size() - 2);
  line[end] = '\n';
  // One write, so that lines of several threads and processes do not mix.
  WriteToStderr(line.data(), end + 1);
}

void EnterThread(Session& session) {
  if (t_thread.number == 0) {
    t_thread.number = g_last_thread.fetch_add(1, std::memory_order_seq_cst) + 1;
    // Partner of BeginAlone. The first thread is the one that may be alone.
    while (t_thread.number != 1 && session.alone_.load(std::memory_order_seq_cst) != 0)
      FutexWait(session.alone_, 1, FutexScope::kPrivate);
  }
  t_thread.session = &session;
  t_thread.local_calls = session.channel() == nullptr ? nullptr : session.channel()->LocalCalls();
}

// Partner of EnterThread: it takes its number and then looks at the word; we write the word and
// then look at the numbers.
bool Session::BeginAlone() {
  if (g_last_thread.load(std::memory_order_relaxed) != 1 || callbacks_.used()) return false;
  alone_.store(1, std::memory_order_seq_cst);
  if (g_last_thread.load(std::memory_order_seq_cst) == 1) return true;
  EndAlone();
  return false;
}

void Session::EndAlone() {
  alone_.store(0, std::memory_order_seq_cst);
  // Nobody waits unless a second thread has come.
  if (g_last_thread.load(std::memory_order_seq_cst) != 1)
    FutexWake(alone_, kFutexWakeAll, FutexScope::kPrivate);
}

Session& Session::Start() {
  const std::lock_guard lock(g_start_mutex);
  Session* session = g_current.load(std::memory_order_acquire);
  if (session != nullptr) return *session;
  if (!g_fork_handlers) {
    g_fork_handlers = pthread_atfork(&BeforeFork, &AfterForkInParent, &AfterForkInChild) == 0;
  }
  session = new Session;  // never deleted: see the header
  session->Connect();
  g_current.store(session, std::memory_order_release);
  return *session;
}

void Session::Connect() {
  options_ = ReadOptions();
  // The vendor library in a worker may look for platforms in turn and find this library.
  if (IsSet("AVA_INSIDE_WORKER")) {
    lost_.store(true, std::memory_order_release);
    return;
  }
  std::array<char, 512> error = {};
  const transport::ConnectOptions options = {
      .api = kApi.name,
      .digest = kApi.digest,
      .functions = static_cast<std::uint16_t>(kApi.function_names.size()),
      .environment = kApi.environment};
  channel_ = kApi.connector->connect(options, *this, error);
  if (channel_ != nullptr) return RepeatDiscoveries();
  Say("%s", error.data());
  lost_.store(true, std::memory_order_release);
}

void Session::BeforeFork() {
  g_start_mutex.lock();
  g_discoveries.lock();
}

void Session::AfterForkInParent() {
  g_discoveries.unlock();
  g_start_mutex.unlock();
}

void Session::AfterForkInChild() {
  g_start_mutex.ResetAfterFork();
  // What the session holds may be locked by threads that do not exist here: it is left as it is.
  const Session* session = g_current.exchange(nullptr, std::memory_order_acq_rel);
  if (session != nullptr && session->channel_ != nullptr)
    kApi.connector->abandon_after_fork(session->channel_);
  g_objects.ResetAfterFork();
  g_discoveries.ReviveInChild();
  t_thread = {};
  g_last_thread.store(0, std::memory_order_relaxed);
}

void* Session::ProgramHandle(wire::HandleId id, std::uint16_t type, bool& adopted) {
  if (id == 0) return nullptr;
  if (!wire::HandleServerMinted(id)) return g_objects.FindMinted(id);
  const std::uint32_t index = wire::HandleIndex(id);
  if (index >= wire::kHandlesMax) return nullptr;
  const std::lock_guard lock(adopted_mutex_);
  if (adopted_.size() <= index) adopted_.resize(index + 1);
  Object*& object = adopted_[index];
  if (object != nullptr && object->id == id) return object;
  adopted = true;
  return object = g_objects.Adopt(id, type);
}

void Session::GiveBackSharedMemory(wire::HandleId object) {
  Session* session = g_current.load(std::memory_order_acquire);
  if (session == nullptr || session->channel_ == nullptr) return;
  session->channel_->FreeWhenDone(session->shared_memory_.Take(object));
}

void Session::KeepAdopted(wire::HandleId id, Object* object) {
  const std::lock_guard lock(adopted_mutex_);
  if (adopted_.size() <= wire::HandleIndex(id)) adopted_.resize(wire::HandleIndex(id) + 1);
  adopted_[wire::HandleIndex(id)] = object;
}

void Session::RepeatDiscoveries() {
  if (t_thread.number == 0) EnterThread(*this);
  g_discoveries.Repeat(*channel_, t_thread.number, [this](const Discovery::Found& found) {
    KeepAdopted(found.id, found.object);
  });
}

void Session::OnUpcall(const wire::UpcallHeader& header, std::span<const std::byte> payload) {
  switch (header.kind) {
    case wire::kUpcallCallback:
      return callbacks_.Post(header, payload);
    case wire::kUpcallDeferredError:
      return KeepDeferredError(payload);
    default:
      return;
  }
}

void Session::KeepDeferredError(std::span<const std::byte> payload) {
  struct {
    std::uint16_t function;
    std::uint16_t reserved;
    std::int32_t error;
    std::uint64_t sequence;
  } deferred = {};
  static_assert(sizeof(deferred) == 16);
  if (payload.size() < sizeof(deferred)) return;
  std::memcpy(&deferred, payload.data(), sizeof(deferred));
  Say("%s (call %llu) failed with %d after it had returned; AVA_STRICT=1 makes it fail at once",
      FunctionName(deferred.function), static_cast<unsigned long long>(deferred.sequence),
      deferred.error);
  std::int32_t none = 0;
  deferred_error_.compare_exchange_strong(none, deferred.error, std::memory_order_relaxed);
}

void Session::OnEnding(const char* reason) { Say("%s", reason); }

void Session::OnLost(const char* /*reason*/) {
  lost_.store(true, std::memory_order_release);
  callbacks_.PostLost();
}

}  // namespace ava::guest
