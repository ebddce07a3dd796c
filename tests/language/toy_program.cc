// SPDX-License-Identifier: Apache-2.0

// Uses all of the toy library, and prints what came of it: the same natively and virtually. Where
// the library works in its own time, the program waits before it prints.

#include <toy.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace {

std::mutex print_lock;

template <typename... Values>
void Say(const char* format, Values... values) {
  const std::scoped_lock locked(print_lock);
  std::printf(format, values...);
  std::printf("\n");
}

void Check(const char* what, toy_status status) {
  Say("%s: %d %s", what, status, toyStatusText(status));
}

// Set by a callback, waited for by the program.
class Flag {
 public:
  void Set() { set_.store(true); }
  bool Wait() const {
    for (int i = 0; i < 20'000 && !set_.load(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return set_.load();
  }

 private:
  std::atomic<bool> set_ = false;
};

toy_device Device() {
  unsigned count = 0;
  toy_device device = nullptr;
  Check("devices", toyGetDevices(0, nullptr, &count));
  Check("device", toyGetDevices(1, &device, nullptr));
  Say("%u devices", count);
  return device;
}

std::string Text(toy_device device, toy_info name) {
  std::size_t size = 0;
  if (toyGetDeviceInfo(device, name, 0, nullptr, &size) != TOY_OK) return "?";
  std::string text(size, '\0');
  toyGetDeviceInfo(device, name, size, text.data(), nullptr);
  return text;
}

void Devices(toy_device device) {
  Check("retain device", toyRetainDevice(device));
  Check("release device", toyReleaseDevice(device));
  Say("name %s", Text(device, TOY_DEVICE_NAME).c_str());
  Say("launches: %d", Text(device, TOY_DEVICE_FEATURES).starts_with("launch "));
  toy_device parent = device;
  Check("parent", toyGetDeviceInfo(device, TOY_DEVICE_PARENT, sizeof(parent), &parent, nullptr));
  Say("parent is null: %d", parent == nullptr);
  std::array<int, 2> temperatures{};
  for (int& temperature : temperatures)
    toyGetDeviceInfo(device, TOY_DEVICE_TEMPERATURE, sizeof(int), &temperature, nullptr);
  Say("warmer by %d", temperatures[1] - temperatures[0]);
  std::size_t memory = 0;
  Check("memory", toyGetDeviceInfo(device, TOY_DEVICE_MEMORY, sizeof(memory), &memory, nullptr));
  Say("memory %zu", memory);
  Check("too small", toyGetDeviceInfo(device, TOY_DEVICE_MEMORY, 1, &memory, nullptr));
  Check("unknown", toyGetDeviceInfo(device, 77, sizeof(memory), &memory, nullptr));
  Check("no device", toyGetDeviceInfo(nullptr, TOY_DEVICE_NAME, 0, nullptr, nullptr));
}

struct Log {
  std::atomic<int> lines = 0;
  std::string last;
  Flag said;
};

void Sensors(toy_device device) {
  toy_sensor first = nullptr;
  toy_sensor second = nullptr;
  Check("sensor", toyOpenSensor(device, &first));
  Check("sensor", toyOpenSensor(device, &second));
  Say("two: %d", first != second);
  int value = 0;
  for (const toy_sensor sensor : {first, first, second}) {
    Check("read", toyReadSensor(sensor, &value));
    Say("shows %d", value);
  }
  Check("close", toyCloseSensor(first));
  Check("read closed", toyReadSensor(first, &value));
  Check("read none", toyReadSensor(nullptr, &value));
  Check("close", toyCloseSensor(second));
}

void Others(toy_device device) {
  Log log;
  const auto hear = [](const char* text, size_t length, void* data) {
    auto* to = static_cast<Log*>(data);
    to->last.assign(text, length - 1);
    if (++to->lines == 2) to->said.Set();
  };
  Check("logger", toySetLogger(device, hear, &log));
  std::array<const char*, 3> labels = {"blue", "old", nullptr};
  Check("labels", toySetLabels(device, labels.data()));
  Check("labels again", toySetLabels(device, labels.data()));
  const bool heard = log.said.Wait();
  Say("heard %d, %s", heard, log.last.c_str());
  Flag measured;
  const auto hear_measure = [](int temperature, void* data) {
    if (temperature > 0) static_cast<Flag*>(data)->Set();
  };
  Check("measure", toyMeasure(device, &measured, hear_measure));
  const bool has_measured = measured.Wait();
  Say("told %d", has_measured);
  Check("no logger", toySetLogger(device, nullptr, nullptr));
  Check("no labels", toySetLabels(device, nullptr));
  using Reset = toy_status (*)(toy_device);
  const auto reset = reinterpret_cast<Reset>(toyFindFunction("toyResetDevice"));
  Say("found reset: %d, found nothing: %d", reset != nullptr,
      toyFindFunction("toyNoSuchThing") == nullptr);
  if (reset != nullptr) Check("reset", reset(device));
}

std::vector<char> Numbers(std::size_t size, int from) {
  std::vector<char> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(from + static_cast<int>(i));
  return bytes;
}

unsigned SumOf(const void* bytes, std::size_t size) {
  const auto* first = static_cast<const unsigned char*>(bytes);
  unsigned sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum = sum * 31 + first[i];
  return sum;
}

void Transfers(toy_queue queue, toy_buffer buffer, std::size_t size) {
  const std::vector<char> data = Numbers(size, 3);
  toy_event written = nullptr;
  Check("write", toyWrite(queue, buffer, 0, 0, size, data.data(), 0, nullptr, &written));
  std::vector<char> back(size);
  toy_event read = nullptr;
  Check("read", toyRead(queue, buffer, 0, 0, size, back.data(), 1, &written, &read));
  Check("wait", toyWaitFor(1, &read));
  Say("read %u", SumOf(back.data(), size));
  int status = 1;
  Check("status", toyGetEventInfo(read, TOY_EVENT_STATUS, sizeof(status), &status, nullptr));
  Say("ended: %d", status);
  Check("retain", toyRetainEvent(written));
  Check("release", toyReleaseEvent(written));
  Check("release", toyReleaseEvent(written));
  Check("release", toyReleaseEvent(read));
  Check("blocking read", toyRead(queue, buffer, 1, 5, 7, back.data(), 0, nullptr, nullptr));
  Say("part %u", SumOf(back.data(), 7));
  Check("beyond", toyRead(queue, buffer, 1, size - 3, 4, back.data(), 0, nullptr, nullptr));
  Check("no data", toyWrite(queue, buffer, 1, 0, 4, nullptr, 0, nullptr, nullptr));
  Check("no buffer", toyRead(queue, nullptr, 1, 0, 4, back.data(), 0, nullptr, nullptr));
  const std::array<std::size_t, 3> region = {4, 3, 2};
  const std::array<std::size_t, 3> origin = {2, 1, 0};
  Check("box", toyWriteBox(queue, buffer, region.data(), origin.data(), 9, 40, data.data()));
  Check("read box", toyRead(queue, buffer, 1, 0, 24, back.data(), 0, nullptr, nullptr));
  Say("box %u", SumOf(back.data(), 24));
}

void Maps(toy_queue queue, toy_buffer buffer, std::size_t size) {
  toy_status status = TOY_LOST;
  auto* bytes =
      static_cast<char*>(toyMap(queue, buffer, TOY_MAP_READ | TOY_MAP_WRITE, 10, 20, &status));
  Check("map", status);
  if (bytes == nullptr) return;
  Say("mapped %u", SumOf(bytes, 20));
  std::memset(bytes, 9, 20);
  Check("unmap", toyUnmap(queue, buffer, bytes));
  std::vector<char> back(size);
  Check("read", toyRead(queue, buffer, 1, 0, size, back.data(), 0, nullptr, nullptr));
  Say("after %u", SumOf(back.data(), size));
  const std::array<std::size_t, 3> region = {4, 2, 2};
  const std::array<std::size_t, 3> origin = {1, 1, 0};
  std::size_t row = 0;
  std::size_t slice = 0;
  bytes = static_cast<char*>(toyMapBox(queue, buffer, TOY_MAP_READ | TOY_MAP_WRITE, region.data(),
                                       origin.data(), &row, &slice, &status));
  Check("map box", status);
  if (bytes == nullptr) return;
  unsigned sum = 0;
  for (std::size_t z = 0; z < 2; ++z) {
    for (std::size_t y = 0; y < 2; ++y) {
      sum = sum * 7 + SumOf(bytes + z * slice + y * row, 4);
      std::memset(bytes + z * slice + y * row, 'x', 4);
    }
  }
  Say("box of %zu, %zu: %u", row, slice, sum);
  Check("unmap box", toyUnmap(queue, buffer, bytes));
  Check("read", toyRead(queue, buffer, 1, 0, size, back.data(), 0, nullptr, nullptr));
  Say("after %u", SumOf(back.data(), size));
  Check("map nothing", (toyMap(queue, buffer, 0, 0, 1, &status), status));
  Check("map beyond", (toyMap(queue, buffer, TOY_MAP_READ, size, 1, &status), status));
}

void Buffers(toy_device device, toy_queue queue) {
  constexpr std::size_t kSize = 200;
  toy_status status = TOY_LOST;
  std::vector<char> first = Numbers(kSize, 50);
  toy_buffer buffer = toyCreateBuffer(device, TOY_COPY, kSize, first.data(), &status);
  Check("buffer", status);
  std::vector<char> back(kSize);
  Check("first", toyRead(queue, buffer, 1, 0, kSize, back.data(), 0, nullptr, nullptr));
  Say("first %u", SumOf(back.data(), kSize));
  Transfers(queue, buffer, kSize);
  Maps(queue, buffer, kSize);
  const toy_part where = {.buffer = buffer, .offset = 40, .size = 30};
  toy_buffer part = toyCreatePart(&where, &status);
  Check("part", status);
  Check("write part", toyWrite(queue, part, 1, 1, 5, first.data(), 0, nullptr, nullptr));
  Check("read", toyRead(queue, buffer, 1, 0, kSize, back.data(), 0, nullptr, nullptr));
  Say("with part %u", SumOf(back.data(), kSize));
  const toy_part nowhere = {.buffer = buffer, .offset = kSize, .size = 1};
  Check("no part", (toyCreatePart(&nowhere, &status), status));
  static Flag ended;
  Check("end", toySetBufferEnd(buffer, [](toy_buffer, void*) { ended.Set(); }, nullptr));
  Check("retain", toyRetainBuffer(buffer));
  Check("release", toyReleaseBuffer(buffer));
  Check("release", toyReleaseBuffer(buffer));
  Check("release part", toyReleaseBuffer(part));
  const bool has_ended = ended.Wait();
  Say("ended %d", has_ended);
  Check("no size", (toyCreateBuffer(device, 0, 0, nullptr, &status), status));
  Check("no host", (toyCreateBuffer(device, TOY_COPY, 4, nullptr, &status), status));
  Check("too much", (toyCreateBuffer(device, 0, std::size_t{1} << 40, nullptr, &status), status));
}

void UsedMemory(toy_device device, toy_queue queue) {
  std::vector<char> own = Numbers(64, 7);
  toy_status status = TOY_LOST;
  toy_buffer buffer = toyCreateBuffer(device, TOY_USE, own.size(), own.data(), &status);
  Check("buffer over the program's memory", status);
  const std::vector<char> data = Numbers(16, 90);
  Check("write", toyWrite(queue, buffer, 1, 8, 16, data.data(), 0, nullptr, nullptr));
  void* mapped = toyMap(queue, buffer, TOY_MAP_READ, 0, own.size(), &status);
  Check("map", status);
  Say("in place %d, %u", mapped == own.data(), SumOf(own.data(), own.size()));
  Check("unmap", toyUnmap(queue, buffer, mapped));
  Check("release", toyReleaseBuffer(buffer));
}

void Kernels(toy_device device, toy_queue queue) {
  toy_status status = TOY_LOST;
  std::array<const char*, 2> pieces = {"add twi", "ce, and more"};
  const std::array<std::size_t, 2> lengths = {0, 2};
  toy_kernel kernel = toyCreateKernel(device, 2, pieces.data(), lengths.data(), &status);
  Check("kernel", status);
  Check("launch too early", toyLaunch(queue, kernel, 4, 0, nullptr, nullptr));
  Check("build", toyBuildKernel(kernel, nullptr, nullptr, nullptr));
  Flag built;
  const auto tell = [](toy_kernel, void* data) { static_cast<Flag*>(data)->Set(); };
  Check("build with a callback", toyBuildKernel(kernel, "", tell, &built));
  const bool is_built = built.Wait();
  Say("built %d", is_built);
  std::vector<int> ints(16);
  std::iota(ints.begin(), ints.end(), 1);
  const std::size_t bytes = ints.size() * sizeof(int);
  toy_buffer buffer = toyCreateBuffer(device, TOY_COPY, bytes, ints.data(), &status);
  const int five = 5;
  Check("argument", toySetArgument(kernel, 0, sizeof(buffer), &buffer));
  Check("argument", toySetArgument(kernel, 1, sizeof(five), &five));
  Check("bad index", toySetArgument(kernel, 9, sizeof(five), &five));
  Check("bad size", toySetArgument(kernel, 1, 1, &five));
  toy_event gate = toyCreateUserEvent(device, &status);
  toy_event ran = nullptr;
  Check("launch", toyLaunch(queue, kernel, 12, 1, &gate, &ran));
  Flag ended;
  const auto hear = [](toy_event, toy_status, void* data) { static_cast<Flag*>(data)->Set(); };
  Check("callback", toySetEventCallback(ran, hear, &ended));
  int state = 0;
  Check("status", toyGetEventInfo(ran, TOY_EVENT_STATUS, sizeof(state), &state, nullptr));
  Say("before the gate opens: %d", state);
  Check("open", toySetUserEvent(gate, TOY_OK));
  Check("finish", toyFinish(queue));
  const bool has_ended = ended.Wait();
  Say("ended %d", has_ended);
  Check("read", toyRead(queue, buffer, 1, 0, bytes, ints.data(), 0, nullptr, nullptr));
  Say("computed %d, %d ... %d", ints[0], ints[11], ints[12]);
  toy_event shut = toyCreateUserEvent(device, &status);
  toy_event failed = nullptr;
  Check("launch", toyLaunch(queue, kernel, 1, 1, &shut, &failed));
  Check("shut", toySetUserEvent(shut, TOY_BAD_VALUE));
  Check("wait", toyWaitFor(1, &failed));
  std::array<char, 64> text{};
  Check("text", toyGetKernelInfo(kernel, TOY_KERNEL_TEXT, text.size(), text.data(), nullptr));
  Say("text '%s'", text.data());
  std::array<unsigned char, 64> image{};
  unsigned char* images = image.data();
  std::size_t size = 0;
  Check("size", toyGetKernelInfo(kernel, TOY_KERNEL_IMAGE_SIZES, sizeof(size), &size, nullptr));
  Check("image", toyGetKernelInfo(kernel, TOY_KERNEL_IMAGES, sizeof(images), &images, nullptr));
  Say("image of %zu: %s", size, reinterpret_cast<const char*>(image.data()));
  toy_device of = nullptr;
  Check("device", toyGetKernelInfo(kernel, TOY_KERNEL_DEVICES, sizeof(of), &of, nullptr));
  Say("its device: %d", of == device);
  Check("bad build", toyBuildKernel(kernel, "divide", nullptr, nullptr));
  Check("log", toyGetKernelInfo(kernel, TOY_KERNEL_BUILD_LOG, text.size(), text.data(), nullptr));
  Say("log: %s", text.data());
  for (toy_event event : {gate, ran, shut, failed}) Check("release", toyReleaseEvent(event));
  Check("release", toyReleaseBuffer(buffer));
  Check("retain", toyRetainKernel(kernel));
  Check("release", toyReleaseKernel(kernel));
  Check("release", toyReleaseKernel(kernel));
}

void Queues(toy_device device, toy_queue queue) {
  toy_status status = TOY_LOST;
  const std::array<toy_properties, 5> properties = {TOY_QUEUE_PRIORITY, 3, TOY_QUEUE_BEHIND,
                                                    reinterpret_cast<toy_properties>(queue), 0};
  toy_queue other = toyCreateQueue(device, properties.data(), &status);
  Check("queue behind", status);
  const std::array<toy_properties, 3> unknown = {99, 1, 0};
  Check("queue", (toyCreateQueue(device, unknown.data(), &status), status));
  toy_device of = nullptr;
  Check("device", toyGetQueueInfo(other, TOY_QUEUE_DEVICE, sizeof(of), &of, nullptr));
  Say("its device: %d", of == device);
  unsigned commands = 7;
  Check("commands",
        toyGetQueueInfo(other, TOY_QUEUE_COMMANDS, sizeof(commands), &commands, nullptr));
  Say("%u commands", commands);
  Check("flush", toyFlush(other));
  Check("retain", toyRetainQueue(other));
  Check("release", toyReleaseQueue(other));
  Check("release", toyReleaseQueue(other));
  Check("no queue", toyFlush(nullptr));
}

void Addresses(toy_device device, toy_queue queue) {
  constexpr std::size_t kSize = 10'000;
  auto* memory = static_cast<char*>(toyAllocate(device, kSize));
  Say("allocated %d", memory != nullptr);
  if (memory == nullptr) return;
  const std::vector<char> data = Numbers(kSize, 21);
  Check("in", toyCopy(queue, memory, data.data(), kSize, nullptr));
  Check("within", toyCopy(queue, memory + 100, memory + 5000, 300, nullptr));
  Check("map", toyMapAddress(queue, TOY_MAP_READ | TOY_MAP_WRITE, memory, kSize, nullptr));
  Say("mapped %u", SumOf(memory, kSize));
  std::memset(memory + 50, 1, 25);
  toy_event unmapped = nullptr;
  Check("unmap", toyUnmapAddress(queue, memory, &unmapped));
  Check("wait", toyWaitFor(1, &unmapped));
  Check("release", toyReleaseEvent(unmapped));
  std::vector<char> back(kSize);
  toy_event copied = nullptr;
  Check("out", toyCopy(queue, back.data(), memory, kSize, &copied));
  Check("wait", toyWaitFor(1, &copied));
  Say("copied %u", SumOf(back.data(), kSize));
  Check("release", toyReleaseEvent(copied));
  Check("free", toyFree(device, memory));
  Say("none: %d", toyAllocate(device, 0) == nullptr);
}

// What TOY_BUGS may do to a launch.
void Unlucky(toy_device device, toy_queue queue) {
  std::array<int, 13> ints{};
  toy_status status = TOY_LOST;
  const char* text = "add";
  toy_kernel kernel = toyCreateKernel(device, 1, &text, nullptr, &status);
  toy_buffer buffer = toyCreateBuffer(device, TOY_COPY, sizeof(ints), ints.data(), &status);
  Check("build", toyBuildKernel(kernel, nullptr, nullptr, nullptr));
  const int one = 1;
  Check("argument", toySetArgument(kernel, 0, sizeof(buffer), &buffer));
  Check("argument", toySetArgument(kernel, 1, sizeof(one), &one));
  toy_event ran = nullptr;
  Check("launch", toyLaunch(queue, kernel, ints.size(), 0, nullptr, &ran));
  const toy_status waited = toyWaitFor(1, &ran);
  int state = 0;
  const toy_status asked = toyGetEventInfo(ran, TOY_EVENT_STATUS, sizeof(state), &state, nullptr);
  Say("waited %d, asked %d, it is %d", waited, asked, state);
  Check("flush", toyFlush(queue));
  Check("another", (toyCreateBuffer(device, 0, 1, nullptr, &status), status));
}

}  // namespace

int main(int argc, char** argv) {
  toy_device device = Device();
  toy_status status = TOY_LOST;
  toy_queue queue = toyCreateQueue(device, nullptr, &status);
  Check("queue", status);
  if (argc > 1 && std::string(argv[1]) == "unlucky") {
    Unlucky(device, queue);
    return 0;
  }
  Devices(device);
  Sensors(device);
  Others(device);
  Queues(device, queue);
  Buffers(device, queue);
  UsedMemory(device, queue);
  Kernels(device, queue);
  Addresses(device, queue);
  Check("finish", toyFinish(queue));
  Check("release", toyReleaseQueue(queue));
  return 0;
}
