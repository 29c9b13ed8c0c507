// CRC-32C in hardware (three lanes, joined by a table) and in portable C.
// Source: the three-lane method of Gopal et al., "Fast CRC computation for iSCSI polynomial using
// CRC32 instruction", Intel 2011.
#include "CMachine.h"
#include <string.h>

enum { polynomial = (int)0x82F63B78u };

/// `byte_table[b]`: the register after byte `b` from a zero register.
static uint32_t byte_table[256];

uint32_t causeway_crc32c_portable(uint32_t seed, const void *bytes, size_t count)
{
    const uint8_t *next = bytes;
    uint32_t crc = ~seed;
    for (; count > 0; count--) crc = byte_table[(crc ^ *next++) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

#ifdef __SSE4_2__
#include <nmmintrin.h>

/// Bytes of one lane. Three lanes hide the 3-cycle latency of the instruction; 256 keeps the
/// join (8 loads) below a tenth of the work and serves journal blocks of 1 KiB already.
enum { lane_byte_count = 256 };

/// `lane_table[k][b]`: the register `b << 8k` after `lane_byte_count` zero bytes.
static uint32_t lane_table[4][256];

static inline uint64_t load64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/// Moves a register past `lane_byte_count` zero bytes; the register is linear in its bits.
static inline uint32_t past_lane(uint32_t crc)
{
    return lane_table[0][crc & 0xFF] ^ lane_table[1][(crc >> 8) & 0xFF]
        ^ lane_table[2][(crc >> 16) & 0xFF] ^ lane_table[3][crc >> 24];
}

uint32_t causeway_crc32c(uint32_t seed, const void *bytes, size_t count)
{
    const uint8_t *next = bytes;
    uint64_t crc = (uint32_t)~seed;
    for (; count >= 3 * lane_byte_count; count -= 3 * lane_byte_count) {
        uint64_t second = 0, third = 0;
        for (size_t offset = 0; offset < lane_byte_count; offset += 8) {
            crc = _mm_crc32_u64(crc, load64(next + offset));
            second = _mm_crc32_u64(second, load64(next + lane_byte_count + offset));
            third = _mm_crc32_u64(third, load64(next + 2 * lane_byte_count + offset));
        }
        crc = past_lane((uint32_t)crc) ^ (uint32_t)second;
        crc = past_lane((uint32_t)crc) ^ (uint32_t)third;
        next += 3 * lane_byte_count;
    }
    for (; count >= 8; count -= 8, next += 8) crc = _mm_crc32_u64(crc, load64(next));
    uint32_t narrow = (uint32_t)crc;
    for (; count > 0; count--) narrow = _mm_crc32_u8(narrow, *next++);
    return ~narrow;
}
#else
uint32_t causeway_crc32c(uint32_t seed, const void *bytes, size_t count)
{
    return causeway_crc32c_portable(seed, bytes, count);
}
#endif

/// Fills the tables when the program is loaded, before any thread exists.
__attribute__((constructor)) static void fill_tables(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (crc & 1 ? (uint32_t)polynomial : 0);
        }
        byte_table[byte] = crc;
    }
#ifdef __SSE4_2__
    for (int position = 0; position < 4; position++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t crc = byte << (8 * position);
            for (int zero = 0; zero < lane_byte_count; zero++) {
                crc = byte_table[crc & 0xFF] ^ (crc >> 8);
            }
            lane_table[position][byte] = crc;
        }
    }
#endif
}
