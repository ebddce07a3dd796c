// SPDX-License-Identifier: Apache-2.0

#include <csignal>

#include "specs/toy/vendor/objects.h"

using namespace toy;  // NOLINT(google-build-using-namespace): this is the library

TOY_EXPORT toy_kernel toyCreateKernel(toy_device device, unsigned count, const char** pieces,
                                      const size_t* lengths, toy_status* error) {
  if (device == nullptr) return Failed<toy_kernel_object>(TOY_BAD_DEVICE, error);
  if (count == 0 || pieces == nullptr) return Failed<toy_kernel_object>(TOY_BAD_VALUE, error);
  auto* kernel = new toy_kernel_object;
  kernel->device = device;
  for (unsigned i = 0; i < count; ++i) {
    const bool has_length = lengths != nullptr && lengths[i] != 0;
    kernel->text.append(pieces[i], has_length ? lengths[i] : std::strlen(pieces[i]));
  }
  Report(TOY_OK, error);
  return kernel;
}

TOY_EXPORT toy_status toyRetainKernel(toy_kernel kernel) { return Retain(kernel, TOY_BAD_KERNEL); }
TOY_EXPORT toy_status toyReleaseKernel(toy_kernel kernel) {
  return Release(kernel, TOY_BAD_KERNEL);
}

TOY_EXPORT toy_status toyBuildKernel(toy_kernel kernel, const char* options,
                                     void (*built)(toy_kernel kernel, void* data), void* data) {
  if (kernel == nullptr) return TOY_BAD_KERNEL;
  {
    const std::scoped_lock locked(lock);
    kernel->operations.clear();
    kernel->log.clear();
    std::string text = kernel->text + ' ' + (options != nullptr ? options : "") + ' ';
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find(' ', at);
      const std::string word = text.substr(at, end - at);
      at = end + 1;
      if (word == "add" || word == "twice") kernel->operations.push_back(word);
      if (!word.empty() && word != "add" && word != "twice")
        kernel->log += "no operation '" + word + "'\n";
    }
    kernel->is_built = kernel->log.empty();
    if (built != nullptr) ++kernel->uses;
  }
  Say(kernel->device, "built " + kernel->text);
  if (built == nullptr) return kernel->is_built ? TOY_OK : TOY_BAD_KERNEL;
  std::thread([=] {
    built(kernel, data);
    StopUsing(kernel);
  }).detach();
  return TOY_OK;
}

TOY_EXPORT toy_status toySetArgument(toy_kernel kernel, unsigned index, size_t size,
                                     const void* value) {
  Calls calls;
  {
    const std::scoped_lock locked(lock);
    if (kernel == nullptr) return TOY_BAD_KERNEL;
    if (value == nullptr || index > kernel->numbers.size()) return TOY_BAD_VALUE;
    if (size != (index == 0 ? sizeof(toy_buffer) : sizeof(int))) return TOY_BAD_VALUE;
    if (index != 0) {
      std::memcpy(&kernel->numbers.at(index - 1), value, size);
      return TOY_OK;
    }
    toy_buffer buffer = nullptr;
    std::memcpy(&buffer, value, size);
    if (buffer == nullptr) return TOY_BAD_BUFFER;
    ++buffer->uses;
    std::swap(kernel->buffer, buffer);
    if (buffer != nullptr) {
      --buffer->uses;
      Drop(buffer, calls);
    }
  }
  for (const auto& call : calls) call();
  return TOY_OK;
}

TOY_EXPORT toy_status toyLaunch(toy_queue queue, toy_kernel kernel, size_t items,
                                unsigned num_waits, const toy_event* waits, toy_event* event) {
  const toy_status status = Check(queue, num_waits, waits);
  if (status != TOY_OK) return status;
  const std::scoped_lock locked(lock);
  if (kernel == nullptr || !kernel->is_built || kernel->buffer == nullptr) return TOY_BAD_KERNEL;
  if (items == 0 || items > kernel->buffer->size / sizeof(int)) return TOY_BAD_VALUE;
  constexpr std::size_t kUnlucky = 13;
  const auto run = [=, buffer = kernel->buffer, numbers = kernel->numbers,
                    operations = kernel->operations] {
    if (items == kUnlucky && HasBug("crash")) raise(SIGKILL);
    auto* ints = reinterpret_cast<int*>(buffer->bytes);
    for (const std::string& operation : operations) {
      for (std::size_t i = 0; i < items; ++i)
        ints[i] = operation == "add" ? ints[i] + numbers[0] : ints[i] * 2;
    }
    StopUsing(buffer);
    return items == kUnlucky && HasBug("failed-event") ? TOY_NO_MEMORY : TOY_OK;
  };
  ++kernel->buffer->uses;
  Enqueue(queue, {waits, waits + num_waits}, run, event);
  return TOY_OK;
}

TOY_EXPORT toy_status toyGetKernelInfo(toy_kernel kernel, toy_info name, size_t value_size,
                                       void* value, size_t* value_size_ret) {
  const std::scoped_lock locked(lock);
  const Asked asked{value_size, value, value_size_ret};
  if (kernel == nullptr) return TOY_BAD_KERNEL;
  switch (name) {
    case TOY_KERNEL_TEXT:
      return asked.With(kernel->text);
    case TOY_KERNEL_BUILD_LOG:
      return asked.With(kernel->log);
    case TOY_KERNEL_IMAGE_SIZES:
      return asked.With(kernel->text.size());
    case TOY_KERNEL_IMAGES: {
      auto** images = static_cast<unsigned char**>(value);
      if (images != nullptr && value_size < sizeof(*images)) return TOY_BAD_VALUE;
      if (images != nullptr) std::memcpy(images[0], kernel->text.data(), kernel->text.size());
      if (value_size_ret != nullptr) *value_size_ret = sizeof(*images);
      return TOY_OK;
    }
    case TOY_KERNEL_DEVICES:
      return asked.With(kernel->device);
    default:
      return TOY_BAD_VALUE;
  }
}
