// NUMA nodes: how many, which core is near which, where a page lies. On a machine without NUMA
// (or a kernel without it) there is one node, 0, and every answer says so. For start-up only.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// 1 when the kernel places memory by node.
int32_t causeway_numa_is_available(void);

/// Nodes with memory this process may use; at least 1.
int32_t causeway_numa_node_count(void);

/// The node of `core`; 0 without NUMA, -1 when the core is unknown.
int32_t causeway_numa_node_of_core(int32_t core);

/// Places the pages of a mapping that has not been touched yet on `node`, and nowhere else;
/// 0 or an errno (EINVAL: no such node). Without NUMA node 0 is accepted and nothing is done.
int32_t causeway_numa_bind(void *address, size_t byte_count, int32_t node);

/// The node that holds the page at `address`, read with move_pages; a negative errno when unknown
/// (-ENOENT: the page has no memory yet), 0 without NUMA.
int32_t causeway_numa_node_of_page(const void *address);

/// How many pages of the range are not on `node`, or unknown; pages are `page_byte_count` apart.
int64_t causeway_numa_pages_elsewhere(
    const void *address, size_t byte_count, size_t page_byte_count, int32_t node);

#pragma clang assume_nonnull end
