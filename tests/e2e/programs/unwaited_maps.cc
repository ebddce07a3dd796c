// SPDX-License-Identifier: Apache-2.0
// Buffers that are mapped and unmapped again without anybody waiting in between or touching the
// memory: nothing of the buffer may change, whatever happens meanwhile.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBytes = size_t{1} << 20;
constexpr int kOthers = 24;

struct Pair {
  cl_event mapped = nullptr;
  cl_event unmapped = nullptr;
};

// Both commands are queued before the first has begun.
Pair MapAndUnmap(const e2e::Session& session, cl_mem buffer, cl_map_flags flags, cl_event gate) {
  Pair pair;
  cl_int code = CL_SUCCESS;
  void* memory = clEnqueueMapBuffer(session.queue, buffer, CL_FALSE, flags, 0, kBytes, 1, &gate,
                                    &pair.mapped, &code);
  Ok(code);
  Ok(clEnqueueUnmapMemObject(session.queue, buffer, memory, 0, nullptr, &pair.unmapped));
  Ok(clFlush(session.queue));
  return pair;
}

// Other transfers, which take memory and give it back.
void Others(const e2e::Session& session, uint32_t seed) {
  cl_command_queue queue = e2e::MakeQueue(session.context, session.device);
  for (int i = 0; i < kOthers; ++i) {
    const std::vector<uint8_t> data = e2e::Pattern(kBytes, seed + static_cast<uint32_t>(i));
    cl_mem other = e2e::MakeBuffer(session.context, kBytes);
    Ok(clEnqueueWriteBuffer(queue, other, i % 2 == 0 ? CL_FALSE : CL_TRUE, 0, kBytes, data.data(),
                            0, nullptr, nullptr));
    Expect(e2e::ReadAll<uint8_t>(queue, other, kBytes) == data, "another buffer");
    Ok(clReleaseMemObject(other));
  }
  Ok(clReleaseCommandQueue(queue));
}

void Run(const e2e::Session& session, const char* label, cl_map_flags flags, bool own_memory,
         bool others) {
  std::vector<uint8_t> host(own_memory ? kBytes : 0);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, own_memory ? CL_MEM_USE_HOST_PTR : 0,
                                  own_memory ? host.data() : nullptr);
  const std::vector<uint8_t> data = e2e::Pattern(kBytes, 77);
  Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, 0, kBytes, data.data(), 0, nullptr,
                          nullptr));
  Others(session, 500);  // so that no memory has by chance what belongs there
  cl_event gate = e2e::MakeUserEvent(session.context);
  const Pair pair = MapAndUnmap(session, buffer, flags, gate);
  if (others) Others(session, 1000);
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  if (others) Others(session, 2000);
  Ok(clFinish(session.queue));
  const std::vector<uint8_t> seen = e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes);
  e2e::PrintChecksum(label, seen.data(), kBytes);
  Expect(seen == data, label);
  for (cl_event event : {pair.mapped, pair.unmapped, gate}) Ok(clReleaseEvent(event));
  Ok(clReleaseMemObject(buffer));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  for (int round = 0; round < 4; ++round) {
    const bool others = round % 2 == 1;
    Run(session, "read", CL_MAP_READ, false, others);
    Run(session, "read and write", CL_MAP_READ | CL_MAP_WRITE, false, others);
    Run(session, "own memory, read", CL_MAP_READ, true, others);
    Run(session, "own memory, read and write", CL_MAP_READ | CL_MAP_WRITE, true, others);
  }
  return e2e::Finish();
}
