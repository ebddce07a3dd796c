// SPDX-License-Identifier: Apache-2.0
// Boost.Compute: sort, reduce and scan.
#include <algorithm>
#include <iostream>
#include <vector>

#include <boost/compute.hpp>

namespace compute = boost::compute;

int main() {
  constexpr int kNumbers = 10000;
  const compute::device device = compute::system::default_device();
  const compute::context context(device);
  compute::command_queue queue(context, device);
  std::vector<int> host(kNumbers);
  for (int i = 0; i < kNumbers; ++i) host[i] = i * 7919 % 10007;
  compute::vector<int> numbers(host.size(), context);
  compute::copy(host.begin(), host.end(), numbers.begin(), queue);
  compute::sort(numbers.begin(), numbers.end(), queue);
  int sum = 0;
  compute::reduce(numbers.begin(), numbers.end(), &sum, compute::plus<int>(), queue);
  compute::vector<int> sums(host.size(), context);
  compute::inclusive_scan(numbers.begin(), numbers.end(), sums.begin(), queue);
  int last = 0;
  compute::copy(sums.end() - 1, sums.end(), &last, queue);
  compute::copy(numbers.begin(), numbers.end(), host.begin(), queue);
  queue.finish();
  std::cout << (std::is_sorted(host.begin(), host.end()) ? "sorted" : "NOT SORTED") << ' '
            << host[0] << ' ' << host[kNumbers - 1] << ", sum " << sum << ", scan " << last << '\n';
}
