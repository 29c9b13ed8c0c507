#include <stdbool.h>
#include <string.h>

#include "CCounterparts.h"

static uint64_t rotated(uint64_t word, int bits) { return word << bits | word >> (64 - bits); }

static uint64_t load64(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint32_t load32(const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint16_t load16(const uint8_t *bytes)
{
    uint16_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static void rounds(uint64_t v[4], int count)
{
    for (int i = 0; i < count; i++) {
        v[0] += v[1];
        v[1] = rotated(v[1], 13) ^ v[0];
        v[0] = rotated(v[0], 32);
        v[2] += v[3];
        v[3] = rotated(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotated(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotated(v[1], 17) ^ v[2];
        v[2] = rotated(v[2], 32);
    }
}

uint64_t counterpart_siphash24(uint64_t key_low, uint64_t key_high, const void *bytes, size_t count)
{
    const uint8_t *at = bytes;
    const uint8_t *end = at + (count & ~(size_t)7);
    uint64_t v[4] = {
        key_low ^ 0x736f6d6570736575, key_high ^ 0x646f72616e646f6d,
        key_low ^ 0x6c7967656e657261, key_high ^ 0x7465646279746573,
    };
    uint64_t last = (uint64_t)count << 56;
    for (; at < end; at += 8) {
        uint64_t word = load64(at);
        v[3] ^= word;
        rounds(v, 2);
        v[0] ^= word;
    }
    for (size_t i = 0; i < (count & 7); i++) { last |= (uint64_t)at[i] << (8 * i); }
    v[3] ^= last;
    rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum {
    header_bytes = 32,
    message_header_bytes = 16,
    tag_bytes = 8,
    block_bytes = 48,
    longest = 1472,
    flag_auth_tag = 2,
    known_flags = 0x0f,
    known_order_flags = 0x3f,
    protocol_id = 0xA7,
    header_version = 1,
    new_order_template = 100,
    order_entry_schema = 4101,
};

struct order {
    uint64_t identifier;
    int64_t price;
    uint64_t expire_time;
    uint32_t instrument, self_match, quantity;
    uint16_t flags, account;
    uint8_t side, kind, time_in_force, group, self_match_mode;
};

/// False when an enumeration has no such value.
static bool read_order(const uint8_t *block, struct order *order)
{
    order->identifier = load64(block);
    order->instrument = load32(block + 8);
    order->self_match = load32(block + 12);
    order->price = (int64_t)load64(block + 16);
    order->expire_time = load64(block + 24);
    order->quantity = load32(block + 32);
    order->flags = load16(block + 36);
    order->account = load16(block + 38);
    order->side = block[40];
    order->kind = block[41];
    order->time_in_force = block[42];
    order->group = block[43];
    order->self_match_mode = block[44];
    if (order->flags & ~known_order_flags) { return false; }
    if (order->side != 1 && order->side != 2) { return false; }
    switch (order->kind) {
    case 1: case 2: case 75: break;
    default: return false;
    }
    switch (order->time_in_force) {
    case 0: case 1: case 3: case 4: case 6: break;
    default: return false;
    }
    return order->self_match_mode <= 3;
}

__attribute__((noinline)) uint64_t counterpart_parse_orders(
    const void *bytes, size_t count, int32_t checks_tag, uint64_t key_low, uint64_t key_high)
{
    const uint8_t *at = bytes;
    uint64_t sum = 0;
    if (count < header_bytes || count > longest) { return 0; }
    if (at[0] != protocol_id || at[1] != header_version || (at[2] & ~known_flags)) { return 0; }
    size_t covered = count;
    if (at[2] & flag_auth_tag) {
        if (count < header_bytes + tag_bytes) { return 0; }
        covered -= tag_bytes;
    }
    if (checks_tag
        && counterpart_siphash24(key_low, key_high, bytes, covered) != load64(at + covered)) {
        return 0;
    }
    unsigned messages = at[3];
    size_t left = covered - header_bytes;
    at += header_bytes;
    for (; messages > 0; messages--) {
        if (left < message_header_bytes) { return 0; }
        size_t length = load16(at + 8);
        if (length < message_header_bytes || (length & 7) || length > left) { return 0; }
        size_t block = load16(at);
        if (load16(at + 2) == new_order_template && load16(at + 4) == order_entry_schema
            && block >= block_bytes && message_header_bytes + block <= length) {
            struct order order;
            if (read_order(at + message_header_bytes, &order)) {
                sum += order.identifier + order.quantity + (uint64_t)order.price;
            }
        }
        at += length;
        left -= length;
    }
    return left == 0 ? sum : 0;
}
