#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

/// librdkafka's table of its properties as text, which it writes to a stream only; free it with
/// rd_kafka_mem_free(NULL, text).
static inline char *ratchet_rdkafka_properties(void) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  if (stream == NULL) return NULL;
  rd_kafka_conf_properties_show(stream);
  fclose(stream);
  return text;
}
