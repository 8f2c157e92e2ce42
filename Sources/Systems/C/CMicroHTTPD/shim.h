#pragma once
#include <microhttpd.h>

// Swift cannot call variadic functions: the daemon with the options that the wrapper uses.
static inline struct MHD_Daemon *ratchet_start_http(
    int socket, unsigned int threads, unsigned int connections, unsigned int timeout_seconds,
    MHD_AccessHandlerCallback handle, MHD_RequestCompletedCallback completed, void *context) {
  return MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL, handle, context,
      MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_THREAD_POOL_SIZE, threads,
      MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds,
      MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_END);
}

// Its enumerations are closed, which Swift imports without their names.
static inline enum MHD_Result ratchet_http_result(int is_well) { return is_well ? MHD_YES : MHD_NO; }

static inline int ratchet_http_values(
    struct MHD_Connection *connection, int is_header, MHD_KeyValueIterator collect, void *context) {
  return MHD_get_connection_values(
      connection, is_header ? MHD_HEADER_KIND : MHD_GET_ARGUMENT_KIND, collect, context);
}

// Copies the body.
static inline struct MHD_Response *ratchet_http_response(size_t count, const void *body) {
  return MHD_create_response_from_buffer(count, (void *)body, MHD_RESPMEM_MUST_COPY);
}
