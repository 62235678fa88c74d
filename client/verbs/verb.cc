#include "client/verbs/verb.h"

namespace hob {
namespace client {

void DefineList(CLI::App& command, const std::string& name, const std::string& summary,
                bool required, std::vector<std::string>& values) {
  constexpr int kAny = CLI::detail::expected_max_vector_size;
  // CLI11 takes an argument in brackets apart wherever it allows extra arguments. Without them it
  // takes as many as it expects; that there are fewer is only an error for other policies.
  command.add_option(name, values, summary)
      ->type_name("")
      ->required(required)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(kAny, kAny)
      ->allow_extra_args(false);
}

}  // namespace client
}  // namespace hob
