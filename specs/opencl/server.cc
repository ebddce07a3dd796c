// SPDX-License-Identifier: Apache-2.0
// Server-side code of opencl.lapis. Included by the generated server, behind the metadata
// structures and `vendor`, the table of the vendor library's functions.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

bool ava_event_done(cl_event event) {
  cl_int status = CL_QUEUED;
  return vendor.clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status,
                               nullptr) != CL_SUCCESS ||
         status <= CL_COMPLETE;
}

void ava_event_release(cl_event event) { (void)vendor.clReleaseEvent(event); }

namespace {

// Root of the files that the guest has sent; the worker's own directory is the guest's, below it.
std::string FilesRoot() {
  const char* root = std::getenv("AVA_FILES_ROOT");
  return root == nullptr ? std::string() : std::string(root);
}

// -I with an absolute directory means the guest's directory, below FilesRoot().
const char* ServerOptions(const char* options) {
  thread_local std::string text;
  if (options == nullptr) return nullptr;
  text = options;
  const std::string root = FilesRoot();
  for (size_t at = text.find("-I"); at != std::string::npos; at = text.find("-I", at + 2)) {
    size_t path = at + 2;
    while (path < text.size() && (text[path] == ' ' || text[path] == '"' || text[path] == '\''))
      ++path;
    if ((at == 0 || text[at - 1] == ' ') && path < text.size() && text[path] == '/')
      text.insert(path, root);
  }
  return text.c_str();
}

// What the program reads of its build speaks of its own paths again.
std::string GuestPaths(const char* value) {
  std::string text(value);
  const std::string root = FilesRoot();
  for (size_t at = 0; !root.empty() && (at = text.find(root, at)) != std::string::npos;)
    text.erase(at, root.size());
  return text;
}

// The extensions whose functions are virtualised; kernels' own extensions stay.
std::string VirtualExtensions(const char* value) {
  std::string text(value);
  for (const char* absent :
       {"cl_khr_command_buffer", "cl_khr_gl_sharing", "cl_khr_egl_image", "cl_pocl_content_size"}) {
    if (const size_t at = text.find(absent); at != std::string::npos)
      text.erase(at, std::strlen(absent) + 1);
  }
  return text;
}

}  // namespace

bool RangeFits(cl_mem buffer, size_t offset, size_t size) {
  const auto* memory = metadata(buffer);
  return memory->pixel_bytes != 0 || (offset <= memory->size && size <= memory->size - offset);
}

size_t HostBytes(cl_context context, cl_mem_flags flags, size_t size) {
  if ((flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)) == 0) return 0;
  return size <= LargestAllocation(context, vendor.clGetContextInfo, vendor.clGetDeviceInfo) ? size
                                                                                             : 0;
}

cl_int ava_put_file(const char* path, size_t bytes, const void* data) {
  namespace fs = std::filesystem;
  if (path == nullptr || (data == nullptr && bytes != 0)) return CL_INVALID_VALUE;
  const fs::path wanted = fs::path(path).lexically_normal();
  if (FilesRoot().empty() || !wanted.is_absolute()) return CL_INVALID_VALUE;
  const fs::path target = FilesRoot() + wanted.string();
  std::error_code ignored;
  fs::create_directories(target.parent_path(), ignored);
  const int fd = open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return CL_OUT_OF_RESOURCES;
  const ssize_t written = write(fd, data, bytes);
  close(fd);
  return written == static_cast<ssize_t>(bytes) ? CL_SUCCESS : CL_OUT_OF_RESOURCES;
}

cl_int ava_directory(const char* path) {
  const std::filesystem::path target =
      FilesRoot() + std::filesystem::path(path).lexically_normal().string();
  std::error_code error;
  std::filesystem::create_directories(target, error);
  if (!FilesRoot().empty() && path[0] == '/') std::filesystem::current_path(target, error);
  return error ? CL_OUT_OF_RESOURCES : CL_SUCCESS;
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
