// SPDX-License-Identifier: Apache-2.0
// Ten thousand launches before the first wait: none is lost, none overtakes another, and an
// argument set between two launches is seen by the second and not by the first.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr int kLaunches = 10000;

constexpr const char* kSource = R"(
kernel void add(global ulong* x, uint n) { x[0] += n; x[1] = x[1] * 31 + n; }
)";

struct Sums {
  cl_ulong sum = 0;
  cl_ulong order = 0;

  void Add(cl_uint n) {
    sum += n;
    order = order * 31 + n;
  }
};

void Print(const char* label, const e2e::Session& session, cl_mem buffer, const Sums& expected) {
  const auto seen = e2e::ReadAll<cl_ulong>(session.queue, buffer, 2);
  std::printf("%s: sum %llu order %016llx\n", label, static_cast<unsigned long long>(seen[0]),
              static_cast<unsigned long long>(seen[1]));
  Expect(seen[0] == expected.sum && seen[1] == expected.order, label);
}

void Same(const e2e::Session& session, cl_kernel kernel, cl_mem buffer, Sums& sums) {
  e2e::SetArg(kernel, 1, cl_uint{3});
  for (int i = 0; i < kLaunches; ++i) {
    e2e::Launch(session.queue, kernel, 1);
    sums.Add(3);
  }
  Ok(clFinish(session.queue));
  Print("the same arguments", session, buffer, sums);
}

void Changing(const e2e::Session& session, cl_kernel kernel, cl_mem buffer, Sums& sums) {
  for (cl_uint i = 0; i < kLaunches; ++i) {
    e2e::SetArg(kernel, 1, i);
    e2e::Launch(session.queue, kernel, 1);
    sums.Add(i);
  }
  Print("changing arguments", session, buffer, sums);
}

// Writes of a few bytes and launches in turn; the written memory is reused at once.
void WithWrites(const e2e::Session& session, cl_kernel kernel, cl_mem buffer, Sums& sums) {
  for (cl_uint i = 0; i < 500; ++i) {
    const cl_ulong fresh[2] = {i, i * 1000ULL};
    Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, 0, sizeof fresh, fresh, 0, nullptr,
                            nullptr));
    e2e::SetArg(kernel, 1, i);
    e2e::Launch(session.queue, kernel, 1);
    sums = {fresh[0], fresh[1]};
    sums.Add(i);
  }
  Print("with writes", session, buffer, sums);
}

void WithEvents(const e2e::Session& session, cl_kernel kernel, cl_mem buffer, Sums& sums) {
  std::vector<cl_event> events(2000);
  e2e::SetArg(kernel, 1, cl_uint{1});
  for (cl_event& event : events) {
    e2e::Launch(session.queue, kernel, 1, &event);
    sums.Add(1);
  }
  Ok(clWaitForEvents(1, &events.back()));
  size_t incomplete = 0;
  for (cl_event event : events) {
    incomplete += e2e::EventStatus(event) == CL_COMPLETE ? 0U : 1U;
    Ok(clReleaseEvent(event));
  }
  std::printf("events incomplete after the last: %zu\n", incomplete);
  Expect(incomplete == 0, "an in-order queue completes in order");
  Print("with events", session, buffer, sums);
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "add");
  cl_ulong zeros[2] = {};
  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof zeros, CL_MEM_COPY_HOST_PTR, zeros);
  e2e::SetArg(kernel, 0, buffer);
  Sums sums;
  Same(session, kernel, buffer, sums);
  Changing(session, kernel, buffer, sums);
  WithWrites(session, kernel, buffer, sums);
  WithEvents(session, kernel, buffer, sums);
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
