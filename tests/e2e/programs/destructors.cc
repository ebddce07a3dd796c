// SPDX-License-Identifier: Apache-2.0
// Destructor callbacks of contexts and memory objects: in reverse order of registration, after the
// last reference is gone, whoever holds it.
#include <mutex>
#include <utility>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

// What was called, in order. Callbacks may come from any thread.
class Journal {
 public:
  void Add(int what) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(what);
  }

  std::vector<int> Await(size_t count) {
    for (int i = 0; i < 20000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (entries_.size() >= count) break;
      }
      usleep(1000);
    }
    return Take();
  }

  std::vector<int> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(entries_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<int> entries_;
};

Journal g_journal;
cl_mem g_wanted = nullptr;

void CL_CALLBACK MemGone(cl_mem memory, void* user_data) {
  Expect(memory == g_wanted, "the callback gets the object's handle");
  g_journal.Add(*static_cast<int*>(user_data));
}

void CL_CALLBACK ContextGone(cl_context, void* user_data) {
  g_journal.Add(*static_cast<int*>(user_data));
}

void Print(const char* label, const std::vector<int>& entries) {
  std::printf("%s:", label);
  for (int entry : entries) std::printf(" %d", entry);
  std::puts("");
}

int g_numbers[4] = {0, 1, 2, 3};

void Buffer(const e2e::Session& session) {
  cl_mem buffer = g_wanted = e2e::MakeBuffer(session.context, 100);
  for (int i = 1; i < 4; ++i) {
    Ok(clSetMemObjectDestructorCallback(buffer, MemGone, &g_numbers[i]));
  }
  Ok(clRetainMemObject(buffer));
  Ok(clReleaseMemObject(buffer));
  Print("one reference left", g_journal.Take());
  Ok(clReleaseMemObject(buffer));
  Print("released", g_journal.Await(3));
}

// The typical use: the program's memory may be freed when the callback says so.
void OwnMemory(const e2e::Session& session) {
  std::vector<uint8_t> host(1000);
  cl_mem buffer = g_wanted =
      e2e::MakeBuffer(session.context, host.size(), CL_MEM_USE_HOST_PTR, host.data());
  Ok(clSetMemObjectDestructorCallback(buffer, MemGone, &g_numbers[1]));
  const cl_uchar value = 6;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &value, 1, 0, host.size(), 0, nullptr, nullptr));
  Ok(clReleaseMemObject(buffer));
  Ok(clFinish(session.queue));
  Print("the program's memory", g_journal.Await(1));
  host.clear();
}

void HeldByCommand(const e2e::Session& session) {
  cl_event gate = e2e::MakeUserEvent(session.context);
  cl_mem buffer = g_wanted = e2e::MakeBuffer(session.context, 1000);
  Ok(clSetMemObjectDestructorCallback(buffer, MemGone, &g_numbers[2]));
  const cl_uchar value = 6;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &value, 1, 0, 1000, 1, &gate, nullptr));
  Ok(clReleaseMemObject(buffer));
  usleep(10000);
  Print("released with a command pending", g_journal.Take());
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clFinish(session.queue));
  Print("after the command", g_journal.Await(1));
  Ok(clReleaseEvent(gate));
}

void HeldBySubBuffer(const e2e::Session& session) {
  cl_mem parent = g_wanted = e2e::MakeBuffer(session.context, 4096);
  Ok(clSetMemObjectDestructorCallback(parent, MemGone, &g_numbers[3]));
  const cl_buffer_region region = {0, 1024};
  cl_int code = CL_SUCCESS;
  cl_mem part = clCreateSubBuffer(parent, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
  Ok(code);
  Ok(clReleaseMemObject(parent));
  Print("released with a part alive", g_journal.Take());
  Ok(clReleaseMemObject(part));
  Print("after the part", g_journal.Await(1));
}

void Context(cl_device_id device) {
  cl_context context = e2e::MakeContext(device);
  for (int i = 1; i < 4; ++i) {
    Ok(clSetContextDestructorCallback(context, ContextGone, &g_numbers[i]));
  }
  cl_mem buffer = e2e::MakeBuffer(context, 100);
  cl_command_queue queue = e2e::MakeQueue(context, device);
  Ok(clReleaseContext(context));
  Print("context with children", g_journal.Take());
  Ok(clReleaseMemObject(buffer));
  Print("context with a queue", g_journal.Take());
  Ok(clReleaseCommandQueue(queue));
  Print("context", g_journal.Await(3));
}

}  // namespace

int main() {
  e2e::Begin();
  {
    const e2e::Session session;
    Buffer(session);
    OwnMemory(session);
    HeldByCommand(session);
    HeldBySubBuffer(session);
    Context(session.device);
  }
  return e2e::Finish();
}
