// The machine beneath Causeway: instructions and system calls that Swift cannot say itself.
// Every name begins with `causeway_`. No function allocates after its thread has started, except
// where it says so. Functions marked CAUSEWAY_HOT neither allocate, nor lock, nor enter the kernel.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define CAUSEWAY_HOT __attribute__((swift_attr("@_noAllocation")))
#define CAUSEWAY_INLINE CAUSEWAY_HOT static inline __attribute__((always_inline))

#pragma clang assume_nonnull begin

// MARK: Checksums

/// CRC-32C (Castagnoli, reflected 0x82F63B78) of `count` bytes, continuing from `seed`.
///
/// `seed` is 0 for a fresh checksum, or the checksum of the bytes before: checksums chain, so
/// `crc32c(crc32c(0, a), b)` is `crc32c(0, a + b)`. Check value: "123456789" gives 0xE3069283.
/// With SSE4.2 three lanes run side by side; the portable twin gives the same bits.
CAUSEWAY_HOT uint32_t causeway_crc32c(uint32_t seed, const void *bytes, size_t count);

/// The portable twin of `causeway_crc32c`, one table step per byte; in every build, for tests.
CAUSEWAY_HOT uint32_t causeway_crc32c_portable(uint32_t seed, const void *bytes, size_t count);

#pragma clang assume_nonnull end
