#ifndef HOB_TESTS_BENCH_ANSWERER_H_
#define HOB_TESTS_BENCH_ANSWERER_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace bench {

// An HTTP server on a thread of its own, which answers every request with 200 and hangs up.
class Answerer {
 public:
  // Begins to listen on a free port of the loopback address.
  static absl::StatusOr<std::unique_ptr<Answerer>> Begin();
  ~Answerer();

  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;

  std::string url() const;

 private:
  explicit Answerer(UniqueFd listener);
  void Serve();

  const UniqueFd listener_;
  std::thread thread_;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_ANSWERER_H_
