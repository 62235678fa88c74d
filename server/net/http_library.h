#ifndef HOB_SERVER_NET_HTTP_LIBRARY_H_
#define HOB_SERVER_NET_HTTP_LIBRARY_H_

#include <microhttpd.h>

#include "absl/status/statusor.h"

namespace hob {

// The functions of libmicrohttpd used here. The first Load loads the library, which is never
// unloaded: with its dependencies for TLS it takes eleven shared libraries, 3 MiB and as long to
// load as the rest of the server, and most servers serve no metrics.
//
// Thread-safe. A plain table.
struct HttpLibrary {
  decltype(&MHD_start_daemon) start_daemon = nullptr;
  decltype(&MHD_stop_daemon) stop_daemon = nullptr;
  decltype(&MHD_add_connection) add_connection = nullptr;
  decltype(&MHD_get_connection_info) get_connection_info = nullptr;
  decltype(&MHD_create_response_from_buffer_with_free_callback_cls) create_response = nullptr;
  decltype(&MHD_add_response_header) add_response_header = nullptr;
  decltype(&MHD_queue_response) queue_response = nullptr;
  decltype(&MHD_destroy_response) destroy_response = nullptr;

  // Returns the functions; never null. NotFound, with the package to install, if the library or a
  // function is missing. Blocks while the library loads.
  static absl::StatusOr<const HttpLibrary*> Load();
};

}  // namespace hob

#endif  // HOB_SERVER_NET_HTTP_LIBRARY_H_
