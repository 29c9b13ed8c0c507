// The seal: a seccomp filter on one thread that refuses every system call but those that end it.
#include "CMachine.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define CAUSEWAY_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CAUSEWAY_AUDIT_ARCH AUDIT_ARCH_AARCH64
#endif

static _Atomic uint64_t refused_count;
static _Atomic int32_t last_refused = -1;

uint64_t causeway_seal_refused_count(void) { return atomic_load(&refused_count); }
int32_t causeway_seal_last_refused(void) { return atomic_load(&last_refused); }

/// Counts the refused call and lets it return EPERM. Runs on the sealed thread, calls nothing.
static void note_refusal(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    atomic_store(&last_refused, info->si_syscall);
    atomic_fetch_add(&refused_count, 1);
    ucontext_t *registers = context;
#if defined(__x86_64__)
    registers->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
    registers->uc_mcontext.regs[0] = (unsigned long long)-EPERM;
#endif
}

_Noreturn void causeway_thread_end_now(void)
{
    for (;;) syscall(SYS_exit, 0);
}

static int32_t install_recorder(void)
{
    struct sigaction action = { .sa_sigaction = note_refusal, .sa_flags = SA_SIGINFO | SA_NODEFER };
    sigemptyset(&action.sa_mask);
    return sigaction(SIGSYS, &action, NULL) == 0 ? 0 : errno;
}

static int32_t install_filter(uint32_t refusal)
{
    enum {
        word = BPF_LD | BPF_W | BPF_ABS,
        equal = BPF_JMP | BPF_JEQ | BPF_K,
        end = BPF_RET | BPF_K,
    };
    // Each comparison jumps to the last line (allow), or falls through to the refusal.
    struct sock_filter program[] = {
        BPF_STMT(word, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(equal, CAUSEWAY_AUDIT_ARCH, 0, 7),
        BPF_STMT(word, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(equal, SYS_exit, 6, 0),
        BPF_JUMP(equal, SYS_exit_group, 5, 0),
        BPF_JUMP(equal, SYS_rt_sigreturn, 4, 0),
        BPF_JUMP(equal, SYS_rt_sigprocmask, 3, 0),
        BPF_JUMP(equal, SYS_munmap, 2, 0),
        BPF_JUMP(equal, SYS_madvise, 1, 0),
        BPF_STMT(end, refusal),
        BPF_STMT(end, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {
        .len = sizeof program / sizeof program[0],
        .filter = program,
    };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) return errno;
    return 0;
}

int32_t causeway_thread_seal(int32_t mode)
{
    switch (mode) {
    case causeway_seal_kills:
        return install_filter(SECCOMP_RET_KILL_PROCESS);
    case causeway_seal_records: {
        int32_t failure = install_recorder();
        return failure ? failure : install_filter(SECCOMP_RET_TRAP);
    }
    case causeway_seal_denies:
        return install_filter(SECCOMP_RET_ERRNO | EPERM);
    default:
        return EINVAL;
    }
}

// MARK: Probe

enum { status_alive = 7, status_not_sealed = 9 };

static void compute(void)
{
    volatile uint64_t sum = 0;
    for (uint64_t step = 0; step < 100000; step++) sum += step * step;
}

static void *sealed_thread(void *argument)
{
    if (causeway_thread_seal(*(int32_t *)argument) != 0) _exit(status_not_sealed);
    compute();
    // Small blocks live in the allocator's per-thread cache, which the thread's end gives back.
    for (int round = 0; round < 100; round++) free(malloc(64));
    return NULL;
}

__attribute__((noreturn)) static void act(int32_t mode, int32_t action)
{
    struct rlimit no_core = { 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core);
    if (action == causeway_probe_thread) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, sealed_thread, &mode) != 0) _exit(status_not_sealed);
        pthread_join(thread, NULL);
        _exit(status_alive);
    }
    uint64_t inherited = causeway_seal_refused_count();
    if (causeway_thread_seal(mode) != 0) _exit(status_not_sealed);
    compute();
    struct timespec now;
    if (action == causeway_probe_calls) syscall(SYS_getppid);
    if (action == causeway_probe_clock) clock_gettime(CLOCK_MONOTONIC, &now);
    if (mode == causeway_seal_records) _exit((int)(causeway_seal_refused_count() - inherited));
    _exit(status_alive);
}

int32_t causeway_seal_probe(int32_t mode, int32_t action)
{
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child == 0) act(mode, action);
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return -errno;
    }
    return status;
}
