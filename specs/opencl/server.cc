// SPDX-License-Identifier: Apache-2.0
// Server-side code of opencl.lapis. Included by the generated server, behind the metadata
// structures and `vendor`, the table of the vendor library's functions.

// 0: not yet; negative: it has failed.
int EventDone(cl_event event) {
  cl_int status = CL_QUEUED;
  const cl_int code = vendor.clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS,
                                            sizeof(status), &status, nullptr);
  if (code != CL_SUCCESS || status < CL_COMPLETE) return -1;
  return status == CL_COMPLETE ? 1 : 0;
}

namespace {

std::vector<cl_name_version> VirtualVersions(std::vector<cl_name_version> all) {
  for (const std::string_view absent : {ABSENT_EXTENSIONS})
    std::erase_if(all, [&](const auto& one) { return absent == one.name; });
  return all;
}

// A kernel launched last may print until this marker completes. While the guest's standard output
// is an exchanged one, it is kept until then.
void CountAsWriter(cl_command_queue queue) {
  using Output = std::shared_ptr<ava::worker::StandardOutput>;
  const Output& output = ava_session->output;
  cl_event ended = nullptr;
  if (!output->exchanged() ||
      vendor.clEnqueueMarkerWithWaitList(queue, 0, nullptr, &ended) != CL_SUCCESS)
    return;
  output->BeginWriter();
  const auto end = [](cl_event, cl_int, void* counted) {
    const std::unique_ptr<Output> owner(static_cast<Output*>(counted));
    (*owner)->EndWriter();
  };
  auto* counted = new Output(output);
  if (vendor.clSetEventCallback(ended, CL_COMPLETE, end, counted) != CL_SUCCESS)
    end(ended, CL_COMPLETE, counted);
  vendor.clReleaseEvent(ended);
}

}  // namespace

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
