// SPDX-License-Identifier: Apache-2.0
#pragma once

// The manager's one thread: descriptors that become readable, timers, signals, and work that other
// threads hand over. Handlers run one after the other, in the thread that calls Run; nothing else
// may touch the manager's state.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>

namespace ava::control {

class EventLoop {
 public:
  using Handler = std::function<void()>;

  // What is waited for, for as long as this lives.
  class Source {
   public:
    virtual ~Source() = default;
  };
  using Handle = std::unique_ptr<Source>;

  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  void Run();
  void Stop();
  void Post(Handler handler);  // any thread

  // Called whenever `fd` is readable or closed by its peer, until the handle goes; which it must
  // before the fd is closed. A handler may drop its own handle.
  [[nodiscard]] Handle WhenReadable(int fd, Handler handler);
  [[nodiscard]] Handle After(std::int64_t nanoseconds, Handler handler);
  [[nodiscard]] Handle Every(std::int64_t nanoseconds, Handler handler);
  [[nodiscard]] Handle OnSignals(std::initializer_list<int> signals, Handler handler);

 private:
  friend class WorkQueue;
  struct State;
  std::unique_ptr<State> state_;
};

// A thread for what would keep the loop waiting: disk work. First in, first out.
class WorkQueue {
 public:
  explicit WorkQueue(EventLoop& loop);
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  ~WorkQueue();  // waits for what is queued; its `then`s no longer run

  // `work` runs in the queue's thread, `then` afterwards in the loop.
  void Do(EventLoop::Handler work, EventLoop::Handler then);

 private:
  struct State;
  EventLoop& loop_;
  std::unique_ptr<State> state_;
};

}  // namespace ava::control
