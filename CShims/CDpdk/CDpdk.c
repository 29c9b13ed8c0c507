#include "CDpdk.h"

#ifdef CAUSEWAY_WITH_DPDK

#include <errno.h>
#include <pthread.h>
#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(offsetof(struct rte_mbuf, buf_addr) == 0, "causeway_dpdk_bytes");
_Static_assert(offsetof(struct rte_mbuf, data_off) == 16, "causeway_dpdk_bytes");
_Static_assert(offsetof(struct rte_mbuf, pkt_len) == 36, "causeway_dpdk_total_length");
_Static_assert(offsetof(struct rte_mbuf, data_len) == 40, "causeway_dpdk_length");
_Static_assert(RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM == causeway_dpdk_frame_capacity,
    "causeway_dpdk_frame_capacity");

// Frames of a pool that a thread keeps for itself: fewer touches of the shared ring.
enum { pool_cache_frames = 128 };

int32_t causeway_dpdk_is_built_in(void) { return 1; }

static int32_t last_error(void) { return rte_errno ? -rte_errno : -EIO; }

// MARK: The environment

// The EAL keeps pointers into its arguments, and writes over the array it is given: both the
// strings and a second array that still names them all live as long as the process.
__attribute__((used)) static char **kept_arguments;
__attribute__((used)) static char **given_arguments;

int32_t causeway_dpdk_start(int32_t argument_count, const char *const *arguments)
{
    size_t byte_count = ((size_t)argument_count + 2) * sizeof *kept_arguments;
    kept_arguments = calloc(1, byte_count);
    given_arguments = calloc(1, byte_count);
    if (!kept_arguments || !given_arguments) return -ENOMEM;
    kept_arguments[0] = strdup("causeway");
    for (int32_t index = 0; index < argument_count; index++)
        kept_arguments[index + 1] = strdup(arguments[index]);
    for (int32_t index = 0; index <= argument_count; index++)
        if (!kept_arguments[index]) return -ENOMEM;
    memcpy(given_arguments, kept_arguments, byte_count);

    // rte_eal_init pins its caller to the main lcore; our threads are placed by their profile.
    cpu_set_t before;
    int known = pthread_getaffinity_np(pthread_self(), sizeof before, &before) == 0;
    int result = rte_eal_init(argument_count + 1, given_arguments);
    int32_t error = result < 0 ? last_error() : 0;
    if (known) pthread_setaffinity_np(pthread_self(), sizeof before, &before);
    return error;
}

int32_t causeway_dpdk_stop(void) { return rte_eal_cleanup(); }

const char *causeway_dpdk_error_text(int32_t error) { return rte_strerror(-error); }

int32_t causeway_dpdk_adopt_thread(void)
{
    if (rte_lcore_id() != LCORE_ID_ANY) return 0;
    return rte_thread_register() ? last_error() : 0;
}

// MARK: Pools, rings, ports

int32_t causeway_dpdk_pool_create(
    const char *name, uint32_t frame_count, int32_t numa_node, causeway_dpdk_pool *pool)
{
    *pool = rte_pktmbuf_pool_create(
        name, frame_count, pool_cache_frames, 0, RTE_MBUF_DEFAULT_BUF_SIZE, numa_node);
    return *pool ? 0 : last_error();
}

void causeway_dpdk_pool_free(causeway_dpdk_pool pool) { rte_mempool_free(pool); }

uint32_t causeway_dpdk_pool_in_use(causeway_dpdk_pool pool)
{
    return rte_mempool_in_use_count(pool);
}

int32_t causeway_dpdk_ring_create(const char *name, uint32_t capacity, causeway_dpdk_ring *ring)
{
    *ring = rte_ring_create(name, capacity, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
    return *ring ? 0 : last_error();
}

void causeway_dpdk_ring_free(causeway_dpdk_ring ring) { rte_ring_free(ring); }

int32_t causeway_dpdk_port_from_rings(
    const char *name, causeway_dpdk_ring receive, causeway_dpdk_ring send, uint16_t *port)
{
    int result = rte_eth_from_rings(name, &receive, 1, &send, 1, 0);
    if (result < 0) return last_error();
    *port = (uint16_t)result;
    return 0;
}

int32_t causeway_dpdk_device_add(const char *name, const char *arguments)
{
    return rte_vdev_init(name, arguments);
}

int32_t causeway_dpdk_device_remove(const char *name) { return rte_vdev_uninit(name); }

int32_t causeway_dpdk_port_named(const char *name, uint16_t *port)
{
    return rte_eth_dev_get_port_by_name(name, port);
}

int32_t causeway_dpdk_port_first(uint16_t *port)
{
    uint16_t found = (uint16_t)rte_eth_find_next(0);
    if (found >= RTE_MAX_ETHPORTS) return -ENODEV;
    *port = found;
    return 0;
}

int32_t causeway_dpdk_port_node(uint16_t port)
{
    int node = rte_eth_dev_socket_id(port);
    return node < 0 ? 0 : node;
}

static int start_queues(uint16_t port, causeway_dpdk_pool pool, uint16_t receive_descriptors,
    uint16_t send_descriptors, const struct rte_eth_dev_info *info, int32_t *step)
{
    unsigned node = (unsigned)causeway_dpdk_port_node(port);
    struct rte_eth_txconf send = info->default_txconf;
    send.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
    *step = causeway_dpdk_step_receive_queue;
    int error = rte_eth_rx_queue_setup(port, 0, receive_descriptors, node, NULL, pool);
    if (error) return error;
    *step = causeway_dpdk_step_send_queue;
    error = rte_eth_tx_queue_setup(port, 0, send_descriptors, node, &send);
    if (error) return error;
    *step = causeway_dpdk_step_start;
    return rte_eth_dev_start(port);
}

int32_t causeway_dpdk_port_start(uint16_t port, causeway_dpdk_pool pool,
    uint16_t receive_descriptors, uint16_t send_descriptors, int32_t *step)
{
    struct rte_eth_dev_info info;
    struct rte_eth_conf configuration;
    memset(&configuration, 0, sizeof configuration);
    *step = causeway_dpdk_step_describe;
    int error = rte_eth_dev_info_get(port, &info);
    if (error) return error;
    // Sent frames all come from one pool and are referenced once: the device may free in bulk.
    configuration.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
    *step = causeway_dpdk_step_configure;
    error = rte_eth_dev_configure(port, 1, 1, &configuration);
    if (error) return error;
    *step = causeway_dpdk_step_descriptors;
    error = rte_eth_dev_adjust_nb_rx_tx_desc(port, &receive_descriptors, &send_descriptors);
    if (error) return error;
    error = start_queues(port, pool, receive_descriptors, send_descriptors, &info, step);
    if (error) return error;
    rte_eth_promiscuous_enable(port);  // some devices have no filter to switch off
    return 0;
}

void causeway_dpdk_port_stop(uint16_t port)
{
    struct rte_mbuf *waiting[32];
    // Drained before the stop: rings keep what nobody takes. The bound ends a flood.
    for (int round = 0; round < 4096; round++) {
        uint16_t count = rte_eth_rx_burst(port, 0, waiting, 32);
        if (count == 0) break;
        rte_pktmbuf_free_bulk(waiting, count);
    }
    rte_eth_dev_stop(port);
    rte_eth_dev_close(port);
}

int32_t causeway_dpdk_port_ethernet(uint16_t port, uint64_t *address)
{
    struct rte_ether_addr octets;
    int error = rte_eth_macaddr_get(port, &octets);
    if (error) return error;
    *address = 0;
    for (int index = 0; index < RTE_ETHER_ADDR_LEN; index++)
        *address = *address << 8 | octets.addr_bytes[index];
    return 0;
}

int32_t causeway_dpdk_port_link(uint16_t port)
{
    struct rte_eth_link link;
    if (rte_eth_link_get_nowait(port, &link)) return 1;
    return link.link_status == RTE_ETH_LINK_UP;
}

uint64_t causeway_dpdk_port_missed(uint16_t port)
{
    struct rte_eth_stats statistics;
    if (rte_eth_stats_get(port, &statistics)) return 0;
    return statistics.imissed + statistics.rx_nombuf;
}

// MARK: Bursts

uint16_t causeway_dpdk_receive_burst(uint16_t port, causeway_dpdk_frame *frames, uint16_t capacity)
{
    return rte_eth_rx_burst(port, 0, frames, capacity);
}

uint16_t causeway_dpdk_send_burst(uint16_t port, causeway_dpdk_frame *frames, uint16_t count)
{
    return rte_eth_tx_burst(port, 0, frames, count);
}

int32_t causeway_dpdk_take_frames(
    causeway_dpdk_pool pool, causeway_dpdk_frame *frames, uint32_t count)
{
    return rte_pktmbuf_alloc_bulk(pool, frames, count);
}

void causeway_dpdk_free_frames(causeway_dpdk_frame *frames, uint32_t count)
{
    rte_pktmbuf_free_bulk(frames, count);
}

#else  // without DPDK: the same names, each answering that it is not there

#include <stddef.h>

int32_t causeway_dpdk_is_built_in(void) { return 0; }

int32_t causeway_dpdk_start(int32_t argument_count, const char *const *arguments)
{
    (void)argument_count, (void)arguments;
    return causeway_dpdk_absent;
}

int32_t causeway_dpdk_stop(void) { return causeway_dpdk_absent; }

const char *causeway_dpdk_error_text(int32_t error)
{
    (void)error;
    return "this build has no DPDK (CAUSEWAY_DPDK=0)";
}

int32_t causeway_dpdk_adopt_thread(void) { return causeway_dpdk_absent; }

int32_t causeway_dpdk_pool_create(
    const char *name, uint32_t frame_count, int32_t numa_node, causeway_dpdk_pool *pool)
{
    (void)name, (void)frame_count, (void)numa_node;
    *pool = NULL;
    return causeway_dpdk_absent;
}

void causeway_dpdk_pool_free(causeway_dpdk_pool pool) { (void)pool; }

uint32_t causeway_dpdk_pool_in_use(causeway_dpdk_pool pool)
{
    (void)pool;
    return 0;
}

int32_t causeway_dpdk_ring_create(const char *name, uint32_t capacity, causeway_dpdk_ring *ring)
{
    (void)name, (void)capacity;
    *ring = NULL;
    return causeway_dpdk_absent;
}

void causeway_dpdk_ring_free(causeway_dpdk_ring ring) { (void)ring; }

int32_t causeway_dpdk_port_from_rings(
    const char *name, causeway_dpdk_ring receive, causeway_dpdk_ring send, uint16_t *port)
{
    (void)name, (void)receive, (void)send, (void)port;
    return causeway_dpdk_absent;
}

int32_t causeway_dpdk_device_add(const char *name, const char *arguments)
{
    (void)name, (void)arguments;
    return causeway_dpdk_absent;
}

int32_t causeway_dpdk_device_remove(const char *name)
{
    (void)name;
    return causeway_dpdk_absent;
}

int32_t causeway_dpdk_port_named(const char *name, uint16_t *port)
{
    (void)name, (void)port;
    return causeway_dpdk_absent;
}

int32_t causeway_dpdk_port_first(uint16_t *port)
{
    (void)port;
    return causeway_dpdk_absent;
}

int32_t causeway_dpdk_port_node(uint16_t port)
{
    (void)port;
    return 0;
}

int32_t causeway_dpdk_port_start(uint16_t port, causeway_dpdk_pool pool,
    uint16_t receive_descriptors, uint16_t send_descriptors, int32_t *step)
{
    (void)port, (void)pool, (void)receive_descriptors, (void)send_descriptors, (void)step;
    return causeway_dpdk_absent;
}

void causeway_dpdk_port_stop(uint16_t port) { (void)port; }

int32_t causeway_dpdk_port_ethernet(uint16_t port, uint64_t *address)
{
    (void)port, (void)address;
    return causeway_dpdk_absent;
}

int32_t causeway_dpdk_port_link(uint16_t port)
{
    (void)port;
    return 0;
}

uint64_t causeway_dpdk_port_missed(uint16_t port)
{
    (void)port;
    return 0;
}

uint16_t causeway_dpdk_receive_burst(uint16_t port, causeway_dpdk_frame *frames, uint16_t capacity)
{
    (void)port, (void)frames, (void)capacity;
    return 0;
}

uint16_t causeway_dpdk_send_burst(uint16_t port, causeway_dpdk_frame *frames, uint16_t count)
{
    (void)port, (void)frames, (void)count;
    return 0;
}

int32_t causeway_dpdk_take_frames(
    causeway_dpdk_pool pool, causeway_dpdk_frame *frames, uint32_t count)
{
    (void)pool, (void)frames, (void)count;
    return causeway_dpdk_absent;
}

void causeway_dpdk_free_frames(causeway_dpdk_frame *frames, uint32_t count)
{
    (void)frames, (void)count;
}

#endif
