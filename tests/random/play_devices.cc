// SPDX-License-Identifier: Apache-2.0
// Parts of devices.
#include "tests/random/world.h"

namespace random_test {

namespace {

using Property = cl_device_partition_property;

constexpr size_t kPartsMax = 2;

struct Division {
  const char* name;
  Property properties[6];
};

// Of the two units that the devices of a machine with two cores have.
constexpr Division kDivisions[] = {{"equally 1", {CL_DEVICE_PARTITION_EQUALLY, 1, 0}},
                                   {"equally 2", {CL_DEVICE_PARTITION_EQUALLY, 2, 0}},
                                   {"counts 1 1", {CL_DEVICE_PARTITION_BY_COUNTS, 1, 1, 0, 0}},
                                   {"counts 2", {CL_DEVICE_PARTITION_BY_COUNTS, 2, 0, 0}},
                                   {"counts 1", {CL_DEVICE_PARTITION_BY_COUNTS, 1, 0, 0}}};
constexpr Division kWrongDivisions[] = {
    {"equally 1000", {CL_DEVICE_PARTITION_EQUALLY, 1000, 0}},
    {"equally 0", {CL_DEVICE_PARTITION_EQUALLY, 0, 0}},
    {"counts of none", {CL_DEVICE_PARTITION_BY_COUNTS, 0, 0}},
    {"counts 1000", {CL_DEVICE_PARTITION_BY_COUNTS, 1000, 0, 0}},
    {"by domain", {CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN, CL_DEVICE_AFFINITY_DOMAIN_NUMA, 0}},
    {"unknown", {77, 1, 0}},
    {"nothing", {0}}};

void Use(const World& world, cl_device_id device) {
  for (const auto& part : world.sub_devices) part->is_used |= part->handle == device;
}

}  // namespace

void Play_create_sub_devices(World& world, Operands operands) {
  const auto device = operands.Choose(world.AllDevices());
  const auto* division = operands.Choose<const Division*>(
      {&kDivisions[0], &kDivisions[1], &kDivisions[2], &kDivisions[3], &kDivisions[4]},
      {&kWrongDivisions[0], &kWrongDivisions[1], &kWrongDivisions[2], &kWrongDivisions[3],
       &kWrongDivisions[4], &kWrongDivisions[5], &kWrongDivisions[6]});
  const auto room = operands.Choose<cl_uint>({kPartsMax}, {1, 0});
  const bool has_place = operands.Choose<bool>({true}, {false});
  const bool wants_count = operands.Choose<bool>({true, true, false}, {});
  cl_device_id parts[kPartsMax] = {};
  cl_uint count = 77;
  const cl_int code =
      clCreateSubDevices(device, division->properties, has_place ? room : 0,
                         has_place ? parts : nullptr, wants_count ? &count : nullptr);
  std::string names;
  for (cl_device_id part : parts) {
    if (code != CL_SUCCESS || part == nullptr) continue;
    Use(world, device);
    names += " " + world.Adopt(world.sub_devices, part, "part")->name;
  }
  world.Line("clCreateSubDevices({}, {}, {}{}) = {} {}{}", world.NameOfHandle(device),
             division->name, room, has_place ? "" : ", NULL", operands.Code(code), count, names);
}

void Play_retain_device(World& world, Operands operands) {
  const auto part = operands.Choose(world.sub_devices);
  // A whole device is not counted.
  if (operands.Flag()) {
    const cl_device_id device = world.devices[operands.Next() % world.devices.size()];
    const cl_int retained = clRetainDevice(device);
    return world.Line("clRetainDevice, clReleaseDevice of a whole = {} {}", CodeName(retained),
                      CodeName(clReleaseDevice(device)));
  }
  const cl_int code = clRetainDevice(HandleOf(part));
  world.Line("clRetainDevice({}) = {}", NameOf(part), operands.Code(code));
  if (part && code == CL_SUCCESS) ++part->references;
}

void Play_release_device(World& world, Operands operands) {
  const auto part = operands.Choose(world.sub_devices);
  if (part && part->is_used && part->references == 1)
    return world.Line("(left out: {} is in use)", part->name);
  const cl_int code = clReleaseDevice(HandleOf(part));
  world.Line("clReleaseDevice({}) = {}", NameOf(part), operands.Code(code));
  if (part && code == CL_SUCCESS && --part->references == 0) std::erase(world.sub_devices, part);
}

// A context of parts, or of a part and a whole.
void Play_create_context_of(World& world, Operands operands) {
  const auto first = operands.Choose(world.AllDevices());
  const auto second = operands.Choose(world.AllDevices());
  const cl_uint count = operands.Choose<cl_uint>({1, 2}, {0});
  if (world.sub_devices.empty()) return world.Line("(left out: no parts)");
  if (count == 1 && second == nullptr) return world.Line("(left out: no device)");
  const cl_device_id devices[2] = {first, second};
  cl_int code = 77;
  cl_context handle = clCreateContext(nullptr, count, devices, nullptr, nullptr, &code);
  std::shared_ptr<Context> context;
  if (handle != nullptr) {
    context = world.Adopt(world.contexts, handle, "context");
    context->devices.assign(devices, devices + (first == second ? 1 : count));
    for (cl_device_id used : context->devices) Use(world, used);
  }
  world.Line("clCreateContext({}, {}, {}) = {} {}", count, world.NameOfHandle(first),
             world.NameOfHandle(second), operands.Code(code), NameOf(context));
}

}  // namespace random_test
