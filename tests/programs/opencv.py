#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""OpenCV's T-API: what its OpenCL kernels make of an image, as sums of the bytes."""

import hashlib
import os

os.environ["OPENCV_OPENCL_DEVICE"] = ":CPU:"  # It looks for GPUs only.
os.environ["OPENCV_OPENCL_CACHE_ENABLE"] = "0"

import cv2  # noqa: E402  # pylint: disable=wrong-import-position
import numpy as np  # noqa: E402  # pylint: disable=wrong-import-position


def show(name, matrix):
    content = np.ascontiguousarray(matrix.get())
    print(name, content.shape, content.dtype, hashlib.sha256(content.tobytes()).hexdigest()[:16])


def main():
    assert cv2.ocl.haveOpenCL() and cv2.ocl.Device_getDefault().name(), "OpenCV finds no device"
    cv2.ocl.setUseOpenCL(True)
    random = np.random.default_rng(1)
    image = cv2.UMat(random.integers(0, 256, (240, 320, 3), dtype=np.uint8))
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    show("gray", gray)
    show("blur", cv2.GaussianBlur(image, (7, 7), 1.5))
    show("resize", cv2.resize(image, (160, 100), interpolation=cv2.INTER_LINEAR))
    # No Canny: its kernels race with themselves, and 1 native run in 25 differs from the others.
    show("laplacian", cv2.Laplacian(gray, cv2.CV_8U, ksize=3))
    show("sobel", cv2.Sobel(gray, cv2.CV_16S, 1, 0))
    show("threshold", cv2.threshold(gray, 100, 255, cv2.THRESH_BINARY)[1])
    show("erode", cv2.erode(gray, np.ones((3, 3), np.uint8)))
    show("warp", cv2.warpAffine(image, np.float32([[1, 0.1, 3], [0, 1, 4]]), (320, 240)))
    show("equalize", cv2.equalizeHist(gray))
    square = cv2.UMat(random.random((128, 128), dtype=np.float32))
    show("gemm", cv2.gemm(square, square, 1.0, None, 0.0))
    show("dft", cv2.dft(square))
    print(cv2.minMaxLoc(gray), cv2.countNonZero(gray), cv2.sumElems(image))


if __name__ == "__main__":
    main()
