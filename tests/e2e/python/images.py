# SPDX-License-Identifier: Apache-2.0
"""pyopencl: images made from arrays, sampled by a kernel, copied back; and what objects say of themselves."""

import signal

import numpy as np
import pyopencl as cl

SOURCE = """
kernel void blur(read_only image2d_t from, write_only image2d_t to, sampler_t how) {
  const int2 at = (int2)(get_global_id(0), get_global_id(1));
  float4 sum = 0;
  for (int y = -1; y <= 1; ++y)
    for (int x = -1; x <= 1; ++x) sum += read_imagef(from, how, at + (int2)(x, y));
  write_imagef(to, at, sum / 9);
}
"""


def expected_blur(host):
    padded = np.pad(host, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = host.shape[:2]
    return sum(padded[y:y + height, x:x + width] for y in range(3) for x in range(3)) / 9


def blur(context, queue):
    host = np.random.default_rng(1).random((32, 48, 4), dtype=np.float32)
    shape = (48, 32)
    pixels = cl.ImageFormat(cl.channel_order.RGBA, cl.channel_type.FLOAT)
    flags = cl.mem_flags
    source = cl.Image(context, flags.READ_ONLY | flags.COPY_HOST_PTR, pixels, shape, hostbuf=host)
    target = cl.Image(context, flags.WRITE_ONLY, pixels, shape)
    how = cl.Sampler(context, False, cl.addressing_mode.CLAMP_TO_EDGE, cl.filter_mode.NEAREST)
    cl.Program(context, SOURCE).build().blur(queue, shape, None, source, target, how)
    result = np.empty_like(host)
    cl.enqueue_copy(queue, result, target, origin=(0, 0), region=shape)
    assert np.allclose(result, expected_blur(host), atol=1e-5)
    print("blur:", target.width, target.height, target.format.channel_order)


def objects(context, queue):
    device = queue.device
    print("device:", device.name, device.max_compute_units, device.max_work_group_size)
    print("context:", context.num_devices, context.devices == [device])
    print("queue:", queue.context == context, queue.properties)
    kernel = cl.Program(context, SOURCE).build("-cl-kernel-arg-info").blur
    print("kernel:", kernel.function_name, kernel.num_args)
    info = cl.kernel_arg_info
    for index in range(kernel.num_args):
        print(" ", kernel.get_arg_info(index, info.TYPE_NAME), kernel.get_arg_info(index, info.NAME))
    group = kernel.get_work_group_info(cl.kernel_work_group_info.WORK_GROUP_SIZE, device)
    print("group:", group)


def main():
    signal.alarm(300)
    context = cl.Context(cl.get_platforms()[0].get_devices())
    queue = cl.CommandQueue(context)
    blur(context, queue)
    objects(context, queue)


main()
