#ifndef HOB_TESTS_BENCH_SAMPLES_H_
#define HOB_TESTS_BENCH_SAMPLES_H_

#include <algorithm>
#include <vector>

namespace hob {
namespace bench {

// Measurements of one thing, in whatever unit it is told in. Not thread-safe.
class Samples {
 public:
  void Add(double value) { values_.push_back(value); }

  bool empty() const { return values_.empty(); }
  double Min() const { return *std::min_element(values_.begin(), values_.end()); }
  double Max() const { return *std::max_element(values_.begin(), values_.end()); }

  // The value in the middle; of an even number, the mean of the two.
  double Median() const {
    std::vector<double> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    const size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

 private:
  std::vector<double> values_;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_SAMPLES_H_
