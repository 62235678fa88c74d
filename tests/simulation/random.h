#ifndef HOB_TESTS_SIMULATION_RANDOM_H_
#define HOB_TESTS_SIMULATION_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace hob {
namespace simulation {

// Random numbers from a seed, the same on every machine and with every library (splitmix64).
// Not thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  // Returns a number from 0 to `bound` - 1.
  int Below(int bound) { return static_cast<int>((Next() >> 32) * bound >> 32); }

  // Returns true `percent` times in a hundred.
  bool Chance(int percent) { return Below(100) < percent; }

  // Returns a number in [0, 1).
  double Fraction() { return static_cast<double>(Next() >> 11) / (uint64_t{1} << 53); }

  // Returns one of `values`.
  template <typename T, size_t size>
  T Of(const T (&values)[size]) {
    return values[Below(size)];
  }

 private:
  uint64_t state_;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_RANDOM_H_
