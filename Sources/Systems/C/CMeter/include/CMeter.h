// What a measured stretch of work costs besides time. Linking this target replaces malloc by one that counts.
#pragma once
#include <stdint.h>

/// Allocations that the calling thread has made so far; 0 for ever under a sanitizer, which has its own malloc.
uint64_t ratchet_thread_allocations(void);
/// Processor time used so far, nanoseconds.
uint64_t ratchet_thread_cpu_ns(void);
uint64_t ratchet_process_cpu_ns(void);
/// Bytes that the process has allocated and not freed, by glibc's account.
uint64_t ratchet_heap_bytes(void);
