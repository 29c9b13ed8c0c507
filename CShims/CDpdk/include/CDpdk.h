// Causeway's only door to DPDK. No DPDK header is included here, so Swift never imports one:
// rte_eth_rx_burst and its kin are `static inline` and live in the .c file.
// Functions that can fail return 0 or a negated error number; `causeway_dpdk_error_text` names it.
// Built without DPDK, every one of them answers `causeway_dpdk_absent`.
#pragma once
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;
struct rte_ring;
/// One Ethernet frame in memory that belongs to a pool. OpaquePointer in Swift.
typedef struct rte_mbuf *causeway_dpdk_frame;
typedef struct rte_mempool *causeway_dpdk_pool;
typedef struct rte_ring *causeway_dpdk_ring;

#define CAUSEWAY_DPDK_HOT __attribute__((swift_attr("@_noAllocation")))
#define CAUSEWAY_DPDK_INLINE CAUSEWAY_DPDK_HOT static inline __attribute__((always_inline))
#pragma clang assume_nonnull begin

/// The error of every call in a build without DPDK. Outside the range of errno.
enum { causeway_dpdk_absent = -100000 };

/// 1 when this build has DPDK.
int32_t causeway_dpdk_is_built_in(void);

// MARK: The environment, once per process

/// Starts the EAL. The calling thread keeps its CPU affinity. The arguments are copied.
int32_t causeway_dpdk_start(
    int32_t argument_count, const char *_Nullable const *_Nonnull arguments);
int32_t causeway_dpdk_stop(void);

/// What a negated error number means. Static text.
const char *causeway_dpdk_error_text(int32_t error);

/// Gives the calling thread an EAL thread number, and with it a private cache in each pool.
/// 0 also when it has one already.
int32_t causeway_dpdk_adopt_thread(void);

// MARK: Pools, rings, ports

/// A pool of `frame_count` frames of 2,048 bytes on `numa_node`.
int32_t causeway_dpdk_pool_create(const char *name, uint32_t frame_count, int32_t numa_node,
    causeway_dpdk_pool _Nullable *_Nonnull pool);
void causeway_dpdk_pool_free(causeway_dpdk_pool pool);

/// Frames of the pool that are not free: 0 after a port stopped, else frames leaked.
uint32_t causeway_dpdk_pool_in_use(causeway_dpdk_pool pool);

/// A ring for one producer and one consumer; `capacity` is a power of two.
int32_t causeway_dpdk_ring_create(
    const char *name, uint32_t capacity, causeway_dpdk_ring _Nullable *_Nonnull ring);
void causeway_dpdk_ring_free(causeway_dpdk_ring ring);

/// A port that receives from one ring and sends to the other.
int32_t causeway_dpdk_port_from_rings(
    const char *name, causeway_dpdk_ring receive, causeway_dpdk_ring send, uint16_t *port);

/// Adds a virtual device such as "net_pcap0" with "rx_pcap=in.pcap,tx_pcap=out.pcap".
int32_t causeway_dpdk_device_add(const char *name, const char *arguments);

/// Removes a device that `causeway_dpdk_device_add` added, after its port was stopped.
int32_t causeway_dpdk_device_remove(const char *name);

/// The number of the port of a device, by its name such as "net_af_packet0" or "0000:03:00.0".
int32_t causeway_dpdk_port_named(const char *name, uint16_t *port);

/// The number of the first port that is there.
int32_t causeway_dpdk_port_first(uint16_t *port);

/// The NUMA node of a port; 0 when the device does not know.
int32_t causeway_dpdk_port_node(uint16_t port);

/// What step of starting a port failed.
enum causeway_dpdk_step {
    causeway_dpdk_step_describe = 0,
    causeway_dpdk_step_configure = 1,
    causeway_dpdk_step_descriptors = 2,
    causeway_dpdk_step_receive_queue = 3,
    causeway_dpdk_step_send_queue = 4,
    causeway_dpdk_step_start = 5,
};

/// Configures one receive and one send queue and starts the port, promiscuous if it can be.
int32_t causeway_dpdk_port_start(uint16_t port, causeway_dpdk_pool pool,
    uint16_t receive_descriptors, uint16_t send_descriptors, int32_t *step);

/// Stops and closes the port. Frames still waiting go back to their pools.
void causeway_dpdk_port_stop(uint16_t port);

/// The port's own Ethernet address, first octet in bits 40 to 47.
int32_t causeway_dpdk_port_ethernet(uint16_t port, uint64_t *address);

/// 1 when the link is up; devices that do not know say 1.
int32_t causeway_dpdk_port_link(uint16_t port);

/// Frames the device dropped before we could receive them, so far.
uint64_t causeway_dpdk_port_missed(uint16_t port);

// MARK: Bursts. Each runs on the thread that owns the queue.

/// Takes up to `capacity` waiting frames; returns how many, 0 when none wait.
CAUSEWAY_DPDK_HOT uint16_t causeway_dpdk_receive_burst(
    uint16_t port, causeway_dpdk_frame _Nonnull *_Nonnull frames, uint16_t capacity);

/// Sends frames; returns how many the device took. The rest still belongs to the caller.
CAUSEWAY_DPDK_HOT uint16_t causeway_dpdk_send_burst(
    uint16_t port, causeway_dpdk_frame _Nonnull *_Nonnull frames, uint16_t count);

/// Takes `count` empty frames from the pool: all of them (0) or none (negated error).
CAUSEWAY_DPDK_HOT int32_t causeway_dpdk_take_frames(
    causeway_dpdk_pool pool, causeway_dpdk_frame _Nonnull *_Nonnull frames, uint32_t count);

/// Gives frames back to their pools.
CAUSEWAY_DPDK_HOT void causeway_dpdk_free_frames(
    causeway_dpdk_frame _Nonnull *_Nonnull frames, uint32_t count);

// MARK: One frame. Offsets are frozen by static asserts in CDpdk.c.

/// First byte of the Ethernet header.
CAUSEWAY_DPDK_INLINE void *causeway_dpdk_bytes(causeway_dpdk_frame frame)
{
    return (char *)*(void *_Nonnull const *_Nonnull)frame
        + *(const uint16_t *)((const char *)frame + 16);
}

/// Bytes of the frame's first segment.
CAUSEWAY_DPDK_INLINE uint16_t causeway_dpdk_length(causeway_dpdk_frame frame)
{
    return *(const uint16_t *)((const char *)frame + 40);
}

/// Bytes of the whole frame: more than `causeway_dpdk_length` when it lies in several segments.
CAUSEWAY_DPDK_INLINE uint32_t causeway_dpdk_total_length(causeway_dpdk_frame frame)
{
    return *(const uint32_t *)((const char *)frame + 36);
}

CAUSEWAY_DPDK_INLINE void causeway_dpdk_set_length(causeway_dpdk_frame frame, uint16_t byte_count)
{
    *(uint16_t *)((char *)frame + 40) = byte_count;
    *(uint32_t *)((char *)frame + 36) = byte_count;
}

CAUSEWAY_DPDK_INLINE void causeway_dpdk_prefetch(const void *address)
{
    __builtin_prefetch(address, 0, 3);
}

/// Bytes that fit a frame of our pools behind its headroom.
enum { causeway_dpdk_frame_capacity = 2048 };

#pragma clang assume_nonnull end
