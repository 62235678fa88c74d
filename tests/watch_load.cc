// Starts many watchers of one server: watch_load ADDRESS [WATCHERS]. Prints the time until each has
// the whole snapshot, and from then until each has seen the restart of a daemon. Requires at least
// one daemon that is RUNNING.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace {

constexpr int kChannels = 8;

// The counts shared by all watchers.
struct Counts {
  explicit Counts(int watchers) : synced(watchers), restarted(watchers) {}

  absl::BlockingCounter synced;
  absl::BlockingCounter restarted;
  std::atomic<int64_t> responses = 0;
  std::atomic<int64_t> gaps = 0;
};

class Watcher : public grpc::ClientReadReactor<v1::WatchResponse> {
 public:
  Watcher(v1::Supervisor::Stub& stub, Counts& counts) : counts_(counts) {
    stub.async()->Watch(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void End() {
    context_.TryCancel();
    over_.Wait();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    ++counts_.responses;
    if (response_.has_gap()) ++counts_.gaps;
    if (response_.synced() && !std::exchange(synced_, true)) counts_.synced.DecrementCount();
    const v1::Daemon& daemon = response_.daemon();
    if (synced_ && daemon.state() == v1::Daemon::STARTING) starting_ = true;
    if (starting_ && daemon.state() == v1::Daemon::RUNNING && !std::exchange(restarted_, true)) {
      counts_.restarted.DecrementCount();
    }
    StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override { over_.DecrementCount(); }

  Counts& counts_;
  grpc::ClientContext context_;
  v1::WatchRequest request_;
  v1::WatchResponse response_;
  bool synced_ = false;
  bool starting_ = false;
  bool restarted_ = false;
  absl::BlockingCounter over_{1};
};

std::string RunningDaemon(v1::Supervisor::Stub& stub) {
  grpc::ClientContext context;
  v1::ListRequest request;
  request.add_states(v1::Daemon::RUNNING);
  request.set_page_size(1);
  v1::ListResponse response;
  stub.List(&context, request, &response);
  return response.daemons().empty() ? "" : response.daemons(0).name();
}

int Run(const std::string& address, int watchers) {
  std::vector<std::unique_ptr<v1::Supervisor::Stub>> stubs;
  for (int i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    // Give each watcher a connection of its own.
    arguments.SetInt("channel", i);
    stubs.push_back(v1::Supervisor::NewStub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments)));
  }
  const std::string name = RunningDaemon(*stubs[0]);
  if (name.empty()) {
    std::cerr << "no daemon is RUNNING at " << address << "\n";
    return 1;
  }
  Counts counts(watchers);
  std::vector<std::unique_ptr<Watcher>> all;
  const absl::Time begin = absl::Now();
  for (int i = 0; i < watchers; ++i) {
    all.push_back(std::make_unique<Watcher>(*stubs[i % kChannels], counts));
  }
  counts.synced.Wait();
  const absl::Time synced = absl::Now();
  std::cout << watchers << " watchers synced after " << synced - begin << ", " << counts.responses
            << " responses, " << counts.gaps << " gaps" << std::endl;
  grpc::ClientContext context;
  v1::RestartRequest request;
  request.set_name(name);
  v1::RestartResponse response;
  const grpc::Status status = stubs[0]->Restart(&context, request, &response);
  const absl::Time answered = absl::Now();
  counts.restarted.Wait();
  std::cout << "Restart of " << name << " answered after " << answered - synced << " ("
            << (status.ok() ? "OK" : status.error_message()) << "), seen by all after "
            << absl::Now() - synced << ", " << counts.responses << " responses, " << counts.gaps
            << " gaps" << std::endl;
  for (const auto& watcher : all) watcher->End();
  return 0;
}

}  // namespace
}  // namespace hob

int main(int argc, char** argv) {
  int watchers = 2000;
  if (argc < 2 || argc > 3 || (argc == 3 && !absl::SimpleAtoi(argv[2], &watchers))) {
    std::cerr << "Usage: watch_load ADDRESS [WATCHERS]\n";
    return 2;
  }
  return hob::Run(argv[1], watchers);
}
