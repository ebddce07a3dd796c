// SPDX-License-Identifier: Apache-2.0
#include "ava/control/event_loop.h"

#include <chrono>
#include <utility>

#include <asio.hpp>

namespace ava::control {
namespace {

using Descriptor = asio::posix::stream_descriptor;

// A handle's other half: asio's handlers hold it, and find out by `active` that the handle is gone.
struct Shared {
  explicit Shared(EventLoop::Handler wanted) : handler(std::move(wanted)) {}
  bool active = true;
  EventLoop::Handler handler;

  void Call() const {
    const EventLoop::Handler copy = handler;  // it may drop its own handle
    copy();
  }
};

class ReadSource final : public EventLoop::Source {
 public:
  ReadSource(asio::io_context& context, int fd, EventLoop::Handler handler)
      : waiting_(std::make_shared<Waiting>(context, fd, std::move(handler))) {
    Wait(waiting_);
  }
  ReadSource(const ReadSource&) = delete;
  ReadSource& operator=(const ReadSource&) = delete;
  ~ReadSource() override {
    waiting_->active = false;
    waiting_->descriptor.release();  // the fd is not ours to close
  }

 private:
  struct Waiting : Shared {
    Waiting(asio::io_context& context, int fd, EventLoop::Handler wanted)
        : Shared(std::move(wanted)), descriptor(context, fd) {}
    Descriptor descriptor;
  };

  static void Wait(const std::shared_ptr<Waiting>& waiting) {
    waiting->descriptor.async_wait(Descriptor::wait_read, [waiting](std::error_code error) {
      if (error || !waiting->active) return;
      waiting->Call();
      if (waiting->active) Wait(waiting);
    });
  }

  std::shared_ptr<Waiting> waiting_;
};

class TimerSource final : public EventLoop::Source {
 public:
  TimerSource(asio::io_context& context, std::chrono::nanoseconds wait, bool repeat,
              EventLoop::Handler handler)
      : waiting_(std::make_shared<Waiting>(context, wait, repeat, std::move(handler))) {
    waiting_->timer.expires_after(wait);
    Wait(waiting_);
  }
  TimerSource(const TimerSource&) = delete;
  TimerSource& operator=(const TimerSource&) = delete;
  ~TimerSource() override {
    waiting_->active = false;
    waiting_->timer.cancel();
  }

 private:
  struct Waiting : Shared {
    Waiting(asio::io_context& context, std::chrono::nanoseconds wait, bool repeats,
            EventLoop::Handler wanted)
        : Shared(std::move(wanted)), timer(context), period(wait), repeat(repeats) {}
    asio::steady_timer timer;
    std::chrono::nanoseconds period;
    bool repeat;
  };

  static void Wait(const std::shared_ptr<Waiting>& waiting) {
    waiting->timer.async_wait([waiting](std::error_code error) {
      if (error || !waiting->active) return;
      waiting->Call();
      if (!waiting->active || !waiting->repeat) return;
      waiting->timer.expires_after(waiting->period);
      Wait(waiting);
    });
  }

  std::shared_ptr<Waiting> waiting_;
};

class SignalSource final : public EventLoop::Source {
 public:
  SignalSource(asio::io_context& context, std::initializer_list<int> signals,
               EventLoop::Handler handler)
      : waiting_(std::make_shared<Waiting>(context, std::move(handler))) {
    for (const int signal : signals) waiting_->set.add(signal);
    Wait(waiting_);
  }
  SignalSource(const SignalSource&) = delete;
  SignalSource& operator=(const SignalSource&) = delete;
  ~SignalSource() override {
    waiting_->active = false;
    std::error_code ignored;
    waiting_->set.cancel(ignored);  // Else the wait that holds it would never end.
  }

 private:
  struct Waiting : Shared {
    Waiting(asio::io_context& context, EventLoop::Handler wanted)
        : Shared(std::move(wanted)), set(context) {}
    asio::signal_set set;
  };

  static void Wait(const std::shared_ptr<Waiting>& waiting) {
    waiting->set.async_wait([waiting](std::error_code error, int) {
      if (error || !waiting->active) return;
      waiting->Call();
      if (waiting->active) Wait(waiting);
    });
  }

  std::shared_ptr<Waiting> waiting_;
};

}  // namespace

struct EventLoop::State {
  asio::io_context context{1};
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::Run() {
  const auto work = asio::make_work_guard(state_->context);
  state_->context.run();
}

void EventLoop::Stop() { state_->context.stop(); }

void EventLoop::Post(Handler handler) { asio::post(state_->context, std::move(handler)); }

EventLoop::Handle EventLoop::WhenReadable(int fd, Handler handler) {
  return std::make_unique<ReadSource>(state_->context, fd, std::move(handler));
}

EventLoop::Handle EventLoop::After(std::int64_t nanoseconds, Handler handler) {
  return std::make_unique<TimerSource>(state_->context, std::chrono::nanoseconds(nanoseconds),
                                       false, std::move(handler));
}

EventLoop::Handle EventLoop::Every(std::int64_t nanoseconds, Handler handler) {
  return std::make_unique<TimerSource>(state_->context, std::chrono::nanoseconds(nanoseconds), true,
                                       std::move(handler));
}

EventLoop::Handle EventLoop::OnSignals(std::initializer_list<int> signals, Handler handler) {
  return std::make_unique<SignalSource>(state_->context, signals, std::move(handler));
}

struct WorkQueue::State {
  asio::thread_pool pool{1};
};

WorkQueue::WorkQueue(EventLoop& loop) : loop_(loop), state_(std::make_unique<State>()) {}
WorkQueue::~WorkQueue() { state_->pool.join(); }

void WorkQueue::Do(EventLoop::Handler work, EventLoop::Handler then) {
  asio::post(state_->pool, [this, work = std::move(work), then = std::move(then)]() mutable {
    work();
    loop_.Post(std::move(then));
  });
}

}  // namespace ava::control
