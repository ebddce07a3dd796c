// SPDX-License-Identifier: Apache-2.0
// Two contexts of one device side by side, with the same names in different programs, and objects
// of one refused by the other.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

struct Side {
  e2e::Session session;
  cl_program program;
  cl_kernel kernel;
  cl_mem buffer;

  explicit Side(const char* options)
      : program(e2e::BuildProgram(session.context, session.device,
                                  "kernel void put(global int* x) { x[0] = VALUE; }", options)),
        kernel(e2e::MakeKernel(program, "put")),
        buffer(e2e::MakeBuffer(session.context, 64)) {
    e2e::SetArg(kernel, 0, buffer);
  }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;
  ~Side() {
    Ok(clReleaseMemObject(buffer));
    Ok(clReleaseKernel(kernel));
    Ok(clReleaseProgram(program));
  }

  int Run() const {
    e2e::Launch(session.queue, kernel, 1);
    return e2e::ReadAll<int>(session.queue, buffer, 1)[0];
  }
};

void Mixed(const Side& left, const Side& right) {
  const size_t one = 1;
  int host = 0;
  cl_event event = e2e::MakeUserEvent(right.session.context);
  e2e::ExpectCode(clEnqueueNDRangeKernel(left.session.queue, right.kernel, 1, nullptr, &one,
                                         nullptr, 0, nullptr, nullptr),
                  CL_INVALID_CONTEXT, "a kernel of the other context");
  e2e::ExpectCode(clEnqueueReadBuffer(left.session.queue, right.buffer, CL_TRUE, 0, 4, &host, 0,
                                      nullptr, nullptr),
                  CL_INVALID_CONTEXT, "a buffer of the other context");
  e2e::ExpectCode(clEnqueueCopyBuffer(left.session.queue, left.buffer, right.buffer, 0, 0, 4, 0,
                                      nullptr, nullptr),
                  CL_INVALID_CONTEXT, "a copy between contexts");
  e2e::ExpectCode(clEnqueueMarkerWithWaitList(left.session.queue, 1, &event, nullptr),
                  CL_INVALID_CONTEXT, "an event of the other context");
  Ok(clSetUserEventStatus(event, CL_COMPLETE));
  Ok(clReleaseEvent(event));
}

}  // namespace

int main() {
  e2e::Begin();
  {
    const Side left("-DVALUE=1");
    const Side right("-DVALUE=2");
    for (int round = 0; round < 3; ++round) {
      std::printf("left %d right %d\n", left.Run(), right.Run());
    }
    Mixed(left, right);
    Expect(left.Run() == 1 && right.Run() == 2, "both go on");
  }
  return e2e::Finish();
}
