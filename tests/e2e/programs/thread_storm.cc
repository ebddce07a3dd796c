// SPDX-License-Identifier: Apache-2.0
// Eight threads hammer one context: each has its own queue and objects, all share one program and
// one read-only table, and each checks every value that it gets back.
#include <atomic>
#include <thread>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Ok;

constexpr int kThreads = 8;
constexpr int kRounds = 60;
constexpr size_t kCount = 512;

constexpr const char* kSource = R"(
kernel void mixed(global const int* table, global int* x, int n) {
  const int i = get_global_id(0);
  x[i] = x[i] * 3 + table[(i + n) % 512];
}
)";

struct Shared {
  cl_context context;
  cl_device_id device;
  cl_program program;
  cl_mem table;
  std::vector<int> values;
  std::atomic<int> wrong = 0;
  std::atomic<int> callbacks = 0;
};

class Worker {
 public:
  Worker(Shared& shared, int index)
      : shared_(shared),
        index_(index),
        queue_(e2e::MakeQueue(shared.context, shared.device,
                              index % 2 == 0 ? 0 : CL_QUEUE_PROFILING_ENABLE)),
        kernel_(e2e::MakeKernel(shared.program, "mixed")),
        expected_(kCount, index) {
    buffer_ = e2e::MakeBuffer(shared.context, kCount * sizeof(int), CL_MEM_COPY_HOST_PTR,
                              expected_.data());
    e2e::SetArg(kernel_, 0, shared.table);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    Ok(clReleaseMemObject(buffer_));
    Ok(clReleaseKernel(kernel_));
    Ok(clReleaseCommandQueue(queue_));
  }

  void Run() {
    for (int round = 0; round < kRounds; ++round) {
      LaunchSome(round);
      bool right = true;
      switch ((round + index_) % 4) {
        case 0:
          right = ReadMatches();
          break;
        case 1:
          right = MapMatches();
          break;
        case 2:
          right = CopyMatches();
          break;
        default:
          right = WriteAgain(round);
          break;
      }
      if (!right) ++shared_.wrong;
    }
  }

 private:
  static void CL_CALLBACK Count(cl_event, cl_int, void* user_data) {
    ++static_cast<Shared*>(user_data)->callbacks;
  }

  void LaunchSome(int round) {
    for (int n = 0; n < 5; ++n) {
      e2e::SetArg(kernel_, 1, buffer_);
      e2e::SetArg(kernel_, 2, round + n);
      cl_event event = nullptr;
      e2e::Launch(queue_, kernel_, kCount, n == 0 ? &event : nullptr);
      if (event != nullptr) {
        Ok(clSetEventCallback(event, CL_COMPLETE, Count, &shared_));
        Ok(clReleaseEvent(event));
      }
      for (size_t i = 0; i < kCount; ++i) {
        expected_[i] = static_cast<int>(
            static_cast<unsigned>(expected_[i]) * 3U +
            static_cast<unsigned>(shared_.values[(i + static_cast<size_t>(round + n)) % kCount]));
      }
    }
  }

  bool ReadMatches() { return e2e::ReadAll<int>(queue_, buffer_, kCount) == expected_; }

  bool MapMatches() {
    cl_int code = CL_SUCCESS;
    void* mapped = clEnqueueMapBuffer(queue_, buffer_, CL_TRUE, CL_MAP_READ, 0,
                                      kCount * sizeof(int), 0, nullptr, nullptr, &code);
    Ok(code);
    const bool same = std::memcmp(mapped, expected_.data(), kCount * sizeof(int)) == 0;
    Ok(clEnqueueUnmapMemObject(queue_, buffer_, mapped, 0, nullptr, nullptr));
    return same;
  }

  bool CopyMatches() {
    cl_mem copy = e2e::MakeBuffer(shared_.context, kCount * sizeof(int));
    Ok(clEnqueueCopyBuffer(queue_, buffer_, copy, 0, 0, kCount * sizeof(int), 0, nullptr, nullptr));
    const bool same = e2e::ReadAll<int>(queue_, copy, kCount) == expected_;
    Ok(clReleaseMemObject(copy));
    return same;
  }

  bool WriteAgain(int round) {
    for (size_t i = 0; i < kCount; ++i) expected_[i] = static_cast<int>(i) * round + index_;
    Ok(clEnqueueWriteBuffer(queue_, buffer_, CL_TRUE, 0, kCount * sizeof(int), expected_.data(), 0,
                            nullptr, nullptr));
    Ok(clFinish(queue_));
    return ReadMatches();
  }

  Shared& shared_;
  int index_;
  cl_command_queue queue_;
  cl_kernel kernel_;
  cl_mem buffer_ = nullptr;
  std::vector<int> expected_;
};

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Shared shared{session.context, session.device, nullptr, nullptr, std::vector<int>(kCount)};
  for (size_t i = 0; i < kCount; ++i) shared.values[i] = static_cast<int>(i * i % 1009);
  shared.program = e2e::BuildProgram(session.context, session.device, kSource);
  shared.table = e2e::MakeBuffer(session.context, kCount * sizeof(int),
                                 CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, shared.values.data());
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int index = 0; index < kThreads; ++index) {
    threads.emplace_back([&shared, index] { Worker(shared, index).Run(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 60000 && shared.callbacks < kThreads * kRounds; ++i) usleep(1000);
  std::printf("%d threads, %d rounds: %d wrong, %d callbacks\n", kThreads, kRounds,
              shared.wrong.load(), shared.callbacks.load());
  e2e::Expect(shared.wrong == 0, "each thread got its own values");
  Ok(clReleaseMemObject(shared.table));
  Ok(clReleaseProgram(shared.program));
  return e2e::Finish();
}
