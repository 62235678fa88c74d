#ifndef HOB_TESTS_BENCH_SAMPLES_H_
#define HOB_TESTS_BENCH_SAMPLES_H_

#include <algorithm>
#include <vector>

namespace hob {
namespace bench {

// The samples of one figure, all in the same unit. Not thread-safe.
class Samples {
 public:
  void Add(double value) { values_.push_back(value); }

  bool empty() const { return values_.empty(); }
  double Min() const { return *std::min_element(values_.begin(), values_.end()); }
  double Max() const { return *std::max_element(values_.begin(), values_.end()); }

  // Returns the middle value, or the mean of the two middle values.
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
