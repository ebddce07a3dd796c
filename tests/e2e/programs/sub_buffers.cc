// SPDX-License-Identifier: Apache-2.0
// Sub-buffers: what they report and inherit, that they are windows of their parent for transfers,
// kernels and maps, and that they keep it alive.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kPart = 4096;
constexpr size_t kParts = 4;

cl_mem MakePart(cl_mem parent, size_t index, cl_mem_flags flags = 0) {
  const cl_buffer_region region = {index * kPart, kPart};
  cl_int code = CL_SUCCESS;
  cl_mem part = clCreateSubBuffer(parent, flags, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
  Ok(code);
  return part;
}

void PrintPart(const char* label, cl_mem part, cl_mem parent) {
  cl_mem reported = nullptr;
  cl_mem_flags flags = 0;
  size_t offset = 0;
  size_t size = 0;
  cl_uint parent_references = 0;
  Ok(clGetMemObjectInfo(part, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof reported, &reported, nullptr));
  Ok(clGetMemObjectInfo(part, CL_MEM_FLAGS, sizeof flags, &flags, nullptr));
  Ok(clGetMemObjectInfo(part, CL_MEM_OFFSET, sizeof offset, &offset, nullptr));
  Ok(clGetMemObjectInfo(part, CL_MEM_SIZE, sizeof size, &size, nullptr));
  Ok(clGetMemObjectInfo(parent, CL_MEM_REFERENCE_COUNT, sizeof parent_references,
                        &parent_references, nullptr));
  Expect(reported == parent, "a sub-buffer knows its parent");
  std::printf("%s: flags %llx offset %zu size %zu, parent has %u references\n", label,
              static_cast<unsigned long long>(flags), offset, size, parent_references);
}

void Flags(const e2e::Session& session) {
  std::vector<uint8_t> host(kPart * kParts);
  const struct {
    const char* label;
    cl_mem_flags parent;
    cl_mem_flags part;
  } kinds[] = {{"inherits read-write", CL_MEM_READ_WRITE, 0},
               {"inherits read-only", CL_MEM_READ_ONLY, 0},
               {"narrows to read-only", CL_MEM_READ_WRITE, CL_MEM_READ_ONLY},
               {"narrows to host read-only", CL_MEM_READ_WRITE, CL_MEM_HOST_READ_ONLY},
               {"of alloc-host", CL_MEM_ALLOC_HOST_PTR, 0},
               {"of use", CL_MEM_USE_HOST_PTR, 0}};
  for (const auto& [label, parent_flags, part_flags] : kinds) {
    const bool uses = (parent_flags & CL_MEM_USE_HOST_PTR) != 0;
    cl_mem parent =
        e2e::MakeBuffer(session.context, host.size(), parent_flags, uses ? host.data() : nullptr);
    cl_mem part = MakePart(parent, 1, part_flags);
    PrintPart(label, part, parent);
    void* pointer = nullptr;
    Ok(clGetMemObjectInfo(part, CL_MEM_HOST_PTR, sizeof pointer, &pointer, nullptr));
    Expect(pointer == (uses ? host.data() + kPart : nullptr), "the host pointer is the part's");
    Ok(clReleaseMemObject(part));
    Ok(clReleaseMemObject(parent));
  }
}

constexpr const char* kAdd = R"(
kernel void add(global uchar* bytes, uchar value) { bytes[get_global_id(0)] += value; }
)";

void Windows(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kAdd);
  cl_kernel kernel = e2e::MakeKernel(program, "add");
  std::vector<uint8_t> expected = e2e::Pattern(kPart * kParts, 3);
  cl_mem parent =
      e2e::MakeBuffer(session.context, expected.size(), CL_MEM_COPY_HOST_PTR, expected.data());
  cl_mem parts[kParts];
  for (size_t i = 0; i < kParts; ++i) parts[i] = MakePart(parent, i);
  for (size_t i = 0; i < kParts; ++i) {
    const auto value = static_cast<cl_uchar>(10 * (i + 1));
    e2e::SetArg(kernel, 0, parts[i]);
    e2e::SetArg(kernel, 1, value);
    e2e::Launch(session.queue, kernel, kPart);
    for (size_t k = 0; k < kPart; ++k) {
      expected[i * kPart + k] = static_cast<uint8_t>(expected[i * kPart + k] + value);
    }
  }
  Expect(e2e::ReadAll<uint8_t>(session.queue, parent, expected.size()) == expected,
         "what is done to the parts is done to the whole");
  const std::vector<uint8_t> fresh = e2e::Pattern(kPart, 9);
  Ok(clEnqueueWriteBuffer(session.queue, parent, CL_TRUE, 2 * kPart, kPart, fresh.data(), 0,
                          nullptr, nullptr));
  Expect(e2e::ReadAll<uint8_t>(session.queue, parts[2], kPart) == fresh,
         "what is written into the whole is in the part");
  Ok(clEnqueueCopyBuffer(session.queue, parts[2], parts[0], 0, 100, 1000, 0, nullptr, nullptr));
  const auto first = e2e::ReadAll<uint8_t>(session.queue, parent, kPart);
  Expect(std::memcmp(first.data() + 100, fresh.data(), 1000) == 0, "a copy between parts");
  e2e::PrintChecksum("first part", first.data(), first.size());
  for (cl_mem part : parts) Ok(clReleaseMemObject(part));
  Ok(clReleaseMemObject(parent));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
}

void MappedPart(const e2e::Session& session) {
  cl_mem parent = e2e::MakeBuffer(session.context, kPart * kParts);
  const cl_uchar zero = 0;
  Ok(clEnqueueFillBuffer(session.queue, parent, &zero, 1, 0, kPart * kParts, 0, nullptr, nullptr));
  cl_mem part = MakePart(parent, 3);
  cl_int code = CL_SUCCESS;
  auto* mapped = static_cast<uint8_t*>(clEnqueueMapBuffer(
      session.queue, part, CL_TRUE, CL_MAP_WRITE, 16, 64, 0, nullptr, nullptr, &code));
  Ok(code);
  std::memset(mapped, 0xab, 64);
  Ok(clEnqueueUnmapMemObject(session.queue, part, mapped, 0, nullptr, nullptr));
  const auto seen = e2e::ReadAll<uint8_t>(session.queue, parent, kPart * kParts);
  size_t changed = 0;
  for (uint8_t byte : seen) changed += byte == 0xab ? 1U : 0U;
  Expect(seen[3 * kPart + 16] == 0xab && changed == 64, "a map of a part writes the whole");
  std::printf("mapped part: %zu bytes changed\n", changed);
  Ok(clReleaseMemObject(part));
  Ok(clReleaseMemObject(parent));
}

// The parent's last own reference goes first; the part must go on working.
void Outlives(const e2e::Session& session) {
  std::vector<uint8_t> data = e2e::Pattern(kPart * kParts, 5);
  cl_mem parent = e2e::MakeBuffer(session.context, data.size(), CL_MEM_COPY_HOST_PTR, data.data());
  cl_mem part = MakePart(parent, 2);
  Ok(clReleaseMemObject(parent));
  PrintPart("after the parent's release", part, parent);
  const auto seen = e2e::ReadAll<uint8_t>(session.queue, part, kPart);
  Expect(std::memcmp(seen.data(), data.data() + 2 * kPart, kPart) == 0,
         "a part outlives its whole");
  Ok(clReleaseMemObject(part));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Flags(session);
  Windows(session);
  MappedPart(session);
  Outlives(session);
  return e2e::Finish();
}
