// Which CPU level this build needs, and whether the CPU at hand has it.
#include "CMachine.h"

#if defined(__x86_64__)

#include <cpuid.h>

// Nothing of this file may need what it looks for: the generic level, and no vector registers
// beyond it. (The manifest compiles every file for one level; the attribute takes this one back.)
#define BASELINE \
    __attribute__((noinline, target("arch=x86-64,no-avx,no-avx2,no-fma,no-bmi,no-bmi2")))

struct feature {
    const char *name;
    uint32_t leaf;      // of CPUID, subleaf 0
    uint32_t position;  // 0 EBX, 1 ECX, 2 EDX
    uint32_t bit;
    uint32_t state;     // bits of XCR0 the kernel must keep for it; 0: none
};

enum { state_avx = 6, state_avx512 = 0xe6 };

// What the compiler was told it may use, as far as the levels x86-64-v2 to v4 differ.
// Source: x86-64 psABI, table 3.1; Intel SDM volume 2, CPUID; volume 1, 13.3 (XCR0).
static const struct feature needed[] = {
#if defined(__SSE4_2__)
    { "sse4.2", 1, 1, 20, 0 },
#endif
#if defined(__POPCNT__)
    { "popcnt", 1, 1, 23, 0 },
#endif
#if defined(__AVX__)
    { "avx", 1, 1, 28, state_avx },
#endif
#if defined(__FMA__)
    { "fma", 1, 1, 12, state_avx },
#endif
#if defined(__MOVBE__)
    { "movbe", 1, 1, 22, 0 },
#endif
#if defined(__F16C__)
    { "f16c", 1, 1, 29, state_avx },
#endif
#if defined(__BMI__)
    { "bmi1", 7, 0, 3, 0 },
#endif
#if defined(__BMI2__)
    { "bmi2", 7, 0, 8, 0 },
#endif
#if defined(__LZCNT__)
    { "lzcnt", 0x80000001u, 1, 5, 0 },
#endif
#if defined(__AVX2__)
    { "avx2", 7, 0, 5, state_avx },
#endif
#if defined(__AVX512F__)
    { "avx512f", 7, 0, 16, state_avx512 },
#endif
#if defined(__AVX512DQ__)
    { "avx512dq", 7, 0, 17, state_avx512 },
#endif
#if defined(__AVX512CD__)
    { "avx512cd", 7, 0, 28, state_avx512 },
#endif
#if defined(__AVX512BW__)
    { "avx512bw", 7, 0, 30, state_avx512 },
#endif
#if defined(__AVX512VL__)
    { "avx512vl", 7, 0, 31, state_avx512 },
#endif
    { 0, 0, 0, 0, 0 },
};

BASELINE static uint32_t kept_state(void)
{
    uint32_t eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx >> 27 & 1)) return 0;  // no XGETBV
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

BASELINE const char *causeway_missing_cpu_feature(void)
{
    uint32_t state = kept_state();
    for (const struct feature *each = needed; each->name; each++) {
        uint32_t registers[4] = { 0, 0, 0, 0 };
        if (!__get_cpuid_count(each->leaf, 0, &registers[3], &registers[0], &registers[1],
                &registers[2])) {
            return each->name;
        }
        if (!(registers[each->position] >> each->bit & 1)) return each->name;
        if ((state & each->state) != each->state) return each->name;
    }
    return 0;
}

BASELINE const char *causeway_built_level(void)
{
#if defined(__AVX512F__)
    return "x86-64-v4";
#elif defined(__AVX2__)
    return "x86-64-v3";
#elif defined(__SSE4_2__)
    return "x86-64-v2";
#else
    return "x86-64";
#endif
}

#else

const char *causeway_missing_cpu_feature(void) { return 0; }
const char *causeway_built_level(void) { return "generic"; }

#endif
