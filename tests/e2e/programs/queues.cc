// SPDX-License-Identifier: Apache-2.0
// Command queues of every property, what they report, and that an in-order queue keeps its order
// while an out-of-order one honours wait lists.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

void PrintQueue(const char* label, cl_command_queue queue, const e2e::Session& session) {
  cl_context context = nullptr;
  cl_device_id device = nullptr;
  cl_uint references = 0;
  cl_command_queue_properties properties = 0;
  size_t array_bytes = 0;
  Ok(clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, nullptr));
  Ok(clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, nullptr));
  Ok(clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT, sizeof references, &references,
                           nullptr));
  Ok(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, nullptr));
  Ok(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES_ARRAY, 0, nullptr, &array_bytes));
  Expect(context == session.context, "a queue knows its context");
  Expect(device == session.device, "a queue knows its device");
  std::printf("%s: properties %llu, property list of %zu bytes, %u references\n", label,
              static_cast<unsigned long long>(properties), array_bytes, references);
}

void Kinds(const e2e::Session& session) {
  constexpr cl_command_queue_properties kOutOfOrder = CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE;
  const struct {
    const char* label;
    cl_command_queue_properties properties;
  } kinds[] = {{"in order", 0},
               {"out of order", kOutOfOrder},
               {"profiling", CL_QUEUE_PROFILING_ENABLE},
               {"out of order, profiling", kOutOfOrder | CL_QUEUE_PROFILING_ENABLE}};
  for (const auto& [label, properties] : kinds) {
    cl_command_queue queue = e2e::MakeQueue(session.context, session.device, properties);
    PrintQueue(label, queue, session);
    Ok(clReleaseCommandQueue(queue));
    cl_int code = CL_SUCCESS;
    queue = clCreateCommandQueue(session.context, session.device, properties, &code);
    Ok(code);
    PrintQueue("  the older way", queue, session);
    Ok(clReleaseCommandQueue(queue));
  }
  cl_int code = CL_SUCCESS;
  cl_command_queue plain =
      clCreateCommandQueueWithProperties(session.context, session.device, nullptr, &code);
  Ok(code);
  PrintQueue("no property list", plain, session);
  Ok(clRetainCommandQueue(plain));
  PrintQueue("retained", plain, session);
  Ok(clReleaseCommandQueue(plain));
  Ok(clReleaseCommandQueue(plain));
}

constexpr const char* kAppend = R"(
kernel void append(global int* values, int digit) { values[0] = values[0] * 3 + digit; }
)";

// The result tells the order: each launch multiplies what the ones before it left.
int InOrder(const e2e::Session& session, cl_kernel kernel, cl_mem buffer) {
  int expected = 1;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &expected, sizeof expected, 0, sizeof expected, 0,
                         nullptr, nullptr));
  for (int digit = 0; digit < 15; ++digit) {
    e2e::SetArg(kernel, 1, digit % 3);
    e2e::Launch(session.queue, kernel, 1);
    expected = expected * 3 + digit % 3;
  }
  const int seen = e2e::ReadAll<int>(session.queue, buffer, 1)[0];
  Expect(seen == expected, "an in-order queue runs in order");
  return seen;
}

int Chained(const e2e::Session& session, cl_kernel kernel, cl_mem buffer) {
  cl_command_queue queue =
      e2e::MakeQueue(session.context, session.device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  int expected = 2;
  cl_event last = nullptr;
  Ok(clEnqueueWriteBuffer(queue, buffer, CL_FALSE, 0, sizeof expected, &expected, 0, nullptr,
                          &last));
  const size_t one = 1;
  int value = expected;
  for (int digit = 0; digit < 15; ++digit) {
    cl_event next = nullptr;
    e2e::SetArg(kernel, 1, digit % 3);
    Ok(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &one, nullptr, 1, &last, &next));
    Ok(clReleaseEvent(last));
    last = next;
    value = value * 3 + digit % 3;
  }
  int seen = 0;
  Ok(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof seen, &seen, 1, &last, nullptr));
  Ok(clReleaseEvent(last));
  Ok(clReleaseCommandQueue(queue));
  Expect(seen == value, "wait lists order an out-of-order queue");
  return seen;
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Kinds(session);
  cl_program program = e2e::BuildProgram(session.context, session.device, kAppend);
  cl_kernel kernel = e2e::MakeKernel(program, "append");
  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof(int));
  e2e::SetArg(kernel, 0, buffer);
  std::printf("in order: %d\n", InOrder(session, kernel, buffer));
  std::printf("chained: %d\n", Chained(session, kernel, buffer));
  Ok(clFlush(session.queue));
  Ok(clFinish(session.queue));
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
