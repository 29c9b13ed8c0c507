// jemalloc as the process's allocator and its meter (`mallctl`). Linking it is enough: malloc,
// free, calloc and posix_memalign of every library, Swift's own included, bind to it.
#pragma once
#include <jemalloc/jemalloc.h>
#include <stddef.h>
#include <stdint.h>

/// Where jemalloc counts the bytes one thread has allocated and freed since it started. Both
/// counters only grow, and are exact for the thread that owns them. 16 bytes.
struct causeway_allocation_meter {
    const volatile uint64_t *_Nullable allocated;    ///< offset 0, bytes
    const volatile uint64_t *_Nullable deallocated;  ///< 8, bytes
};
_Static_assert(sizeof(struct causeway_allocation_meter) == 16, "Swift holds this struct");

/// Opens the meter of the calling thread; 0 or an errno. The meter dies with its thread. Begin
/// with a positive control (allocate, see it counted): a meter that reads 0 proves nothing.
static inline int causeway_allocation_meter_open(struct causeway_allocation_meter *_Nonnull meter)
{
    size_t byte_count = sizeof meter->allocated;
    int failure = mallctl("thread.allocatedp", &meter->allocated, &byte_count, NULL, 0);
    if (failure) return failure;
    return mallctl("thread.deallocatedp", &meter->deallocated, &byte_count, NULL, 0);
}

/// Bytes allocated so far: a plain load. 0 when the meter is not open.
__attribute__((swift_attr("@_noAllocation"))) static inline uint64_t
causeway_allocation_meter_allocated(struct causeway_allocation_meter meter)
{
    return meter.allocated ? *meter.allocated : 0;
}

/// Bytes freed so far: a plain load. 0 when the meter is not open.
__attribute__((swift_attr("@_noAllocation"))) static inline uint64_t
causeway_allocation_meter_deallocated(struct causeway_allocation_meter meter)
{
    return meter.deallocated ? *meter.deallocated : 0;
}
