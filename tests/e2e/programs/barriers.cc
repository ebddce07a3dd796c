// SPDX-License-Identifier: Apache-2.0
// Markers and barriers in out-of-order and in-order queues, with wait lists and without.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kCount = 1024;

constexpr const char* kSource = R"(
kernel void put(global int* x, int n) { x[get_global_id(0)] = n + (int)get_global_id(0); }
kernel void sum(global const int* a, global const int* b, global int* out) {
  out[get_global_id(0)] = a[get_global_id(0)] + b[get_global_id(0)];
}
)";

class Queue {
 public:
  explicit Queue(cl_command_queue_properties properties)
      : session_(properties),
        program_(e2e::BuildProgram(session_.context, session_.device, kSource)),
        put_(e2e::MakeKernel(program_, "put")),
        sum_(e2e::MakeKernel(program_, "sum")) {
    for (cl_mem& buffer : buffers_)
      buffer = e2e::MakeBuffer(session_.context, kCount * sizeof(int));
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() {
    for (cl_mem buffer : buffers_) Ok(clReleaseMemObject(buffer));
    Ok(clReleaseKernel(put_));
    Ok(clReleaseKernel(sum_));
    Ok(clReleaseProgram(program_));
  }

  // Everything after the barrier sees everything before it.
  void BarrierOrders() {
    for (int round = 0; round < 30; ++round) {
      cl_event events[3] = {Put(0, round), Put(1, 1000 * round), nullptr};
      Ok(clEnqueueBarrierWithWaitList(session_.queue, 0, nullptr, nullptr));
      events[2] = Sum();
      Ok(clEnqueueBarrierWithWaitList(session_.queue, 0, nullptr, nullptr));
      const auto seen = e2e::ReadAll<int>(session_.queue, buffers_[2], kCount);
      Expect(seen[kCount - 1] == 1001 * round + 2 * (static_cast<int>(kCount) - 1),
             "a barrier orders");
      for (cl_event event : events) Ok(clReleaseEvent(event));
    }
    std::puts("barriers without lists");
  }

  void MarkerGathers() {
    cl_event parts[2] = {};
    cl_event marker = nullptr;
    parts[0] = Put(0, 5);
    parts[1] = Put(1, 50);
    Ok(clEnqueueMarkerWithWaitList(session_.queue, 2, parts, &marker));
    cl_event total = Sum(1, &marker);
    Ok(clWaitForEvents(1, &total));
    Expect(e2e::EventStatus(marker) == CL_COMPLETE, "the marker came before what waited for it");
    std::vector<int> seen(kCount);
    Ok(clEnqueueReadBuffer(session_.queue, buffers_[2], CL_TRUE, 0, kCount * sizeof(int),
                           seen.data(), 1, &total, nullptr));
    std::printf("marker with a list: %d\n", seen[10]);
    for (cl_event event : {parts[0], parts[1], marker, total}) Ok(clReleaseEvent(event));
  }

  // A barrier with a list holds back what comes later, although the queue itself could go on.
  void BarrierHolds() {
    cl_event gate = e2e::MakeUserEvent(session_.context);
    cl_event barrier = nullptr;
    Ok(clEnqueueBarrierWithWaitList(session_.queue, 1, &gate, &barrier));
    cl_event later = Put(0, 7);
    Ok(clFlush(session_.queue));
    usleep(20000);
    const cl_int before = e2e::EventStatus(later);
    Expect(before > CL_RUNNING, "the barrier holds what comes after it");
    Ok(clSetUserEventStatus(gate, CL_COMPLETE));
    Ok(clWaitForEvents(1, &later));
    std::printf("barrier with a list: started before %d, barrier %s\n", before <= CL_RUNNING,
                e2e::StatusName(e2e::EventStatus(barrier)).c_str());
    for (cl_event event : {gate, barrier, later}) Ok(clReleaseEvent(event));
  }

  // clEnqueueWaitForEvents is left out: PoCL 3.1 ends the process in it.
  void OldForms() {
    cl_event put = Put(0, 3);
    Ok(clEnqueueBarrier(session_.queue));
    cl_event marker = nullptr;
    Ok(clEnqueueMarker(session_.queue, &marker));
    Ok(clWaitForEvents(1, &marker));
    Expect(e2e::EventStatus(put) == CL_COMPLETE, "a marker completes after all before it");
    std::puts("the older forms");
    Ok(clReleaseEvent(put));
    Ok(clReleaseEvent(marker));
  }

 private:
  cl_event Put(size_t buffer, int value) {
    e2e::SetArg(put_, 0, buffers_[buffer]);
    e2e::SetArg(put_, 1, value);
    cl_event event = nullptr;
    e2e::Launch(session_.queue, put_, kCount, &event);
    return event;
  }

  cl_event Sum(cl_uint count = 0, const cl_event* list = nullptr) {
    for (cl_uint i = 0; i < 3; ++i) e2e::SetArg(sum_, i, buffers_[i]);
    cl_event event = nullptr;
    Ok(clEnqueueNDRangeKernel(session_.queue, sum_, 1, nullptr, &kCount, nullptr, count, list,
                              &event));
    return event;
  }

  e2e::Session session_;
  cl_program program_;
  cl_kernel put_;
  cl_kernel sum_;
  cl_mem buffers_[3];
};

void All(const char* label, cl_command_queue_properties properties) {
  std::puts(label);
  Queue queue(properties);
  queue.BarrierOrders();
  queue.MarkerGathers();
  queue.BarrierHolds();
  queue.OldForms();
}

}  // namespace

int main() {
  e2e::Begin();
  All("out of order", CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  All("in order", 0);
  return e2e::Finish();
}
