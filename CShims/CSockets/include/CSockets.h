// Causeway's door to the kernel's UDP sockets: whole bursts per system call, memory taken once.
// Every function runs on the thread that owns the socket. Only `create` and `open` allocate.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define CAUSEWAY_SOCKETS_HOT __attribute__((swift_attr("@_noAllocation")))
#pragma clang assume_nonnull begin

/// How a socket is opened. Zero leaves the kernel's default.
struct causeway_udp_options {
    uint32_t address;                ///< offset 0, host byte order
    uint16_t port;                   ///< 4, host byte order; 0 lets the kernel choose
    uint16_t reuse_address;          ///< 6, 1 sets SO_REUSEADDR
    int32_t receive_buffer_bytes;    ///< 8, SO_RCVBUF
    int32_t send_buffer_bytes;       ///< 12, SO_SNDBUF
    int32_t busy_poll_microseconds;  ///< 16, SO_BUSY_POLL
    int32_t reserved;                ///< 20, zero
};
_Static_assert(sizeof(struct causeway_udp_options) == 24, "Swift writes this struct");

/// What step of opening failed: an index into a table of names kept beside the error text.
enum causeway_udp_step {
    causeway_udp_step_socket = 0,
    causeway_udp_step_options = 1,
    causeway_udp_step_busy_poll = 2,
    causeway_udp_step_bind = 3,
};

/// Opens and binds a non-blocking IPv4 UDP socket with "do not fragment" set.
///
/// Returns the descriptor, or a negated errno with the failing step in `step`.
int32_t causeway_udp_open(const struct causeway_udp_options *options, int32_t *step);

/// The address and port the socket is bound to, host byte order; 0 or a negated errno.
int32_t causeway_udp_local(int32_t descriptor, uint32_t *address, uint16_t *port);

void causeway_udp_close(int32_t descriptor);

/// One datagram of a received burst. The bytes are the batch's own, until its next receive.
struct causeway_udp_entry {
    void *bytes;          ///< offset 0
    uint32_t byte_count;  ///< 8
    uint32_t address;     ///< 12, host byte order
    uint16_t port;        ///< 16, host byte order
    uint16_t truncated;   ///< 18, 1 when the datagram was longer than its buffer
    uint32_t reserved;    ///< 20, zero
};
_Static_assert(sizeof(struct causeway_udp_entry) == 24, "Swift reads arrays of this struct");

/// Message headers, buffers and control space for bursts of a fixed size, both directions.
struct causeway_udp_batch;

/// Room for `capacity` datagrams of `payload_max` bytes; NULL when memory is short.
struct causeway_udp_batch *_Nullable causeway_udp_batch_create(
    uint32_t capacity, uint32_t payload_max);
void causeway_udp_batch_destroy(struct causeway_udp_batch *batch);

/// The received datagrams: an array of `capacity` entries, at one place for the batch's life.
CAUSEWAY_SOCKETS_HOT struct causeway_udp_entry *causeway_udp_entries(
    struct causeway_udp_batch *batch);

/// Datagrams the kernel dropped because the receive buffer was full (SO_RXQ_OVFL), so far.
CAUSEWAY_SOCKETS_HOT uint64_t causeway_udp_kernel_drops(const struct causeway_udp_batch *batch);

/// recvmmsg: fills entries 0 to n − 1 and returns n, or a negated errno. Never blocks.
CAUSEWAY_SOCKETS_HOT int32_t causeway_udp_receive(
    struct causeway_udp_batch *batch, int32_t descriptor, uint32_t capacity);

/// Prepares message `index` of the next send. The bytes are read by `causeway_udp_send`.
CAUSEWAY_SOCKETS_HOT void causeway_udp_stage(struct causeway_udp_batch *batch, uint32_t index,
    void *bytes, uint32_t byte_count, uint32_t address, uint16_t port);

/// sendmmsg of the staged messages `first` to `first + count − 1`.
///
/// Returns how many were taken, or a negated errno about message `first`. Never blocks.
CAUSEWAY_SOCKETS_HOT int32_t causeway_udp_send(
    struct causeway_udp_batch *batch, int32_t descriptor, uint32_t first, uint32_t count);

/// Waits until a datagram can be read: 1 yes, 0 time is over or a signal came, else −errno.
CAUSEWAY_SOCKETS_HOT int32_t causeway_udp_wait(int32_t descriptor, uint64_t timeout_nanoseconds);

/// Writes all bytes to a file, waiting as long as it takes; 0 or an errno.
CAUSEWAY_SOCKETS_HOT int32_t causeway_write_all(
    int32_t descriptor, const void *bytes, ptrdiff_t byte_count);

#pragma clang assume_nonnull end
