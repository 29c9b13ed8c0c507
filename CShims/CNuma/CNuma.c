#include "CNuma.h"
#include <errno.h>
#include <numa.h>
#include <numaif.h>

int32_t causeway_numa_is_available(void) { return numa_available() >= 0; }

int32_t causeway_numa_node_count(void)
{
    if (!causeway_numa_is_available()) return 1;
    int count = numa_num_task_nodes();
    return count > 0 ? count : 1;
}

int32_t causeway_numa_node_of_core(int32_t core)
{
    if (core < 0) return -1;
    if (!causeway_numa_is_available()) return 0;
    return numa_node_of_cpu(core);
}

int32_t causeway_numa_bind(void *address, size_t byte_count, int32_t node)
{
    if (node < 0) return EINVAL;
    if (!causeway_numa_is_available()) return node == 0 ? 0 : EINVAL;
    struct bitmask *nodes = numa_allocate_nodemask();
    if (!nodes) return ENOMEM;
    int32_t failure = EINVAL;
    if ((unsigned)node < nodes->size) {
        numa_bitmask_setbit(nodes, (unsigned)node);
        long bound = mbind(address, byte_count, MPOL_BIND, nodes->maskp, nodes->size + 1, 0);
        failure = bound == 0 ? 0 : errno;
    }
    numa_bitmask_free(nodes);
    return failure;
}

int32_t causeway_numa_node_of_page(const void *address)
{
    if (!causeway_numa_is_available()) return 0;
    void *page = (void *)(uintptr_t)address;
    int status = -ENOENT;
    if (move_pages(0, 1, &page, NULL, &status, 0) != 0) return -errno;
    return status;
}

int64_t causeway_numa_pages_elsewhere(
    const void *address, size_t byte_count, size_t page_byte_count, int32_t node)
{
    enum { batch = 256 };
    if (!causeway_numa_is_available()) {
        return node == 0 ? 0 : (int64_t)(byte_count / page_byte_count);
    }
    int64_t elsewhere = 0;
    for (size_t offset = 0; offset < byte_count;) {
        void *pages[batch];
        int status[batch];
        unsigned long count = 0;
        for (; count < batch && offset < byte_count; offset += page_byte_count) {
            pages[count++] = (uint8_t *)(uintptr_t)address + offset;
        }
        if (move_pages(0, count, pages, NULL, status, 0) != 0) return -errno;
        for (unsigned long page = 0; page < count; page++) elsewhere += status[page] != node;
    }
    return elsewhere;
}
