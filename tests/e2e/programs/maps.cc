// SPDX-License-Identifier: Apache-2.0
// Maps with every flag, blocking and not, of parts, twice at once and overlapping, and of buffers
// in the program's own memory.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBytes = 100000;

uint8_t* Map(cl_command_queue queue, cl_mem buffer, cl_bool blocking, cl_map_flags flags, size_t at,
             size_t bytes, cl_event* event = nullptr) {
  cl_int code = CL_SUCCESS;
  void* mapped =
      clEnqueueMapBuffer(queue, buffer, blocking, flags, at, bytes, 0, nullptr, event, &code);
  Ok(code);
  return static_cast<uint8_t*>(mapped);
}

void Unmap(cl_command_queue queue, cl_mem buffer, void* mapped) {
  Ok(clEnqueueUnmapMemObject(queue, buffer, mapped, 0, nullptr, nullptr));
}

cl_uint MapCount(cl_mem buffer) {
  cl_uint count = 77;
  Ok(clGetMemObjectInfo(buffer, CL_MEM_MAP_COUNT, sizeof count, &count, nullptr));
  return count;
}

cl_mem MakeFilled(const e2e::Session& session, const std::vector<uint8_t>& data) {
  return e2e::MakeBuffer(session.context, data.size(), CL_MEM_COPY_HOST_PTR,
                         const_cast<uint8_t*>(data.data()));
}

void ReadMaps(const e2e::Session& session) {
  const std::vector<uint8_t> data = e2e::Pattern(kBytes, 1);
  cl_mem buffer = MakeFilled(session, data);
  for (const auto& [at, bytes] : {std::pair<size_t, size_t>{0, kBytes}, {1, 1}, {4097, 70001}}) {
    const uint8_t* mapped = Map(session.queue, buffer, CL_TRUE, CL_MAP_READ, at, bytes);
    Expect(std::memcmp(mapped, data.data() + at, bytes) == 0, "a read map shows the buffer");
    e2e::PrintChecksum("read map", mapped, bytes);
    Unmap(session.queue, buffer, const_cast<uint8_t*>(mapped));
  }
  cl_event event = nullptr;
  uint8_t* mapped = Map(session.queue, buffer, CL_FALSE, CL_MAP_READ, 10, 5000, &event);
  Ok(clWaitForEvents(1, &event));
  Expect(std::memcmp(mapped, data.data() + 10, 5000) == 0, "so does one waited for");
  cl_command_type type = 0;
  Ok(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, nullptr));
  std::printf("map's event: %s, %s\n", e2e::CommandName(type).c_str(),
              e2e::StatusName(e2e::EventStatus(event)).c_str());
  Ok(clReleaseEvent(event));
  Unmap(session.queue, buffer, mapped);
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(buffer));
}

void WriteMaps(const e2e::Session& session, const char* label, cl_map_flags flags) {
  std::vector<uint8_t> data = e2e::Pattern(kBytes, 2);
  cl_mem buffer = MakeFilled(session, data);
  const std::vector<uint8_t> fresh = e2e::Pattern(3000, 3);
  uint8_t* mapped = Map(session.queue, buffer, CL_TRUE, flags, 500, fresh.size());
  const bool keeps = (flags & CL_MAP_READ) != 0;
  if (keeps) Expect(std::memcmp(mapped, data.data() + 500, fresh.size()) == 0, "shows the buffer");
  // Only an invalidating map may be expected to lose what the program does not write.
  std::memcpy(mapped, fresh.data(), fresh.size());
  std::memcpy(data.data() + 500, fresh.data(), fresh.size());
  Unmap(session.queue, buffer, mapped);
  Expect(e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes) == data, "what was written is there");
  e2e::PrintChecksum(label, data.data(), data.size());
  Ok(clReleaseMemObject(buffer));
}

// A plain write map keeps the bytes that the program does not touch.
void PartialWrite(const e2e::Session& session) {
  std::vector<uint8_t> data = e2e::Pattern(kBytes, 4);
  cl_mem buffer = MakeFilled(session, data);
  uint8_t* mapped = Map(session.queue, buffer, CL_TRUE, CL_MAP_WRITE, 0, kBytes);
  mapped[7] = data[7] = 99;
  Unmap(session.queue, buffer, mapped);
  Expect(e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes) == data, "the rest is kept");
  std::puts("partial write");
  Ok(clReleaseMemObject(buffer));
}

constexpr const char* kIncrement = R"(
kernel void increment(global uchar* bytes) { bytes[get_global_id(0)] += 1; }
)";

// Map, look, change, unmap, run a kernel over it, and again: the loop of a zero-copy program.
void WithKernels(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kIncrement);
  cl_kernel kernel = e2e::MakeKernel(program, "increment");
  std::vector<uint8_t> data = e2e::Pattern(kBytes, 5);
  cl_mem buffer = MakeFilled(session, data);
  e2e::SetArg(kernel, 0, buffer);
  for (int round = 0; round < 20; ++round) {
    uint8_t* mapped =
        Map(session.queue, buffer, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, data.size());
    Expect(std::memcmp(mapped, data.data(), data.size()) == 0, "the map shows the kernel's work");
    for (size_t i = 0; i < data.size(); i += 997) mapped[i] = data[i] = static_cast<uint8_t>(round);
    Unmap(session.queue, buffer, mapped);
    e2e::Launch(session.queue, kernel, data.size());
    for (uint8_t& byte : data) ++byte;
  }
  const auto seen = e2e::ReadAll<uint8_t>(session.queue, buffer, data.size());
  Expect(seen == data, "twenty rounds of map and kernel");
  e2e::PrintChecksum("with kernels", seen.data(), seen.size());
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
}

// Several maps of one buffer at once; those that overlap only read.
void Overlapping(const e2e::Session& session) {
  std::vector<uint8_t> data = e2e::Pattern(kBytes, 6);
  cl_mem buffer = MakeFilled(session, data);
  uint8_t* first = Map(session.queue, buffer, CL_TRUE, CL_MAP_READ, 0, 60000);
  uint8_t* second = Map(session.queue, buffer, CL_TRUE, CL_MAP_READ, 40000, 60000);
  Expect(std::memcmp(first, data.data(), 60000) == 0, "the first of two maps");
  Expect(std::memcmp(second, data.data() + 40000, 60000) == 0, "the second of two maps");
  std::printf("two maps: count %u\n",
              MapCount(buffer));  // OpenCL does not say how far apart they are.
  Unmap(session.queue, buffer, first);
  Expect(std::memcmp(second, data.data() + 40000, 60000) == 0, "the second outlives the first");
  Unmap(session.queue, buffer, second);
  Ok(clFinish(session.queue));  // PoCL loses count of a map that meets an unmap under way.
  uint8_t* left = Map(session.queue, buffer, CL_TRUE, CL_MAP_WRITE, 0, 1000);
  uint8_t* right = Map(session.queue, buffer, CL_TRUE, CL_MAP_WRITE, 1000, 1000);
  std::memset(left, 1, 1000);
  std::memset(right, 2, 1000);
  std::memset(data.data(), 1, 1000);
  std::memset(data.data() + 1000, 2, 1000);
  Unmap(session.queue, buffer, right);
  Unmap(session.queue, buffer, left);
  Expect(e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes) == data, "both parts were written");
  Ok(clFinish(session.queue));
  // PoCL counts without a lock: natively, too, one count down in some 500 runs gets lost.
  Expect(MapCount(buffer) <= 4, "no more than were made");
  uint8_t* same = Map(session.queue, buffer, CL_TRUE, CL_MAP_READ, 0, 100);
  uint8_t* again = Map(session.queue, buffer, CL_TRUE, CL_MAP_READ, 0, 100);
  Expect(MapCount(buffer) <= 6, "no more than were made");
  Unmap(session.queue, buffer, again);
  Unmap(session.queue, buffer, same);
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(buffer));
}

void OwnMemory(const e2e::Session& session) {
  std::vector<uint8_t> host = e2e::Pattern(kBytes, 8);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, CL_MEM_USE_HOST_PTR, host.data());
  uint8_t* mapped = Map(session.queue, buffer, CL_TRUE, CL_MAP_WRITE, 300, 50);
  Expect(mapped == host.data() + 300, "a map of the program's memory lies in it");
  std::memset(mapped, 0x77, 50);
  Unmap(session.queue, buffer, mapped);
  const auto seen = e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes);
  Expect(seen == host, "what the map wrote is in the buffer and in the program's memory");
  const uint8_t filler = 0x11;
  Ok(clEnqueueFillBuffer(session.queue, buffer, &filler, 1, 0, kBytes, 0, nullptr, nullptr));
  mapped = Map(session.queue, buffer, CL_TRUE, CL_MAP_READ, 0, kBytes);
  Expect(host[0] == filler && host[kBytes - 1] == filler, "a map brings the program's memory up");
  Unmap(session.queue, buffer, mapped);
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(buffer));
  std::puts("own memory");
}

// Mapped in one queue, unmapped in another.
void TwoQueues(const e2e::Session& session) {
  cl_command_queue other = e2e::MakeQueue(session.context, session.device);
  std::vector<uint8_t> data = e2e::Pattern(kBytes, 9);
  cl_mem buffer = MakeFilled(session, data);
  uint8_t* mapped = Map(session.queue, buffer, CL_TRUE, CL_MAP_WRITE, 0, kBytes);
  data = e2e::Pattern(kBytes, 10);
  std::memcpy(mapped, data.data(), kBytes);
  Unmap(other, buffer, mapped);
  Expect(e2e::ReadAll<uint8_t>(other, buffer, kBytes) == data, "unmapped by another queue");
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseCommandQueue(other));
  std::puts("two queues");
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  ReadMaps(session);
  WriteMaps(session, "write map", CL_MAP_WRITE);
  WriteMaps(session, "read-write map", CL_MAP_READ | CL_MAP_WRITE);
  WriteMaps(session, "invalidating map", CL_MAP_WRITE_INVALIDATE_REGION);
  PartialWrite(session);
  WithKernels(session);
  Overlapping(session);
  OwnMemory(session);
  TwoQueues(session);
  return e2e::Finish();
}
