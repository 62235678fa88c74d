#include "server/metrics/server_families.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "server/posix/proc_files.h"
#include "server/process/tree/tree_usage.h"

namespace hob {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

double Seconds(absl::Time time) { return absl::ToDoubleSeconds(time - absl::UnixEpoch()); }

// Builds a family of one type, metric by metric.
class Family {
 public:
  Family(MetricType type, std::string name, std::string help) {
    family_.type = type;
    family_.name = std::move(name);
    family_.help = std::move(help);
  }

  Family& Add(double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family_.metric.push_back(std::move(metric));
    return *this;
  }

  MetricFamily Take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

MetricFamily Gauge(std::string name, std::string help, double value) {
  return Family(MetricType::Gauge, std::move(name), std::move(help)).Add(value).Take();
}

MetricFamily Counter(std::string name, std::string help, double value) {
  return Family(MetricType::Counter, std::move(name), std::move(help)).Add(value).Take();
}

// Makes a gauge of value 1 that carries its information in a label.
MetricFamily Info(std::string name, std::string help, std::string label, const std::string& value) {
  return Family(MetricType::Gauge, std::move(name), std::move(help))
      .Add(1, {{std::move(label), value}})
      .Take();
}

void AddReloads(const ServerFacts& facts, std::vector<MetricFamily>& families) {
  families.push_back(Gauge("hob_config_generation", "Generation of the configuration in force.",
                           facts.config_generation));
  families.push_back(
      Family(MetricType::Counter, "hob_config_reloads_total", "Reloads, including rejected ones.")
          .Add(facts.reloads_succeeded, {{"result", "success"}})
          .Add(facts.reloads_failed, {{"result", "failure"}})
          .Take());
  families.push_back(Gauge("hob_config_last_reload_successful",
                           "1 if the last reload succeeded or there was none, else 0.",
                           facts.last_reload_succeeded ? 1 : 0));
  families.push_back(
      Gauge("hob_config_last_reload_time_seconds",
            "Time of the last reload attempt, else of the start, in seconds since the epoch.",
            Seconds(facts.last_reload_time.value_or(facts.start_time))));
  families.push_back(
      Gauge("hob_config_last_reload_success_time_seconds",
            "Time when the configuration in force was loaded, in seconds since the epoch.",
            Seconds(facts.last_reload_success_time.value_or(facts.start_time))));
}

// Reads the first field of /proc/self/statm: all mapped memory, in pages.
absl::optional<int64_t> ReadMappedPages() {
  const absl::StatusOr<std::string> statm = ReadSmallFile("/proc/self/statm");
  int64_t pages = 0;
  if (!statm.ok() || !absl::SimpleAtoi(statm->substr(0, statm->find(' ')), &pages)) {
    return absl::nullopt;
  }
  return pages;
}

}  // namespace

std::vector<MetricFamily> ServerFamilies(const ServerFacts& facts) {
  std::vector<MetricFamily> families;
  families.push_back(Info("hob_build_info", "Version of the server.", "version", facts.version));
  families.push_back(Info("hob_containment_info",
                          "How hob keeps track of the processes of a daemon.", "mode",
                          facts.containment));
  AddReloads(facts, families);
  families.push_back(Counter("hob_changes_total",
                             "Changes of daemons; equals the sequence number of the change feed.",
                             facts.changes));
  families.push_back(Counter("hob_strays_reaped_total",
                             "Orphans of daemons that the server has reaped.",
                             facts.strays_reaped));
  families.push_back(Counter("hob_connections_shed_total",
                             "Connections rejected for lack of descriptors.",
                             facts.connections_shed));
  families.push_back(Counter("hob_journal_lines_dropped_total",
                             "Lines of the server's log dropped because its reader was too slow.",
                             facts.journal_lines_dropped));
  return families;
}

std::vector<MetricFamily> ProcessFamilies(absl::Time start_time) {
  std::vector<MetricFamily> families;
  families.push_back(Gauge("process_start_time_seconds",
                           "Start time of the server, in seconds since the epoch.",
                           Seconds(start_time)));
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const absl::Duration cpu =
      absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
  families.push_back(Counter("process_cpu_seconds_total",
                             "CPU time used by the server, in seconds.",
                             absl::ToDoubleSeconds(cpu)));
  const double page = sysconf(_SC_PAGESIZE);
  if (const absl::StatusOr<ProcessStat> stat = ReadProcessStat(getpid()); stat.ok()) {
    families.push_back(Gauge("process_resident_memory_bytes", "Resident memory of the server.",
                             stat->resident_pages * page));
    families.push_back(Gauge("process_threads", "Threads of the server.", stat->threads));
  }
  if (const absl::optional<int64_t> mapped = ReadMappedPages()) {
    families.push_back(
        Gauge("process_virtual_memory_bytes", "Mapped memory of the server.", *mapped * page));
  }
  if (const absl::optional<int64_t> open = CountDescriptors(getpid())) {
    families.push_back(Gauge("process_open_fds", "Open descriptors of the server.", *open));
  }
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(
        Gauge("process_max_fds", "The server's limit of open descriptors.", limit.rlim_cur));
  }
  return families;
}

}  // namespace hob
