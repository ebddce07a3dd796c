// SPDX-License-Identifier: Apache-2.0

// Writes the seed corpus of decoder_fuzz.cc: sessions as an honest guest would send them. Run it
// when wire.h changes:
//
//   ninja opencl_decoder_seeds && build/.../tests/opencl_decoder_seeds
//   tests/fuzz/corpus/opencl_decoder

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "ava/wire/record.h"
#include "opencl/wire.h"

namespace {

namespace wire = ava::opencl::wire;
using wire::Blob;
using wire::HandleId;

HandleId Known(std::uint16_t type) { return ava::wire::MakeHandleId(type, 1, false); }
HandleId Minted(std::uint32_t index) { return ava::wire::MakeHandleId(32 + index, 1, false); }

class Seed {
 public:
  explicit Seed(std::vector<char> arena = {}) {
    Number(static_cast<std::uint16_t>(arena.size()));
    text_.insert(text_.end(), arena.begin(), arena.end());
  }

  template <class T>
  Blob In(std::size_t args_bytes, const std::vector<T>& content) {
    const Blob blob{.place = static_cast<std::uint32_t>(ava::wire::Place::kRecord),
                    .segment = 0,
                    .offset = sizeof(ava::wire::CommandHeader) + args_bytes + payload_.size(),
                    .bytes = content.size() * sizeof(T)};
    const auto* bytes = reinterpret_cast<const char*>(content.data());
    payload_.insert(payload_.end(), bytes, bytes + blob.bytes);
    payload_.resize((payload_.size() + 7) / 8 * 8);
    return blob;
  }
  Blob Text(std::size_t args_bytes, const std::string& text) {
    std::vector<char> bytes(text.begin(), text.end());
    bytes.push_back('\0');
    return In(args_bytes, bytes);
  }
  static Blob Slot(std::uint64_t offset, std::uint64_t bytes) {
    return {.place = static_cast<std::uint32_t>(ava::wire::Place::kSlot),
            .segment = 0,
            .offset = offset,
            .bytes = bytes};
  }
  static Blob Arena(std::uint64_t offset, std::uint64_t bytes) {
    return {.place = static_cast<std::uint32_t>(ava::wire::Place::kArena),
            .segment = 0,
            .offset = offset,
            .bytes = bytes};
  }
  template <class Args>
  void Call(std::uint16_t function, const Args& args, bool waits = true) {
    Number(function);
    Number(static_cast<std::uint8_t>(waits ? 1 : 0));
    Number(static_cast<std::uint16_t>(sizeof(args) + payload_.size()));
    const auto* bytes = reinterpret_cast<const char*>(&args);
    text_.insert(text_.end(), bytes, bytes + sizeof(args));
    text_.insert(text_.end(), payload_.begin(), payload_.end());
    payload_.clear();
  }
  bool Write(const std::string& directory, const char* name) const {
    std::ofstream file(directory + "/" + name, std::ios::binary);
    file.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    return file.good();
  }

 private:
  template <class T>
  void Number(T number) {
    const auto* bytes = reinterpret_cast<const char*>(&number);
    text_.insert(text_.end(), bytes, bytes + sizeof(number));
  }
  std::vector<char> text_;
  std::vector<char> payload_;
};

Seed Queries() {
  Seed seed;
  wire::clGetPlatformIDsArgs platforms{};
  platforms.num_entries = 4;
  platforms.platforms = Seed::Slot(0, 32);
  platforms.num_platforms = Seed::Slot(32, 4);
  seed.Call(wire::kFunction_clGetPlatformIDs, platforms);
  wire::clGetDeviceIDsArgs devices{};
  devices.platform = Known(wire::kType_cl_platform_id);
  devices.device_type = 0xffffffff;
  devices.num_entries = 1;
  devices.devices = Seed::Slot(0, 8);
  devices.num_devices = Seed::Slot(8, 4);
  seed.Call(wire::kFunction_clGetDeviceIDs, devices);
  for (const std::uint32_t name : {0x1030U, 0x1031U, 0x103bU, 0x1006U}) {
    wire::clGetDeviceInfoArgs info{};
    info.device = Known(wire::kType_cl_device_id);
    info.param_name = name;
    info.param_value_size = 64;
    info.param_value = Seed::Slot(0, 64);
    info.param_value_size_ret = Seed::Slot(64, 8);
    seed.Call(wire::kFunction_clGetDeviceInfo, info);
  }
  return seed;
}

Seed Objects() {
  Seed seed;
  wire::clCreateContextArgs context{};
  context.properties = seed.In(
      sizeof(context), std::vector<std::uint64_t>{0x1084, Known(wire::kType_cl_platform_id), 0, 0});
  context.num_devices = 1;
  context.devices =
      seed.In(sizeof(context), std::vector<HandleId>{Known(wire::kType_cl_device_id)});
  context.pfn_notify = 5;
  context.minted_result = Minted(0);
  seed.Call(wire::kFunction_clCreateContext, context);
  wire::clCreateBufferArgs buffer{};
  buffer.context = Minted(0);
  buffer.flags = 1U << 5;
  buffer.size = 8;
  buffer.host_ptr = seed.In(sizeof(buffer), std::vector<std::uint64_t>{7});
  buffer.minted_result = Minted(1);
  seed.Call(wire::kFunction_clCreateBuffer, buffer, false);
  wire::clReleaseMemObjectArgs release{};
  release.memobj = Minted(1);
  seed.Call(wire::kFunction_clReleaseMemObject, release, false);
  seed.Call(wire::kFunction_clReleaseMemObject, release, false);
  return seed;
}

Seed Programs() {
  Seed seed;
  wire::clCreateProgramWithSourceArgs source{};
  source.context = Known(wire::kType_cl_context);
  source.count = 2;
  const Blob first = seed.Text(sizeof(source), "kernel void f() {}");
  const Blob second = seed.In(sizeof(source), std::vector<char>{'/', '/', 'x'});
  source.strings = seed.In(sizeof(source), std::vector<Blob>{first, second});
  source.lengths = seed.In(sizeof(source), std::vector<std::uint64_t>{0, 3});
  source.minted_result = Minted(0);
  seed.Call(wire::kFunction_clCreateProgramWithSource, source);
  wire::clCreateKernelArgs kernel{};
  kernel.program = Minted(0);
  kernel.kernel_name = seed.Text(sizeof(kernel), "f");
  kernel.minted_result = Minted(1);
  seed.Call(wire::kFunction_clCreateKernel, kernel);
  wire::clSetKernelArgArgs argument{};
  argument.kernel = Minted(1);
  argument.arg_size = 8;
  argument.arg_value_case = 0;
  argument.arg_value = seed.In(sizeof(argument), std::vector<HandleId>{Known(wire::kType_cl_mem)});
  seed.Call(wire::kFunction_clSetKernelArg, argument, false);
  wire::clEnqueueNDRangeKernelArgs launch{};
  launch.command_queue = Known(wire::kType_cl_command_queue);
  launch.kernel = Minted(1);
  launch.work_dim = 2;
  launch.global_work_size = seed.In(sizeof(launch), std::vector<std::uint64_t>{64, 64});
  launch.event = Minted(2);
  seed.Call(wire::kFunction_clEnqueueNDRangeKernel, launch, false);
  wire::clSetEventCallbackArgs callback{};
  callback.event = Minted(2);
  callback.pfn_notify = 9;
  seed.Call(wire::kFunction_clSetEventCallback, callback);
  return seed;
}

Seed Transfers() {
  Seed seed(std::vector<char>(128, 'x'));
  wire::clEnqueueWriteBufferArgs write{};
  write.command_queue = Known(wire::kType_cl_command_queue);
  write.buffer = Known(wire::kType_cl_mem);
  write.size = 64;
  write.ptr = Seed::Arena(64, 64);
  write.num_events_in_wait_list = 1;
  write.event_wait_list =
      seed.In(sizeof(write), std::vector<HandleId>{Known(wire::kType_cl_event)});
  seed.Call(wire::kFunction_clEnqueueWriteBuffer, write, false);
  wire::clEnqueueReadBufferRectArgs rect{};
  rect.command_queue = Known(wire::kType_cl_command_queue);
  rect.buffer = Known(wire::kType_cl_mem);
  rect.blocking_read = 1;
  rect.buffer_origin = seed.In(sizeof(rect), std::vector<std::uint64_t>{0, 0, 0});
  rect.host_origin = seed.In(sizeof(rect), std::vector<std::uint64_t>{1, 1, 0});
  rect.region = seed.In(sizeof(rect), std::vector<std::uint64_t>{4, 4, 2});
  rect.ptr = Seed::Slot(0, 32);
  seed.Call(wire::kFunction_clEnqueueReadBufferRect, rect);
  wire::clEnqueueMapBufferArgs map{};
  map.command_queue = Known(wire::kType_cl_command_queue);
  map.buffer = Known(wire::kType_cl_mem);
  map.map_flags = 3;
  map.size = 64;
  map.mapping = 1;
  map.shadow = Seed::Arena(128, 64);
  seed.Call(wire::kFunction_clEnqueueMapBuffer, map);
  wire::clEnqueueUnmapMemObjectArgs unmap{};
  unmap.command_queue = Known(wire::kType_cl_command_queue);
  unmap.memobj = Known(wire::kType_cl_mem);
  unmap.mapped_ptr = 1;
  seed.Call(wire::kFunction_clEnqueueUnmapMemObject, unmap);
  wire::clFinishArgs finish{};
  finish.command_queue = Known(wire::kType_cl_command_queue);
  seed.Call(wire::kFunction_clFinish, finish);
  return seed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: opencl_decoder_seeds DIRECTORY\n");
    return 2;
  }
  const bool written = Queries().Write(argv[1], "queries") && Objects().Write(argv[1], "objects") &&
                       Programs().Write(argv[1], "programs") &&
                       Transfers().Write(argv[1], "transfers");
  return written ? 0 : 1;
}
