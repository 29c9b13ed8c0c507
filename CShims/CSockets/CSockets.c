#include "CSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

_Static_assert(offsetof(struct causeway_udp_entry, truncated) == 18, "read by Swift");
_Static_assert(offsetof(struct causeway_udp_options, busy_poll_microseconds) == 16, "set by Swift");

enum { control_byte_count = CMSG_SPACE(sizeof(uint32_t)) };

struct control {
    _Alignas(struct cmsghdr) unsigned char bytes[control_byte_count];
};

struct causeway_udp_batch {
    uint32_t capacity;
    uint32_t payload_max;
    uint32_t last_overflow;  // SO_RXQ_OVFL counts in 32 bits and wraps
    uint64_t kernel_drops;
    uint8_t *buffers;
    struct mmsghdr *received;
    struct iovec *received_vectors;
    struct sockaddr_in *received_names;
    struct control *received_controls;
    struct causeway_udp_entry *entries;
    struct mmsghdr *sent;
    struct iovec *sent_vectors;
    struct sockaddr_in *sent_names;
};

static int set_option(int descriptor, int level, int name, int value)
{
    return setsockopt(descriptor, level, name, &value, sizeof value);
}

static int apply_options(int descriptor, const struct causeway_udp_options *options)
{
    if (set_option(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)) return -1;
    if (set_option(descriptor, SOL_SOCKET, SO_RXQ_OVFL, 1)) return -1;
    if (options->reuse_address && set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)) return -1;
    if (options->receive_buffer_bytes > 0
        && set_option(descriptor, SOL_SOCKET, SO_RCVBUF, options->receive_buffer_bytes))
        return -1;
    if (options->send_buffer_bytes > 0
        && set_option(descriptor, SOL_SOCKET, SO_SNDBUF, options->send_buffer_bytes))
        return -1;
    return 0;
}

static struct sockaddr_in name_of(uint32_t address, uint16_t port)
{
    struct sockaddr_in name;
    memset(&name, 0, sizeof name);
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(address);
    name.sin_port = htons(port);
    return name;
}

static int32_t fail(int descriptor)
{
    int error = errno;
    if (descriptor >= 0) close(descriptor);
    return -error;
}

int32_t causeway_udp_open(const struct causeway_udp_options *options, int32_t *step)
{
    *step = causeway_udp_step_socket;
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (descriptor < 0) return fail(-1);
    *step = causeway_udp_step_options;
    if (apply_options(descriptor, options)) return fail(descriptor);
    *step = causeway_udp_step_busy_poll;
    if (options->busy_poll_microseconds > 0
        && set_option(descriptor, SOL_SOCKET, SO_BUSY_POLL, options->busy_poll_microseconds))
        return fail(descriptor);
    *step = causeway_udp_step_bind;
    struct sockaddr_in name = name_of(options->address, options->port);
    if (bind(descriptor, (const struct sockaddr *)&name, sizeof name)) return fail(descriptor);
    return descriptor;
}

int32_t causeway_udp_local(int32_t descriptor, uint32_t *address, uint16_t *port)
{
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    if (getsockname(descriptor, (struct sockaddr *)&name, &length)) return -errno;
    *address = ntohl(name.sin_addr.s_addr);
    *port = ntohs(name.sin_port);
    return 0;
}

void causeway_udp_close(int32_t descriptor) { close(descriptor); }

static void wire_message(struct mmsghdr *message, struct iovec *vector, struct sockaddr_in *name)
{
    message->msg_hdr.msg_iov = vector;
    message->msg_hdr.msg_iovlen = 1;
    message->msg_hdr.msg_name = name;
    message->msg_hdr.msg_namelen = sizeof *name;
}

struct causeway_udp_batch *causeway_udp_batch_create(uint32_t capacity, uint32_t payload_max)
{
    struct causeway_udp_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return NULL;
    // Whole cache lines per buffer, so that two datagrams never share one.
    size_t stride = ((size_t)payload_max + 63) / 64 * 64;
    batch->capacity = capacity;
    batch->payload_max = payload_max;
    batch->buffers = aligned_alloc(64, stride * capacity);
    batch->received = calloc(capacity, sizeof *batch->received);
    batch->received_vectors = calloc(capacity, sizeof *batch->received_vectors);
    batch->received_names = calloc(capacity, sizeof *batch->received_names);
    batch->received_controls = calloc(capacity, sizeof *batch->received_controls);
    batch->entries = calloc(capacity, sizeof *batch->entries);
    batch->sent = calloc(capacity, sizeof *batch->sent);
    batch->sent_vectors = calloc(capacity, sizeof *batch->sent_vectors);
    batch->sent_names = calloc(capacity, sizeof *batch->sent_names);
    if (!batch->buffers || !batch->received || !batch->received_vectors || !batch->received_names
        || !batch->received_controls || !batch->entries || !batch->sent || !batch->sent_vectors
        || !batch->sent_names) {
        causeway_udp_batch_destroy(batch);
        return NULL;
    }
    memset(batch->buffers, 0, stride * capacity);
    for (uint32_t index = 0; index < capacity; index++) {
        batch->received_vectors[index].iov_base = batch->buffers + stride * index;
        batch->received_vectors[index].iov_len = payload_max;
        batch->received[index].msg_hdr.msg_control = batch->received_controls[index].bytes;
        wire_message(&batch->received[index], &batch->received_vectors[index],
            &batch->received_names[index]);
        wire_message(
            &batch->sent[index], &batch->sent_vectors[index], &batch->sent_names[index]);
        batch->entries[index].bytes = batch->received_vectors[index].iov_base;
    }
    return batch;
}

void causeway_udp_batch_destroy(struct causeway_udp_batch *batch)
{
    free(batch->buffers);
    free(batch->received);
    free(batch->received_vectors);
    free(batch->received_names);
    free(batch->received_controls);
    free(batch->entries);
    free(batch->sent);
    free(batch->sent_vectors);
    free(batch->sent_names);
    free(batch);
}

struct causeway_udp_entry *causeway_udp_entries(struct causeway_udp_batch *batch)
{
    return batch->entries;
}

uint64_t causeway_udp_kernel_drops(const struct causeway_udp_batch *batch)
{
    return batch->kernel_drops;
}

// The count that came along with a datagram; the kernel sends it only once it is not zero.
static void read_overflow(struct causeway_udp_batch *batch, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL) continue;
        uint32_t overflow;
        memcpy(&overflow, CMSG_DATA(c), sizeof overflow);
        batch->kernel_drops += (uint32_t)(overflow - batch->last_overflow);
        batch->last_overflow = overflow;
    }
}

int32_t causeway_udp_receive(
    struct causeway_udp_batch *batch, int32_t descriptor, uint32_t capacity)
{
    if (capacity > batch->capacity) capacity = batch->capacity;
    for (uint32_t index = 0; index < capacity; index++) {
        batch->received[index].msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
        batch->received[index].msg_hdr.msg_controllen = control_byte_count;
    }
    int count = recvmmsg(descriptor, batch->received, capacity, MSG_DONTWAIT, NULL);
    if (count < 0) return -errno;
    for (int index = 0; index < count; index++) {
        struct mmsghdr *message = &batch->received[index];
        struct causeway_udp_entry *entry = &batch->entries[index];
        entry->byte_count = message->msg_len;
        entry->truncated = (message->msg_hdr.msg_flags & MSG_TRUNC) != 0;
        entry->address = ntohl(batch->received_names[index].sin_addr.s_addr);
        entry->port = ntohs(batch->received_names[index].sin_port);
        if (message->msg_hdr.msg_controllen) read_overflow(batch, &message->msg_hdr);
    }
    return count;
}

void causeway_udp_stage(struct causeway_udp_batch *batch, uint32_t index, void *bytes,
    uint32_t byte_count, uint32_t address, uint16_t port)
{
    if (index >= batch->capacity) abort();
    batch->sent_vectors[index].iov_base = bytes;
    batch->sent_vectors[index].iov_len = byte_count;
    batch->sent_names[index] = name_of(address, port);
}

int32_t causeway_udp_send(
    struct causeway_udp_batch *batch, int32_t descriptor, uint32_t first, uint32_t count)
{
    if (count > batch->capacity || first > batch->capacity - count) abort();
    int sent = sendmmsg(descriptor, batch->sent + first, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

int32_t causeway_udp_wait(int32_t descriptor, uint64_t timeout_nanoseconds)
{
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN, .revents = 0};
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_nanoseconds / 1000000000u),
        .tv_nsec = (long)(timeout_nanoseconds % 1000000000u),
    };
    int ready = ppoll(&wanted, 1, &timeout, NULL);
    if (ready < 0) return errno == EINTR ? 0 : -errno;
    return ready > 0;
}

int32_t causeway_write_all(int32_t descriptor, const void *bytes, ptrdiff_t byte_count)
{
    const char *next = bytes;
    while (byte_count > 0) {
        ssize_t count = write(descriptor, next, (size_t)byte_count);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        next += count;
        byte_count -= count;
    }
    return 0;
}
