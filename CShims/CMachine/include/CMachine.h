// The machine beneath Causeway: instructions and system calls that Swift cannot say itself.
// Every name begins with `causeway_`. No function allocates after its thread has started, except
// where it says so. Functions marked CAUSEWAY_HOT neither allocate, nor lock, nor enter the kernel.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "CMachineLanes.h"

#define CAUSEWAY_HOT __attribute__((swift_attr("@_noAllocation")))
#define CAUSEWAY_INLINE CAUSEWAY_HOT static inline __attribute__((always_inline))

#pragma clang assume_nonnull begin

// MARK: Checksums

/// CRC-32C (Castagnoli, reflected 0x82F63B78) of `count` bytes, continuing from `seed`.
///
/// `seed` is 0 for a fresh checksum, or the checksum of the bytes before: checksums chain, so
/// `crc32c(crc32c(0, a), b)` is `crc32c(0, a + b)`. Check value: "123456789" gives 0xE3069283.
/// With SSE4.2 three lanes run side by side; the portable twin gives the same bits.
CAUSEWAY_HOT uint32_t causeway_crc32c(uint32_t seed, const void *bytes, size_t count);

/// The portable twin of `causeway_crc32c`, one table step per byte; in every build, for tests.
CAUSEWAY_HOT uint32_t causeway_crc32c_portable(uint32_t seed, const void *bytes, size_t count);

/// The permutation Keccak-f[1600] of eight states side by side: word i of state s at
/// `states[8 * i + s]`, 200 words. Source: FIPS 202, section 3.
CAUSEWAY_HOT void causeway_keccak_x8(uint64_t *states);

/// Keccak-256 of eight messages of `byte_count` octets each, at most 135: message i begins at
/// `messages + i * stride`, and what follows it is zero up to 64, 128 or 136 octets, whichever is
/// next. The digest of message i is written to `digests + 4 * i`.
CAUSEWAY_HOT void causeway_keccak256_x8(
    const uint64_t *messages, size_t stride, size_t byte_count, uint64_t *digests);

// MARK: Instructions

/// The first CPU feature this build uses and the CPU at hand, or its kernel, lacks; NULL when there
/// is none. Compiled for the generic level: it runs where nothing else of the build would.
const char *_Nullable causeway_missing_cpu_feature(void);

/// The CPU level this build was compiled for: "x86-64-v3", "x86-64-v4", …
const char *causeway_built_level(void);

/// Tells the core that this is a waiting loop.
CAUSEWAY_INLINE void causeway_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

/// The cycle counter, unordered: a few instructions around it may move across. About 10 ns.
CAUSEWAY_INLINE uint64_t causeway_cycles(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
#endif
}

/// The cycle counter after all earlier instructions are done and before any later one starts.
CAUSEWAY_INLINE uint64_t causeway_cycles_fenced(void)
{
#if defined(__x86_64__)
    uint32_t processor;
    uint64_t count = __builtin_ia32_rdtscp(&processor);
    __asm__ volatile("lfence" ::: "memory");
    return count;
#elif defined(__aarch64__)
    uint64_t count;
    __asm__ volatile("isb; mrs %0, cntvct_el0; isb" : "=r"(count)::"memory");
    return count;
#endif
}

/// Fetches the cache line at `address` for reading; never faults.
CAUSEWAY_INLINE void causeway_prefetch_read(const void *address)
{
    __builtin_prefetch(address, 0, 3);
}

/// Fetches the cache line at `address` for writing; never faults.
CAUSEWAY_INLINE void causeway_prefetch_write(const void *address)
{
    __builtin_prefetch(address, 1, 3);
}

/// 1 when the cycle counter runs at one rate in every power state and on every core.
int32_t causeway_cycles_are_invariant(void);

// MARK: Clocks. All nanoseconds. The first three stay in user space where the kernel's clock
// source is the cycle counter (vDSO), and enter the kernel elsewhere.

CAUSEWAY_HOT uint64_t causeway_monotonic_nanoseconds(void);      ///< CLOCK_MONOTONIC
CAUSEWAY_HOT uint64_t causeway_monotonic_raw_nanoseconds(void);  ///< CLOCK_MONOTONIC_RAW
CAUSEWAY_HOT uint64_t causeway_realtime_nanoseconds(void);       ///< since the Unix epoch

/// CPU time used by the calling thread. Enters the kernel.
CAUSEWAY_HOT uint64_t causeway_thread_cpu_nanoseconds(void);

/// Sleeps at least `nanoseconds` or until a signal arrives.
CAUSEWAY_HOT void causeway_sleep_nanoseconds(uint64_t nanoseconds);

/// How late the kernel may wake the calling thread from a sleep to save power; 0 or an errno.
int32_t causeway_set_timer_slack(uint64_t nanoseconds);

// MARK: Cores

/// Words of a core set: 16 x 64 cores.
enum { causeway_core_word_count = 16 };

/// Confines the calling thread to `core`; 0 or an errno (EINVAL: no such core for us).
int32_t causeway_set_affinity(int32_t core);

/// Confines the calling thread, and what it starts from now on, to the cores of
/// `causeway_core_word_count` words; 0 or an errno (EINVAL: none of them is ours).
int32_t causeway_set_affinity_words(const uint64_t *words);

/// Fills `causeway_core_word_count` words with the cores that the calling thread
/// (`whole_process` 0) or the main thread (1) may use; 0 or an errno.
int32_t causeway_get_affinity(int32_t whole_process, uint64_t *words);

/// The core this call ran on.
CAUSEWAY_HOT int32_t causeway_current_core(void);

/// SCHED_FIFO at `priority` 1 to 99, or normal scheduling with 0, for the calling thread;
/// 0 or an errno (EPERM without privilege).
int32_t causeway_set_fifo(int32_t priority);

/// The calling thread's SCHED_FIFO priority, 0 when it is scheduled normally.
int32_t causeway_get_fifo(void);

// MARK: Threads

/// What a thread has from its first instruction on. 32 bytes.
struct causeway_thread_plan {
    const char *_Nullable name;  ///< offset 0; the kernel keeps the first 15 bytes
    uint64_t stack_byte_count;   ///< 8; at least 256 KiB
    int32_t core;                ///< 16; -1: any
    int32_t fifo_priority;       ///< 20; 0: normal scheduling
    int32_t prefault_stack;      ///< 24; not 0: touch every page of the stack before the body
    int32_t reserved;            ///< 28; 0
};
_Static_assert(sizeof(struct causeway_thread_plan) == 32, "Swift fills this struct");
_Static_assert(offsetof(struct causeway_thread_plan, core) == 16, "Swift fills this struct");

/// Starts a thread that runs `body(context)`. Affinity and scheduling stand in its attributes, so
/// it never runs elsewhere. Allocates. 0, or an errno and no thread (EINVAL: no such core for us,
/// EPERM: no privilege for SCHED_FIFO, EAGAIN: no memory for the stack).
int32_t causeway_thread_start(const struct causeway_thread_plan *plan,
    void (*body)(void *context), void *context, uint64_t *handle);

/// Waits for the end of the thread; 0 or an errno. Each thread is joined or detached once.
int32_t causeway_thread_join(uint64_t handle);
int32_t causeway_thread_detach(uint64_t handle);

/// CPU time used by a running thread, for observers; 0 when it has ended.
uint64_t causeway_thread_cpu_nanoseconds_of(uint64_t handle);

// MARK: Memory

enum causeway_page_kind {
    causeway_pages_plain = 0,
    causeway_pages_transparent = 1,  ///< 4 KiB pages, 2 MiB aligned, the kernel may join them
    causeway_pages_2mib = 2,         ///< from the kernel's pool of huge pages
    causeway_pages_1gib = 3,
};

/// Maps private zero bytes; NULL and an errno in `failure` when it cannot. `byte_count` is rounded
/// up to whole pages of the kind (2 MiB for transparent) by the caller.
void *_Nullable causeway_map(size_t byte_count, int32_t kind, int32_t *failure);

/// Gives every page of the mapping its memory now; 0 or an errno, never a signal on Linux >= 5.14.
int32_t causeway_prefault(void *address, size_t byte_count, size_t page_byte_count);

int32_t causeway_unmap(void *address, size_t byte_count);

/// Bytes of the mapping that are backed by huge pages of either sort, read from smaps; -1 unknown.
int64_t causeway_huge_byte_count(const void *address, size_t byte_count);

/// Locks all memory the process has now; 0 or an errno. To be called when everything hot has been
/// taken: later allocations, all of them cold, must not fail for the limit's sake.
int32_t causeway_lock_memory(void);

/// Bytes this process may lock; UINT64_MAX when unlimited.
uint64_t causeway_memlock_limit(void);

/// Reads a small kernel text file into `buffer`; bytes read or a negative errno.
int64_t causeway_read_text(const char *path, char *buffer, size_t capacity);

/// Sets the niceness of the calling thread alone, 0 to 19; 0 or an errno.
int32_t causeway_thread_set_nice(int32_t nice);

// MARK: The seal

enum causeway_seal_mode {
    causeway_seal_kills = 0,    ///< a forbidden call ends the process with SIGSYS
    causeway_seal_records = 1,  ///< it fails with EPERM and is counted (SIGSYS handler)
    causeway_seal_denies = 2,   ///< it fails with EPERM
};

/// Forbids the calling thread, for the rest of its life, every system call but those that end it:
/// exit, exit_group, rt_sigreturn, rt_sigprocmask, munmap, madvise.
///
/// Proves and enforces "no system calls on this thread". Other threads are untouched. Needs no
/// privilege; sets no_new_privs for the thread. Page faults and vDSO clock reads are not system
/// calls; a clock whose source is not the cycle counter is one. 0 or an errno.
int32_t causeway_thread_seal(int32_t mode);

/// Ends the calling thread with the exit call alone: no destructors, no allocator clean-up, whose
/// locks could need a call that the seal forbids. What the thread owned stays allocated. It can be
/// joined as ever.
_Noreturn void causeway_thread_end_now(void);

/// Calls refused by seals of mode `records` in the whole process so far.
uint64_t causeway_seal_refused_count(void);

/// The number of the latest refused call, -1 before the first.
int32_t causeway_seal_last_refused(void);

enum causeway_seal_probe_action {
    causeway_probe_computes = 0,  ///< computes, then ends the process with status 7
    causeway_probe_calls = 1,     ///< calls getppid, then ends with status 7
    causeway_probe_thread = 2,    ///< a thread is sealed, computes, allocates a little and ends
    causeway_probe_clock = 3,     ///< reads the monotonic clock, then ends with status 7
};

/// For tests: forks a child that seals itself and acts; returns the child's wait status, or a
/// negative errno when the child could not be made. Status 9 tells that sealing itself failed; in
/// mode `records` a child that does not make a thread ends with the number of refused calls.
int32_t causeway_seal_probe(int32_t mode, int32_t action);

#pragma clang assume_nonnull end
