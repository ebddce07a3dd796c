// SPDX-License-Identifier: Apache-2.0
// Server-side code of opencl.lapis. Included by the generated server, behind the metadata
// structures and `vendor`, the table of the vendor library's functions.

#include <algorithm>

bool ava_event_done(cl_event event) {
  cl_int status = CL_QUEUED;
  return vendor.clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status,
                               nullptr) != CL_SUCCESS ||
         status <= CL_COMPLETE;
}

void ava_event_release(cl_event event) { (void)vendor.clReleaseEvent(event); }

namespace {

// Extensions whose functions are not virtualised; kernels' own extensions stay.
constexpr std::string_view kAbsent[] = {"cl_khr_command_buffer", "cl_khr_gl_sharing",
                                        "cl_khr_egl_image", "cl_pocl_content_size"};

std::string VirtualExtensions(const char* value) {
  std::string text(value);
  for (const std::string_view absent : kAbsent) {
    if (const size_t at = text.find(absent); at != std::string::npos)
      text.erase(at, absent.size() + 1);
  }
  return text;
}

std::vector<cl_name_version> VirtualVersions(std::vector<cl_name_version> all) {
  std::erase_if(all, [](const auto& one) { return std::ranges::count(kAbsent, one.name) != 0; });
  return all;
}

}  // namespace

size_t HostBytes(cl_context context, cl_mem_flags flags, size_t size) {
  if ((flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)) == 0) return 0;
  return size <= LargestAllocation(context, vendor.clGetContextInfo, vendor.clGetDeviceInfo) ? size
                                                                                             : 0;
}

cl_int ava_put_file(const char* path, size_t bytes, const void* data) {
  return ava::worker::Told(ava_session->files.Put(path, data, bytes)) ? CL_SUCCESS
                                                                      : CL_OUT_OF_RESOURCES;
}

cl_int ava_absent_files(size_t bytes, const char* paths) {
  ava_session->files.Remove(paths, bytes);
  return CL_SUCCESS;
}

cl_int ava_directory(const char* path) {
  return ava::worker::Told(ava_session->files.Enter(path)) ? CL_SUCCESS : CL_OUT_OF_RESOURCES;
}

cl_int ava_program_binary(cl_program program, cl_uint index, size_t bytes, unsigned char* binary) {
  size_t total = 0;
  cl_int status = vendor.clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, 0, nullptr, &total);
  if (status != CL_SUCCESS) return status;
  std::vector<size_t> sizes(total / sizeof(size_t));
  status = vendor.clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, total, sizes.data(), nullptr);
  if (status != CL_SUCCESS || index >= sizes.size() || sizes[index] != bytes)
    return CL_INVALID_VALUE;
  std::vector<unsigned char*> binaries(sizes.size(), nullptr);
  binaries[index] = binary;
  return vendor.clGetProgramInfo(program, CL_PROGRAM_BINARIES, binaries.size() * sizeof(binary),
                                 binaries.data(), nullptr);
}
