// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "ava/base/unique_fd.h"
#include "ava/guest/call.h"
#include "ava/guest/fake_channel.h"
#include "ava/guest/object.h"

namespace ava::guest {

namespace test {

FakeChannel* g_channel = nullptr;
bool g_refuse = false;
std::function<wire::ReplyHeader(FakeCommand&)> g_first_worker;
std::vector<std::string> g_callback_log;
std::function<void()> g_during_callback;
Mutex g_log_mutex;

namespace {

const char* const kNames[] = {"toyFirst", "toySecond", "toyThird", "toyFourth"};
const TypeInfo kTypes[] = {
    {},
    {.name = "root", .immortal = true},
    {.name = "memory",
     .may_share = true,
     .make_metadata = []() -> void* { return new MemoryMetadata; },
     .drop_metadata = [](void* metadata) { delete static_cast<MemoryMetadata*>(metadata); }},
    {.name = "event"},
};

void Log(std::string line) {
  const std::lock_guard lock(g_log_mutex);
  g_callback_log.push_back(std::move(line));
}

const CallbackInfo kCallbacks[] = {
    {},
    {.name = "once",
     .once = true,
     .run =
         [](const CallbackEntry&, std::span<const std::byte> record) {
           Log("ran " + std::to_string(record.size()));
           if (g_during_callback) g_during_callback();
         },
     .run_lost = [](const CallbackEntry& entry) { Log("lost " + std::to_string(entry.lost[0])); },
     .release =
         [](void* handle) {
           g_objects.Release(*static_cast<Object*>(handle));
           Log("released");
         }},
};
const NamedFunction kAddresses[] = {{"toyFirst", &g_channel}, {"toySecond", &g_refuse}};

const Connector kConnector = {
    .connect = [](const transport::ConnectOptions&, transport::GuestChannelEvents& events,
                  std::span<char> error) -> transport::GuestChannel* {
      if (g_refuse) {
        std::snprintf(error.data(), error.size(),
                      "connect('/run/ava.sock'): no manager is running; start avad");
        return nullptr;
      }
      g_channel = new FakeChannel(events);
      if (g_first_worker) g_channel->worker = g_first_worker;
      return g_channel;
    },
    .abandon_after_fork = [](transport::GuestChannel*) {},
};
const unsigned char kDigest[32] = {};

}  // namespace
}  // namespace test

const ApiInfo kApi = {.name = "toy",
                      .digest = test::kDigest,
                      .dispatch = &test::kNames,
                      .function_names = test::kNames,
                      .types = test::kTypes,
                      .callbacks = test::kCallbacks,
                      .addresses = test::kAddresses,
                      .connector = &test::kConnector};

namespace {

using test::g_channel;

class Sessions : public test::SessionTest {};

TEST_F(Sessions, ConnectsOnce) {
  Session& session = Session::Current();
  EXPECT_NE(session.channel(), nullptr);
  EXPECT_EQ(&session, &Session::Current());
  EXPECT_FALSE(session.lost());
}

TEST_F(Sessions, SaysWhyThereIsNone) {
  test::g_refuse = true;
  testing::internal::CaptureStderr();
  EXPECT_TRUE(Session::Current().lost());
  EXPECT_EQ(Session::Current().channel(), nullptr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "ava: connect('/run/ava.sock'): no manager is running; start avad\n");
}

TEST_F(Sessions, IsQuietInsideAWorker) {
  setenv("AVA_INSIDE_WORKER", "1", 1);
  testing::internal::CaptureStderr();
  EXPECT_TRUE(Session::Current().lost());
  EXPECT_EQ(g_channel, nullptr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(Sessions, SaysThatTheWorkerEnded) {
  Session& session = Session::Current();
  testing::internal::CaptureStderr();
  g_channel->Lose();
  EXPECT_TRUE(session.lost());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "ava: the worker of session 1 ended: test\n");
}

TEST_F(Sessions, KeepsTheFirstDeferredError) {
  Session& session = Session::Current();
  testing::internal::CaptureStderr();
  g_channel->DeferredError(1, -5);
  g_channel->DeferredError(2, -6);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("toySecond (call 7) failed with -5"),
            std::string::npos);
  EXPECT_EQ(session.TakeDeferredError(), -5);
  EXPECT_EQ(session.TakeDeferredError(), 0);
}

TEST_F(Sessions, ReadsItsSwitches) {
  setenv("AVA_DISABLE", "coalesce,cached", 1);
  EXPECT_FALSE(Session::Current().options().coalesce);
  EXPECT_FALSE(Session::Current().options().cached);
  EXPECT_TRUE(Session::Current().options().async);
}

TEST_F(Sessions, WaitsForEachCallWhenStrict) {
  setenv("AVA_STRICT", "1", 1);
  EXPECT_FALSE(Session::Current().options().async);
  EXPECT_TRUE(Session::Current().options().cached);
}

TEST_F(Sessions, NamesTheServersObjectsOnce) {
  Session& session = Session::Current();
  const wire::HandleId id = wire::MakeHandleId(3, 1, true);
  void* handle = session.ProgramHandle(id, test::kRoot);
  EXPECT_EQ(handle, session.ProgramHandle(id, test::kRoot));
  EXPECT_NE(g_objects.Find(handle, test::kRoot), nullptr);
  EXPECT_EQ(session.ProgramHandle(0, test::kRoot), nullptr);
}

TEST_F(Sessions, StartsAfreshInAChild) {
  Session& parents = Session::Current();
  Object* object = g_objects.Mint(test::kEvent);
  const pid_t child = fork();
  if (child == 0) {
    const bool fresh = &Session::Current() != &parents &&
                       g_objects.Find(object, test::kEvent) == nullptr &&
                       g_objects.Mint(test::kEvent) != object;
    _exit(fresh ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(&Session::Current(), &parents);
  EXPECT_NE(g_objects.Find(object, test::kEvent), nullptr);
  g_objects.Release(*object);
}

TEST_F(Sessions, FindsTheServersObjectsAgainInAChild) {
  const wire::HandleId id = wire::MakeHandleId(5, 1, true);
  const auto answer = [id](test::FakeCommand& command) {
    std::memcpy(command.Data(command.As<wire::Blob>()), &id, sizeof(id));
    return wire::ReplyHeader{};
  };
  channel().worker = answer;
  void* handle = nullptr;
  {
    Payload<8> payload;
    wire::Blob args = {};
    Call call(1, sizeof(args), payload);
    Output* output = call.Out(&handle, sizeof(handle), args);
    ASSERT_TRUE(call.Send(&args, true));
    call.Succeed();
    call.CopyHandles(output, 1, test::kRoot, true);
  }
  ASSERT_NE(handle, nullptr);
  const pid_t child = fork();
  if (child == 0) {
    test::g_first_worker = answer;
    const bool same = Session::Current().ProgramHandle(id, test::kRoot) == handle &&
                      g_objects.Find(handle, test::kRoot) == handle &&
                      g_channel->functions.size() == 1;
    _exit(same ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Standard error as a pipe, for one scope.
class StderrPipe {
 public:
  StderrPipe() : before_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    out = UniqueFd(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
  }
  StderrPipe(const StderrPipe&) = delete;
  StderrPipe& operator=(const StderrPipe&) = delete;
  ~StderrPipe() { dup2(before_.get(), STDERR_FILENO); }

  UniqueFd out;

 private:
  UniqueFd before_;
};

TEST(Say, DoesNotDieWithoutAReader) {
  StderrPipe pipe;
  pipe.out.Reset();
  Say("nobody reads this");
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST(Say, DoesNotWaitForAReader) {
  StderrPipe pipe;
  const int flags = fcntl(STDERR_FILENO, F_GETFL);
  fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
  const std::array<char, 4096> page = {};
  while (write(STDERR_FILENO, page.data(), page.size()) > 0) {
  }
  fcntl(STDERR_FILENO, F_SETFL, flags);
  alarm(20);
  Say("nobody has room for this");
  alarm(0);
}

TEST(FunctionAddress, FindsByName) {
  EXPECT_EQ(FunctionAddress("toySecond"), &test::g_refuse);
  EXPECT_EQ(FunctionAddress("toyNone"), nullptr);
  EXPECT_EQ(FunctionAddress(nullptr), nullptr);
}

}  // namespace
}  // namespace ava::guest
