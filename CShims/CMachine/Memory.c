// Mappings with pages of a chosen size.
#include "CMachine.h"
#include <errno.h>
#include <linux/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static const size_t huge_byte_count = 2u << 20;

/// Maps 2 MiB more than asked and gives the unaligned ends back.
static void *map_aligned(size_t byte_count, int flags)
{
    uint8_t *bytes = mmap(NULL, byte_count + huge_byte_count, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (bytes == MAP_FAILED) return MAP_FAILED;
    size_t before = -(uintptr_t)bytes & (huge_byte_count - 1);
    size_t after = huge_byte_count - before;
    if (before) munmap(bytes, before);
    if (after) munmap(bytes + before + byte_count, after);
    return bytes + before;
}

void *causeway_map(size_t byte_count, int32_t kind, int32_t *failure)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *address = MAP_FAILED;
    *failure = 0;
    if (kind == causeway_pages_plain) {
        address = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, flags, -1, 0);
    } else if (kind == causeway_pages_transparent) {
        address = map_aligned(byte_count, flags);
        if (address != MAP_FAILED && madvise(address, byte_count, MADV_HUGEPAGE) != 0) {
            *failure = errno;
            munmap(address, byte_count);
            return NULL;
        }
    } else if (kind == causeway_pages_2mib || kind == causeway_pages_1gib) {
        flags |= MAP_HUGETLB | (kind == causeway_pages_1gib ? MAP_HUGE_1GB : MAP_HUGE_2MB);
        address = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, flags, -1, 0);
    } else {
        errno = EINVAL;
    }
    if (address == MAP_FAILED) {
        *failure = errno;
        return NULL;
    }
    return address;
}

int32_t causeway_prefault(void *address, size_t byte_count, size_t page_byte_count)
{
    // Tells a lack of huge pages by an errno where a touch would raise SIGBUS.
    for (int attempt = 0; attempt < 100; attempt++) {
        if (madvise(address, byte_count, MADV_POPULATE_WRITE) == 0) return 0;
        if (errno != EAGAIN && errno != EINTR) break;
    }
    if (errno != EINVAL) return errno;
    volatile uint8_t *bytes = address;  // Linux before 5.14
    for (size_t offset = 0; offset < byte_count; offset += page_byte_count) bytes[offset] = 0;
    return 0;
}

int32_t causeway_unmap(void *address, size_t byte_count)
{
    return munmap(address, byte_count) == 0 ? 0 : errno;
}

int64_t causeway_huge_byte_count(const void *address, size_t byte_count)
{
    FILE *map = fopen("/proc/self/smaps", "re");
    if (!map) return -1;
    uintptr_t start = (uintptr_t)address, end = start + byte_count;
    char line[512];
    int inside = 0;
    int64_t total = 0;
    while (fgets(line, sizeof line, map)) {
        unsigned long low, high, kibibytes;
        if (sscanf(line, "%lx-%lx ", &low, &high) == 2) {
            inside = low < end && high > start;
        } else if (inside
            && (sscanf(line, "AnonHugePages: %lu kB", &kibibytes) == 1
                || sscanf(line, "Private_Hugetlb: %lu kB", &kibibytes) == 1)) {
            total += (int64_t)kibibytes * 1024;
        }
    }
    fclose(map);
    // A neighbour that the kernel joined to our mapping may have huge pages too.
    return total < (int64_t)byte_count ? total : (int64_t)byte_count;
}

int32_t causeway_lock_memory(void)
{
    return mlockall(MCL_CURRENT) == 0 ? 0 : errno;
}

uint64_t causeway_memlock_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit.rlim_cur;
}
