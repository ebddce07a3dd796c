// SPDX-License-Identifier: Apache-2.0
// Questions about objects: every name that OpenCL 3.0 knows, in right and wrong sizes.
#include <cstring>

#include "tests/random/world.h"

namespace random_test {

namespace {

enum class Kind {
  kValue,      // compared byte by byte
  kHandles,    // compared by the names of the objects
  kPresence,   // an address, a time, or another number of one process: compared by its size
  kSettled,    // compared when all commands are through
  kReferences  // compared as long as there were no commands: PoCL lets their references go late
};

struct Name {
  cl_uint number;
  Kind kind = Kind::kValue;
};

constexpr cl_uint kUnknown = 0xabcd;

using Names = std::initializer_list<Name>;

constexpr Names kPlatform = {
    {CL_PLATFORM_PROFILE}, {CL_PLATFORM_VERSION},         {CL_PLATFORM_NAME},
    {CL_PLATFORM_VENDOR},  {CL_PLATFORM_NUMERIC_VERSION}, {CL_PLATFORM_HOST_TIMER_RESOLUTION}};
constexpr Names kDevice = {{CL_DEVICE_TYPE},
                           {CL_DEVICE_VENDOR_ID},
                           {CL_DEVICE_MAX_COMPUTE_UNITS},
                           {CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS},
                           {CL_DEVICE_MAX_WORK_ITEM_SIZES},
                           {CL_DEVICE_MAX_WORK_GROUP_SIZE},
                           {CL_DEVICE_NAME},
                           {CL_DEVICE_VENDOR},
                           {CL_DEVICE_VERSION},
                           {CL_DEVICE_PLATFORM, Kind::kHandles},
                           {CL_DEVICE_PARENT_DEVICE, Kind::kHandles},
                           {CL_DEVICE_MEM_BASE_ADDR_ALIGN},
                           {CL_DEVICE_IMAGE_SUPPORT},
                           {CL_DEVICE_BUILT_IN_KERNELS},
                           {CL_DEVICE_PARTITION_PROPERTIES},
                           {CL_DEVICE_PARTITION_TYPE},
                           {CL_DEVICE_REFERENCE_COUNT, Kind::kReferences},
                           {CL_DEVICE_OPENCL_C_ALL_VERSIONS},
                           {CL_DEVICE_PRINTF_BUFFER_SIZE}};
constexpr Names kContext = {{CL_CONTEXT_REFERENCE_COUNT, Kind::kReferences},
                            {CL_CONTEXT_NUM_DEVICES},
                            {CL_CONTEXT_DEVICES, Kind::kHandles}};
constexpr Names kQueue = {{CL_QUEUE_CONTEXT, Kind::kHandles},
                          {CL_QUEUE_DEVICE, Kind::kHandles},
                          {CL_QUEUE_REFERENCE_COUNT, Kind::kReferences},
                          {CL_QUEUE_PROPERTIES},
                          {CL_QUEUE_PROPERTIES_ARRAY},
                          {CL_QUEUE_SIZE},
                          {CL_QUEUE_DEVICE_DEFAULT, Kind::kPresence}};
constexpr Names kMemory = {{CL_MEM_TYPE},
                           {CL_MEM_FLAGS},
                           {CL_MEM_SIZE},
                           {CL_MEM_HOST_PTR, Kind::kPresence},
                           {CL_MEM_MAP_COUNT, Kind::kSettled},
                           {CL_MEM_REFERENCE_COUNT, Kind::kReferences},
                           {CL_MEM_CONTEXT, Kind::kHandles},
                           {CL_MEM_ASSOCIATED_MEMOBJECT, Kind::kHandles},
                           {CL_MEM_OFFSET},
                           {CL_MEM_USES_SVM_POINTER},
                           {CL_MEM_PROPERTIES}};
constexpr Names kImage = {
    {CL_IMAGE_FORMAT},         {CL_IMAGE_ELEMENT_SIZE}, {CL_IMAGE_ROW_PITCH},
    {CL_IMAGE_SLICE_PITCH},    {CL_IMAGE_WIDTH},        {CL_IMAGE_HEIGHT},
    {CL_IMAGE_DEPTH},          {CL_IMAGE_ARRAY_SIZE},   {CL_IMAGE_BUFFER, Kind::kHandles},
    {CL_IMAGE_NUM_MIP_LEVELS}, {CL_IMAGE_NUM_SAMPLES}};
constexpr Names kEvent = {{CL_EVENT_COMMAND_QUEUE, Kind::kHandles},
                          {CL_EVENT_CONTEXT, Kind::kHandles},
                          {CL_EVENT_COMMAND_TYPE},
                          {CL_EVENT_REFERENCE_COUNT, Kind::kReferences}};
constexpr Names kProfiling = {{CL_PROFILING_COMMAND_QUEUED, Kind::kPresence},
                              {CL_PROFILING_COMMAND_SUBMIT, Kind::kPresence},
                              {CL_PROFILING_COMMAND_START, Kind::kPresence},
                              {CL_PROFILING_COMMAND_END, Kind::kPresence},
                              {CL_PROFILING_COMMAND_COMPLETE, Kind::kPresence}};
constexpr Names kProgram = {{CL_PROGRAM_REFERENCE_COUNT, Kind::kReferences},
                            {CL_PROGRAM_CONTEXT, Kind::kHandles},
                            {CL_PROGRAM_NUM_DEVICES},
                            {CL_PROGRAM_DEVICES, Kind::kHandles},
                            {CL_PROGRAM_SOURCE},
                            {CL_PROGRAM_NUM_KERNELS},
                            {CL_PROGRAM_KERNEL_NAMES},
                            {CL_PROGRAM_IL},
                            {CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT}};
constexpr Names kBuild = {{CL_PROGRAM_BUILD_STATUS},
                          {CL_PROGRAM_BUILD_OPTIONS},
                          {CL_PROGRAM_BINARY_TYPE},
                          {CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE}};
constexpr Names kKernel = {{CL_KERNEL_FUNCTION_NAME},
                           {CL_KERNEL_NUM_ARGS},
                           {CL_KERNEL_REFERENCE_COUNT, Kind::kReferences},
                           {CL_KERNEL_CONTEXT, Kind::kHandles},
                           {CL_KERNEL_PROGRAM, Kind::kHandles},
                           {CL_KERNEL_ATTRIBUTES}};
constexpr Names kKernelArg = {{CL_KERNEL_ARG_ADDRESS_QUALIFIER},
                              {CL_KERNEL_ARG_ACCESS_QUALIFIER},
                              {CL_KERNEL_ARG_TYPE_NAME},
                              {CL_KERNEL_ARG_TYPE_QUALIFIER},
                              {CL_KERNEL_ARG_NAME}};
constexpr Names kWorkGroup = {{CL_KERNEL_WORK_GROUP_SIZE},
                              {CL_KERNEL_COMPILE_WORK_GROUP_SIZE},
                              {CL_KERNEL_LOCAL_MEM_SIZE},
                              {CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE},
                              {CL_KERNEL_PRIVATE_MEM_SIZE}};
constexpr Names kSampler = {{CL_SAMPLER_REFERENCE_COUNT, Kind::kReferences},
                            {CL_SAMPLER_CONTEXT, Kind::kHandles},
                            {CL_SAMPLER_NORMALIZED_COORDS},
                            {CL_SAMPLER_ADDRESSING_MODE},
                            {CL_SAMPLER_FILTER_MODE},
                            {CL_SAMPLER_PROPERTIES}};

// Of a program's context.
cl_device_id FirstDevice(const World& world, const std::shared_ptr<Program>& program) {
  return program ? program->context->devices[0] : world.devices[0];
}

enum class Size { kExact, kNone, kLarge, kSmall, kZero };

std::string ValueText(const World& world, Kind kind, const unsigned char* value, size_t bytes) {
  if (kind == Kind::kPresence) return fmt::format("{} bytes", bytes);
  if (kind != Kind::kHandles) return Contents(value, bytes);
  std::string text;
  for (size_t i = 0; i + sizeof(void*) <= bytes; i += sizeof(void*)) {
    const void* handle = nullptr;
    std::memcpy(&handle, value + i, sizeof handle);
    text += " " + world.NameOfHandle(handle);
  }
  return text;
}

// get(name, bytes, value, bytes_ret) is the call.
template <typename Get>
void Ask(World& world, Operands& operands, const char* function, const std::string& object,
         Names names, Get get) {
  const unsigned which = operands.Next();
  const auto size =
      operands.Choose<Size>({Size::kExact, Size::kNone, Size::kLarge}, {Size::kSmall, Size::kZero});
  const bool wants_size = operands.Choose<bool>({true, true, false}, {});
  const bool unknown = operands.Choose<bool>({false}, {true});
  Name name = unknown ? Name{kUnknown} : names.begin()[which % names.size()];
  if (name.kind == Kind::kSettled) world.SettleAll();
  if (name.kind == Kind::kReferences && world.has_commands()) name.kind = Kind::kPresence;
  size_t there = 0;
  if (get(name.number, 0, nullptr, &there) != CL_SUCCESS) there = 8;
  size_t bytes = there;
  if (size == Size::kLarge) bytes += 8;
  if (size == Size::kSmall && bytes > 0) --bytes;
  if (size == Size::kZero || size == Size::kNone) bytes = 0;
  std::vector<unsigned char> value(there + 16, 0xa5);
  size_t bytes_ret = 7777;
  const cl_int code = get(name.number, bytes, size == Size::kNone ? nullptr : value.data(),
                          wants_size ? &bytes_ret : nullptr);
  world.Line("{}({}, {:#x}, {} of {}) = {}{}", function, object, name.number, bytes, there,
             operands.Code(code), wants_size ? fmt::format(" size {}", bytes_ret) : "");
  // Of a program without kernels PoCL writes no names, not even their end.
  if (name.number == CL_PROGRAM_KERNEL_NAMES && there == 1) value[0] = 0;
  if (code == CL_SUCCESS && size != Size::kNone)
    world.Line("  {}", ValueText(world, name.kind, value.data(), there));
}

}  // namespace

void Play_info(World& world, Operands operands) {
  const auto bind = [](auto function, auto... first) {
    return [=](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
      return function(first..., name, bytes, value, bytes_ret);
    };
  };
  switch (operands.Next() % 14) {
    case 0: {
      const auto memory = operands.Choose(world.memories);
      return Ask(world, operands, "clGetMemObjectInfo", NameOf(memory), kMemory,
                 bind(clGetMemObjectInfo, HandleOf(memory)));
    }
    case 1: {
      const auto queue = operands.Choose(world.queues);
      return Ask(world, operands, "clGetCommandQueueInfo", NameOf(queue), kQueue,
                 bind(clGetCommandQueueInfo, HandleOf(queue)));
    }
    case 2: {
      const auto event = operands.Choose(world.events);
      return Ask(world, operands, "clGetEventInfo", NameOf(event), kEvent,
                 bind(clGetEventInfo, HandleOf(event)));
    }
    case 3: {
      const auto context = operands.Choose(world.contexts);
      return Ask(world, operands, "clGetContextInfo", NameOf(context), kContext,
                 bind(clGetContextInfo, HandleOf(context)));
    }
    case 4: {
      const auto kernel = operands.Choose(world.kernels);
      return Ask(world, operands, "clGetKernelInfo", NameOf(kernel), kKernel,
                 bind(clGetKernelInfo, HandleOf(kernel)));
    }
    case 5: {
      const auto program = operands.Choose(world.programs);
      return Ask(world, operands, "clGetProgramInfo", NameOf(program), kProgram,
                 bind(clGetProgramInfo, HandleOf(program)));
    }
    case 6: {
      const auto event = operands.Choose(world.events);
      if (event && event->queue) {
        world.Open(event->gates);
        clWaitForEvents(1, &event->handle);
        if (HasFailed(*event)) operands.AddFault();
      }
      return Ask(world, operands, "clGetEventProfilingInfo", NameOf(event), kProfiling,
                 bind(clGetEventProfilingInfo, HandleOf(event)));
    }
    case 7: {
      const auto devices = world.AllDevices();
      cl_device_id device = devices[operands.Next() % devices.size()];
      return Ask(world, operands, "clGetDeviceInfo", world.NameOfHandle(device), kDevice,
                 bind(clGetDeviceInfo, device));
    }
    case 8:
      return Ask(world, operands, "clGetPlatformInfo", "platform", kPlatform,
                 bind(clGetPlatformInfo, world.platform));
    case 9: {
      const auto image = operands.Choose(world.memories);
      // PoCL reads a buffer as if it were an image.
      if (image && !image->is_image()) return world.Line("(left out: no image)");
      return Ask(world, operands, "clGetImageInfo", NameOf(image), kImage,
                 bind(clGetImageInfo, HandleOf(image)));
    }
    case 10: {
      const auto program = operands.Choose(world.programs);
      return Ask(world, operands, "clGetProgramBuildInfo", NameOf(program), kBuild,
                 bind(clGetProgramBuildInfo, HandleOf(program), FirstDevice(world, program)));
    }
    case 11: {
      const auto kernel = operands.Choose(world.kernels);
      const cl_uint index = operands.Choose<cl_uint>({0, 1, 2}, {7});
      return Ask(world, operands, "clGetKernelArgInfo", NameOf(kernel), kKernelArg,
                 bind(clGetKernelArgInfo, HandleOf(kernel), index));
    }
    case 12: {
      const auto kernel = operands.Choose(world.kernels);
      const bool no_device = operands.Flag();
      return Ask(
          world, operands, "clGetKernelWorkGroupInfo", NameOf(kernel), kWorkGroup,
          bind(clGetKernelWorkGroupInfo, HandleOf(kernel),
               no_device ? nullptr : FirstDevice(world, kernel ? kernel->program : nullptr)));
    }
    default: {
      const auto sampler = operands.Choose(world.samplers);
      return Ask(world, operands, "clGetSamplerInfo", NameOf(sampler), kSampler,
                 bind(clGetSamplerInfo, HandleOf(sampler)));
    }
  }
}

}  // namespace random_test
