// Clocks, cores and threads.
#include "CMachine.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

_Static_assert(causeway_core_word_count * 64 == CPU_SETSIZE, "a core set is a cpu_set_t");
_Static_assert(sizeof(cpu_set_t) == causeway_core_word_count * 8, "a core set is a cpu_set_t");
_Static_assert(sizeof(pthread_t) == sizeof(uint64_t), "a handle holds a pthread_t");

int32_t causeway_cycles_are_invariant(void)
{
#if defined(__x86_64__)
    // Leaf 8000_0007H, EDX bit 8. Source: AMD APM volume 3, E.4.5; Intel SDM volume 3, 18.17.1.
    uint32_t eax, ebx, ecx, edx;
    return __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) && (edx >> 8 & 1);
#else
    return 1;
#endif
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t causeway_monotonic_nanoseconds(void) { return read_clock(CLOCK_MONOTONIC); }
uint64_t causeway_monotonic_raw_nanoseconds(void) { return read_clock(CLOCK_MONOTONIC_RAW); }
uint64_t causeway_realtime_nanoseconds(void) { return read_clock(CLOCK_REALTIME); }
uint64_t causeway_thread_cpu_nanoseconds(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

void causeway_sleep_nanoseconds(uint64_t nanoseconds)
{
    struct timespec span = {
        .tv_sec = (time_t)(nanoseconds / 1000000000u),
        .tv_nsec = (long)(nanoseconds % 1000000000u),
    };
    clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
}

int32_t causeway_set_timer_slack(uint64_t nanoseconds)
{
    // 0 would mean "back to the default".
    unsigned long slack = nanoseconds == 0 ? 1 : (unsigned long)nanoseconds;
    return prctl(PR_SET_TIMERSLACK, slack, 0, 0, 0) == 0 ? 0 : errno;
}

static int32_t fill_set(cpu_set_t *set, int32_t core)
{
    if (core < 0 || core >= CPU_SETSIZE) return EINVAL;
    CPU_ZERO(set);
    CPU_SET(core, set);
    return 0;
}

int32_t causeway_set_affinity(int32_t core)
{
    cpu_set_t set;
    int32_t failure = fill_set(&set, core);
    return failure ? failure : pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int32_t causeway_set_affinity_words(const uint64_t *words)
{
    cpu_set_t set;
    memcpy(&set, words, sizeof set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int32_t causeway_get_affinity(int32_t whole_process, uint64_t *words)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(whole_process ? getpid() : 0, sizeof set, &set) != 0) return errno;
    memcpy(words, &set, sizeof set);
    return 0;
}

int32_t causeway_current_core(void) { return sched_getcpu(); }

int32_t causeway_set_fifo(int32_t priority)
{
    struct sched_param parameter = { .sched_priority = priority };
    int policy = priority > 0 ? SCHED_FIFO : SCHED_OTHER;
    return pthread_setschedparam(pthread_self(), policy, &parameter);
}

int32_t causeway_get_fifo(void)
{
    struct sched_param parameter;
    int policy;
    if (pthread_getschedparam(pthread_self(), &policy, &parameter) != 0) return 0;
    return policy == SCHED_FIFO ? parameter.sched_priority : 0;
}

// MARK: Threads

enum { stack_byte_count_min = 256 * 1024, page_byte_count = 4096 };
/// What the prefault leaves alone: guard page, thread-local storage and the frames above it.
enum { stack_untouched_byte_count = 128 * 1024 };

/// What the starter hands to the new thread; freed by the thread before its body runs.
struct start_note {
    void (*body)(void *);
    void *context;
    size_t prefault_byte_count;
    char name[16];
};

__attribute__((noinline)) static void touch_stack(size_t byte_count)
{
    volatile uint8_t *bytes = __builtin_alloca(byte_count);
    for (size_t end = byte_count; end > page_byte_count; end -= page_byte_count) bytes[end - 1] = 0;
}

static void *thread_main(void *argument)
{
    struct start_note note = *(struct start_note *)argument;
    free(argument);
    if (note.name[0]) pthread_setname_np(pthread_self(), note.name);
    if (note.prefault_byte_count) touch_stack(note.prefault_byte_count);
    note.body(note.context);
    return NULL;
}

static int32_t fill_attributes(pthread_attr_t *attributes, const struct causeway_thread_plan *plan)
{
    struct sched_param parameter = { .sched_priority = plan->fifo_priority };
    int policy = plan->fifo_priority > 0 ? SCHED_FIFO : SCHED_OTHER;
    int32_t failure = pthread_attr_setstacksize(attributes, plan->stack_byte_count);
    if (!failure) failure = pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
    if (!failure) failure = pthread_attr_setschedpolicy(attributes, policy);
    if (!failure) failure = pthread_attr_setschedparam(attributes, &parameter);
    if (!failure && plan->core >= 0) {
        cpu_set_t set;
        failure = fill_set(&set, plan->core);
        if (!failure) failure = pthread_attr_setaffinity_np(attributes, sizeof set, &set);
    }
    return failure;
}

int32_t causeway_thread_set_nice(int32_t nice)
{
    // The kernel's niceness is a thread's own; 0 = the caller.
    return setpriority(PRIO_PROCESS, 0, nice) == 0 ? 0 : errno;
}

int32_t causeway_thread_start(const struct causeway_thread_plan *plan,
    void (*body)(void *context), void *context, uint64_t *handle)
{
    if (plan->stack_byte_count < stack_byte_count_min) return EINVAL;
    struct start_note *note = calloc(1, sizeof *note);
    if (!note) return ENOMEM;
    note->body = body;
    note->context = context;
    if (plan->name) strncpy(note->name, plan->name, sizeof note->name - 1);
    if (plan->prefault_stack) {
        note->prefault_byte_count = plan->stack_byte_count - stack_untouched_byte_count;
    }
    pthread_attr_t attributes;
    int32_t failure = pthread_attr_init(&attributes);
    if (!failure) {
        pthread_t thread;
        failure = fill_attributes(&attributes, plan);
        if (!failure) failure = pthread_create(&thread, &attributes, thread_main, note);
        if (!failure) *handle = (uint64_t)thread;
        pthread_attr_destroy(&attributes);
    }
    if (failure) free(note);
    return failure;
}

int32_t causeway_thread_join(uint64_t handle) { return pthread_join((pthread_t)handle, NULL); }
int32_t causeway_thread_detach(uint64_t handle) { return pthread_detach((pthread_t)handle); }

uint64_t causeway_thread_cpu_nanoseconds_of(uint64_t handle)
{
    clockid_t clock;
    return pthread_getcpuclockid((pthread_t)handle, &clock) == 0 ? read_clock(clock) : 0;
}

// MARK: Text

int64_t causeway_read_text(const char *path, char *buffer, size_t capacity)
{
    int file;
    do { file = open(path, O_RDONLY | O_CLOEXEC); } while (file < 0 && errno == EINTR);
    if (file < 0) return -errno;
    size_t filled = 0;
    while (filled < capacity) {
        ssize_t count = read(file, buffer + filled, capacity - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        filled += (size_t)count;
    }
    close(file);
    return (int64_t)filled;
}
