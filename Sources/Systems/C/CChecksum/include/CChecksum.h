// CRC-32C (Castagnoli, RFC 3720 appendix B.4) with the processor's own instruction where it has one.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Continues a CRC-32C: `crc` is 0 to begin, or what an earlier call returned.
uint32_t ratchet_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same by table, whatever the processor has; the instruction is tested against it.
uint32_t ratchet_crc32c_portable(uint32_t crc, const void *bytes, size_t count);
