// SPDX-License-Identifier: Apache-2.0
// ViennaCL: vectors and matrices by the kernels that it writes itself.
#define VIENNACL_WITH_OPENCL
#include <iostream>
#include <vector>

#include <viennacl/linalg/inner_prod.hpp>
#include <viennacl/linalg/prod.hpp>
#include <viennacl/matrix.hpp>
#include <viennacl/vector.hpp>

int main() {
  constexpr int kSize = 257;
  std::vector<float> host(kSize);
  std::vector<std::vector<float>> square(kSize, std::vector<float>(kSize));
  viennacl::vector<float> x(kSize);
  viennacl::vector<float> y(kSize);
  viennacl::matrix<float> a(kSize, kSize);
  for (int i = 0; i < kSize; ++i) {
    host[i] = static_cast<float>(i % 16);
    for (int j = 0; j < kSize; ++j) square[i][j] = static_cast<float>(i * j % 7);
  }
  viennacl::copy(host, x);
  viennacl::copy(host, y);
  viennacl::copy(square, a);
  const viennacl::vector<float> sum = x + 2.0F * y;
  const float inner = viennacl::linalg::inner_prod(x, sum);
  const viennacl::vector<float> product = viennacl::linalg::prod(a, x);
  viennacl::copy(product, host);
  const viennacl::matrix<float> squared = viennacl::linalg::prod(a, a);
  viennacl::copy(squared, square);
  std::cout << "x.(x + 2y) = " << inner << ", (Ax)[3] = " << host[3]
            << ", (AA)[5][6] = " << square[5][6] << '\n';
}
