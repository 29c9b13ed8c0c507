#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CCounterparts.h"
#ifdef CAUSEWAY_WITH_DPDK
#include <rte_ring.h>
#endif

#define INLINE static inline __attribute__((always_inline))

enum { capacity = 1024, element_max = 120, batch_max = 16 };

// MARK: The plain ring

/// Lamport's queue with a copy of the other side's index on each side. P1 (the writer publishes
/// `tail`) pairs with C1, C2 (the reader publishes `head`) with P2.
struct plain_ring {
    _Alignas(128) _Atomic uint64_t tail;
    uint64_t known_head;  // the writer's
    _Alignas(128) _Atomic uint64_t head;
    uint64_t known_tail;  // the reader's
    _Alignas(128) char slots[capacity * element_max];
};

INLINE bool plain_push(struct plain_ring *ring, const char *elements, size_t size, unsigned count)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - ring->known_head + count > capacity) {
        ring->known_head = atomic_load_explicit(&ring->head, memory_order_acquire);  // P2
        if (tail - ring->known_head + count > capacity) { return false; }
    }
    for (unsigned i = 0; i < count; i++) {
        memcpy(ring->slots + ((tail + i) & (capacity - 1)) * size, elements + i * size, size);
    }
    atomic_store_explicit(&ring->tail, tail + count, memory_order_release);  // P1
    return true;
}

INLINE unsigned plain_pop(struct plain_ring *ring, char *elements, size_t size, unsigned most)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (ring->known_tail - head < most) {
        ring->known_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);  // C1
    }
    unsigned count = ring->known_tail - head < most ? (unsigned)(ring->known_tail - head) : most;
    if (count == 0) { return 0; }
    for (unsigned i = 0; i < count; i++) {
        memcpy(elements + i * size, ring->slots + ((head + i) & (capacity - 1)) * size, size);
    }
    atomic_store_explicit(&ring->head, head + count, memory_order_release);  // C2
    return count;
}

// MARK: Either ring

int32_t counterpart_has_rte_ring(void)
{
#ifdef CAUSEWAY_WITH_DPDK
    return 1;
#else
    return 0;
#endif
}

static void *make_ring(enum counterpart_ring kind, size_t size)
{
#ifdef CAUSEWAY_WITH_DPDK
    if (kind == counterpart_ring_rte) {
        ssize_t bytes = rte_ring_get_memsize_elem((unsigned)size, 2 * capacity);
        if (bytes <= 0) { return NULL; }
        struct rte_ring *ring = aligned_alloc(128, ((size_t)bytes + 127) & ~(size_t)127);
        // One slot less than a power of two fits; the flag asks for exactly `capacity`.
        if (ring
            && rte_ring_init(
                ring, "bench", capacity, RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ)) {
            free(ring);
            return NULL;
        }
        return ring;
    }
#endif
    (void)size;
    if (kind != counterpart_ring_plain) { return NULL; }
    struct plain_ring *ring = aligned_alloc(128, sizeof *ring);
    if (ring) { memset(ring, 0, sizeof *ring); }
    return ring;
}

INLINE bool push(
    enum counterpart_ring kind, void *ring, const char *elements, size_t size, unsigned count)
{
#ifdef CAUSEWAY_WITH_DPDK
    if (kind == counterpart_ring_rte) {
        return rte_ring_sp_enqueue_bulk_elem(ring, elements, (unsigned)size, count, NULL) == count;
    }
#endif
    (void)kind;
    return plain_push(ring, elements, size, count);
}

INLINE unsigned pop(
    enum counterpart_ring kind, void *ring, char *elements, size_t size, unsigned most)
{
#ifdef CAUSEWAY_WITH_DPDK
    if (kind == counterpart_ring_rte) {
        return rte_ring_sc_dequeue_burst_elem(ring, elements, (unsigned)size, most, NULL);
    }
#endif
    (void)kind;
    return plain_pop(ring, elements, size, most);
}

// MARK: Waiting, as the Swift side waits

static void wait_a_little(unsigned *turns)
{
    if (++*turns < 10000) {
        __builtin_ia32_pause();
    } else {
        struct timespec moment = {0, 1000};
        nanosleep(&moment, NULL);
    }
}

INLINE void send(
    enum counterpart_ring kind, void *ring, const char *elements, size_t size, unsigned count)
{
    unsigned turns = 0;
    while (!push(kind, ring, elements, size, count)) { wait_a_little(&turns); }
}

INLINE unsigned receive(
    enum counterpart_ring kind, void *ring, char *elements, size_t size, unsigned most)
{
    unsigned turns = 0;
    unsigned count;
    while ((count = pop(kind, ring, elements, size, most)) == 0) { wait_a_little(&turns); }
    return count;
}

// MARK: The two threads

struct work {
    enum counterpart_ring kind;
    size_t size;
    uint64_t count;
    unsigned batch;
    void *there;
    void *back;
    uint64_t sum;
};

INLINE uint64_t first_word(const char *element)
{
    uint64_t word;
    memcpy(&word, element, sizeof word);
    return word;
}

INLINE void echo_all(enum counterpart_ring kind, size_t size, struct work *work)
{
    char element[element_max] = {0};
    for (uint64_t i = 0; i < work->count; i++) {
        receive(kind, work->there, element, size, 1);
        send(kind, work->back, element, size, 1);
    }
}

INLINE void exchange_all(enum counterpart_ring kind, size_t size, struct work *work)
{
    char element[element_max] = {0};
    for (uint64_t i = 0; i < work->count; i++) {
        memcpy(element, &i, sizeof i);
        send(kind, work->there, element, size, 1);
        receive(kind, work->back, element, size, 1);
        work->sum += first_word(element);
    }
}

INLINE void sink_all(enum counterpart_ring kind, size_t size, struct work *work)
{
    char elements[batch_max * element_max];
    uint64_t left = work->count;
    unsigned most = size == 120 ? batch_max : 1;  // as the Swift readers do
    while (left > 0) {
        unsigned count = receive(kind, work->there, elements, size, most);
        for (unsigned i = 0; i < count; i++) { work->sum += first_word(elements + i * size); }
        left -= count;
    }
}

INLINE void stream_all(enum counterpart_ring kind, size_t size, struct work *work)
{
    char elements[batch_max * element_max] = {0};
    for (uint64_t i = 0; i < work->count; i += work->batch) {
        for (unsigned k = 0; k < work->batch; k++) {
            uint64_t word = i + k;
            memcpy(elements + k * size, &word, sizeof word);
        }
        send(kind, work->there, elements, size, work->batch);
    }
}

INLINE void pass_all(enum counterpart_ring kind, size_t size, struct work *work)
{
    char elements[batch_max * element_max] = {0};
    for (uint64_t i = 0; i < work->count; i += work->batch) {
        for (unsigned k = 0; k < work->batch; k++) {
            uint64_t word = i + k;
            memcpy(elements + k * size, &word, sizeof word);
        }
        send(kind, work->there, elements, size, work->batch);
        receive(kind, work->there, elements, size, work->batch);
        for (unsigned k = 0; k < work->batch; k++) { work->sum += first_word(elements + k * size); }
    }
}

/// One body for each ring and size, so that the compiler knows both.
#define BODY(name, loop)                                                      \
    static void *name(void *argument)                                         \
    {                                                                         \
        struct work *work = argument;                                         \
        if (work->kind == counterpart_ring_rte) {                             \
            if (work->size == 56) { loop(counterpart_ring_rte, 56, work); }   \
            if (work->size == 120) { loop(counterpart_ring_rte, 120, work); } \
        } else {                                                              \
            if (work->size == 56) { loop(counterpart_ring_plain, 56, work); } \
            if (work->size == 120) { loop(counterpart_ring_plain, 120, work); } \
        }                                                                     \
        return NULL;                                                          \
    }

BODY(echo_body, echo_all)
BODY(exchange_body, exchange_all)
BODY(sink_body, sink_all)
BODY(stream_body, stream_all)
BODY(pass_body, pass_all)

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/// `second` on another thread, or on none when it is NULL, and `first` here; timed to both ends.
static struct counterpart_result run(
    struct work *work, void *(*first)(void *), void *(*second)(void *))
{
    struct counterpart_result result = {0, 0};
    pthread_t thread;
    work->there = make_ring(work->kind, work->size);
    work->back = make_ring(work->kind, work->size);
    if (work->there && work->back && (work->size == 56 || work->size == 120) && work->batch > 0
        && work->batch <= batch_max
        && (!second || pthread_create(&thread, NULL, second, work) == 0)) {
        causeway_count_toggle();
        uint64_t begin = now();
        first(work);
        if (second) { pthread_join(thread, NULL); }
        result.nanoseconds = now() - begin;
        causeway_count_toggle();
        result.checksum = work->sum;
    }
    free(work->there);
    free(work->back);
    return result;
}

struct counterpart_result counterpart_hop(
    enum counterpart_ring ring, uint32_t byte_count, uint64_t count)
{
    struct work work = {.kind = ring, .size = byte_count, .count = count, .batch = 1};
    return run(&work, exchange_body, echo_body);
}

struct counterpart_result counterpart_stream(
    enum counterpart_ring ring, uint32_t byte_count, uint64_t count, uint32_t batch)
{
    struct work work = {.kind = ring, .size = byte_count, .count = count, .batch = batch};
    work.count -= batch > 0 ? count % batch : 0;
    return run(&work, stream_body, sink_body);
}

struct counterpart_result counterpart_pass(
    enum counterpart_ring ring, uint32_t byte_count, uint64_t count, uint32_t batch)
{
    struct work work = {.kind = ring, .size = byte_count, .count = count, .batch = batch};
    work.count -= batch > 0 ? count % batch : 0;
    return run(&work, pass_body, NULL);
}
