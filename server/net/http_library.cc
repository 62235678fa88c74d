#include "server/net/http_library.h"

#include <dlfcn.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hob {
namespace {

// The number is the version of the interface in microhttpd.h.
constexpr char kLibrary[] = "libmicrohttpd.so.12";

absl::Status Missing() {
  return absl::NotFoundError(
      absl::StrCat("metrics are served with libmicrohttpd, which cannot be loaded: ", dlerror(),
                   "; install it (on Debian: libmicrohttpd12), or remove metrics_listen"));
}

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

absl::StatusOr<HttpLibrary> LoadAll() {
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return Missing();
  HttpLibrary found;
  if (Find(library, "MHD_start_daemon", found.start_daemon) &&
      Find(library, "MHD_stop_daemon", found.stop_daemon) &&
      Find(library, "MHD_add_connection", found.add_connection) &&
      Find(library, "MHD_get_connection_info", found.get_connection_info) &&
      Find(library, "MHD_create_response_from_buffer_with_free_callback_cls",
           found.create_response) &&
      Find(library, "MHD_add_response_header", found.add_response_header) &&
      Find(library, "MHD_queue_response", found.queue_response) &&
      Find(library, "MHD_destroy_response", found.destroy_response)) {
    return found;
  }
  return Missing();
}

}  // namespace

absl::StatusOr<const HttpLibrary*> HttpLibrary::Load() {
  static const auto* const loaded = new absl::StatusOr<HttpLibrary>(LoadAll());
  if (!loaded->ok()) return loaded->status();
  return &**loaded;
}

}  // namespace hob
