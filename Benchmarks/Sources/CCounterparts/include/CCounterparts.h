// Plain textbook C beside the venue's Swift, compiled with the same flags: what the same work
// costs in the language it is usually written in. And the door to the instruction counter.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// MARK: Instructions

/// Switches valgrind's counting on or off for this thread; does nothing outside valgrind.
void causeway_count_toggle(void);

/// Writes what was counted since the last call under `name`, and begins at zero again.
void causeway_count_dump(const char *name);

/// 1 when this program runs under valgrind.
int32_t causeway_count_is_on(void);

// MARK: Octets

/// SipHash-2-4 of `count` octets.
///
/// Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012, section 2.
uint64_t counterpart_siphash24(
    uint64_t key_low, uint64_t key_high, const void *bytes, size_t count);

/// Reads a datagram of new orders: frame, each message's header and every field; returns the sum of
/// identifiers, quantities and prices, or 0 when anything is wrong with it.
///
/// With `checks_tag` the tag of the header's promise is verified first.
uint64_t counterpart_parse_orders(
    const void *bytes, size_t count, int32_t checks_tag, uint64_t key_low, uint64_t key_high);

// MARK: Rings

/// Which ring.
enum counterpart_ring {
    counterpart_ring_plain = 0,  ///< one writer, one reader, indexes and their copies; C11 atomics
    counterpart_ring_rte = 1     ///< DPDK's rte_ring, single producer, single consumer, inline
};

struct counterpart_result {
    uint64_t nanoseconds;  ///< 0 when there is no such ring in this build
    uint64_t checksum;
};

/// `count` elements of `byte_count` (56 or 120) there and back between two threads, one at a time.
struct counterpart_result counterpart_hop(
    enum counterpart_ring ring, uint32_t byte_count, uint64_t count);

/// `count` elements from one thread to another, `batch` (1 to 16) published at once.
struct counterpart_result counterpart_stream(
    enum counterpart_ring ring, uint32_t byte_count, uint64_t count, uint32_t batch);

/// `count` elements through a ring on one thread, `batch` at a time: the instructions of a pass.
struct counterpart_result counterpart_pass(
    enum counterpart_ring ring, uint32_t byte_count, uint64_t count, uint32_t batch);

/// 1 when this build has DPDK's rings.
int32_t counterpart_has_rte_ring(void);

#pragma clang assume_nonnull end
