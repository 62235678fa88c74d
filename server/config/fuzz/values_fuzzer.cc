// Parses any text as the value of every key. A valid value is written as a text that is parsed to
// the same value again. Lists have the items that a second parser finds.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "bazel/fuzzing/text.h"
#include "glog/logging.h"
#include "server/config/fuzz/reference_variables.h"
#include "server/config/keys/accounts.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/default_paths.h"
#include "server/config/keys/server_keys.h"
#include "server/config/keys/server_settings.h"
#include "server/config/keys/values.h"
#include "server/text/duration.h"

namespace hob {
namespace {

void CheckRefusal(const absl::Status& status) {
  CHECK(status.code() == absl::StatusCode::kInvalidArgument) << status;
  CHECK(!status.message().empty() && IsPrintable(status.message())) << status;
}

void CheckDaemonKey(const DaemonKey& key, absl::string_view text) {
  DaemonSpec spec;
  const absl::Status status = SetDaemonKey(key, text, &spec);
  if (!status.ok()) return CheckRefusal(status);
  const std::string written = key.write(spec);
  if (written.empty()) return;
  DaemonSpec again;
  const absl::Status taken = SetDaemonKey(key, written, &again);
  CHECK(taken.ok()) << key.name << ": " << written << ": " << taken;
  CHECK_EQ(key.write(again), written) << key.name;
}

absl::Status SetServerKey(const ServerKey& key, absl::string_view text, Accounts* accounts,
                          ServerSettings* settings) {
  const absl::StatusOr<ServerSetter> set = ParseServerKey(key, text, accounts);
  if (set.ok()) (*set)(settings);
  return set.status();
}

void CheckServerKey(const ServerKey& key, absl::string_view text) {
  Accounts accounts;
  ServerSettings settings;
  const absl::Status status = SetServerKey(key, text, &accounts, &settings);
  if (!status.ok()) return CheckRefusal(status);
  const std::string written = key.write(settings);
  if (written.empty()) return;
  ServerSettings again;
  const absl::Status taken = SetServerKey(key, written, &accounts, &again);
  CHECK(taken.ok()) << key.name << ": " << written << ": " << taken;
  CHECK_EQ(key.write(again), written) << key.name;
}

// A valid list has the items of the second parser; one that the second parser cannot split is
// wrong.
void CheckLists(const std::string& text) {
  const auto items = ReferenceItems(text);
  DaemonSpec spec;
  const bool has_groups = SetDaemonKey(*FindDaemonKey("groups"), text, &spec).ok();
  CHECK_EQ(has_groups, items.has_value() && !items->empty());
  if (has_groups) {
    const std::set<std::string> groups(items->begin(), items->end());
    CHECK(spec.groups == std::vector<std::string>(groups.begin(), groups.end()));
  }
  const auto variables = ReferenceEnvironment(text);
  CHECK_EQ(SetDaemonKey(*FindDaemonKey("environment"), text, &spec).ok(), variables.has_value());
  if (variables.has_value()) CHECK(spec.environment == *variables);
  Accounts accounts;
  ServerSettings settings;
  if (!SetServerKey(*FindServerKey("listen"), text, &accounts, &settings).ok()) return;
  CHECK(items.has_value() && settings.listen == *items);
}

// `parse` gets exactly the same value from the text that `format` makes of it.
template <typename Parse, typename Format>
void CheckRoundTrip(Parse parse, Format format, absl::string_view text) {
  const auto value = parse(text);
  if (!value.ok()) return CheckRefusal(value.status());
  const std::string written = format(*value);
  const auto again = parse(written);
  CHECK(again.ok()) << written;
  CHECK(*again == *value) << written;
}

void CheckTypes(absl::string_view text) {
  CheckRoundTrip(
      ParseDuration, [](absl::Duration d) { return hob::FormatDuration(d); }, text);
  CheckRoundTrip(ParseSize, FormatSize, text);
  CheckRoundTrip(ParseBoolean, FormatBoolean, text);
  CheckRoundTrip(ParseMode, FormatMode, text);
  CheckRoundTrip([](absl::string_view t) { return ParseNumber(t, -1e9, 1e9); }, FormatNumber, text);
  CheckRoundTrip(ParseFraction, FormatFraction, text);
  const auto fraction = ParseFraction(text);
  if (fraction.ok()) CHECK(*fraction >= 0 && *fraction <= 1) << *fraction;
}

}  // namespace
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text = hob::AsText(data, size);
  hob::CheckTypes(text);
  hob::CheckLists(std::string(text));
  for (const hob::DaemonKey& key : hob::DaemonKeys()) hob::CheckDaemonKey(key, text);
  for (const hob::ServerKey& key : hob::ServerKeys()) {
    // Skipped because it asks a database of the machine.
    if (key.name != "socket_group") hob::CheckServerKey(key, text);
  }
  return 0;
}
