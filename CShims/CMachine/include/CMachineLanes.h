// Eight 64-bit lanes at once, one instruction (AVX-512) or two (AVX2) an operation. Swift's own
// operators on `SIMD8` are loops over the lanes, which the optimiser puts together again in small
// functions and, in large ones, leaves in pieces of four, two and one.
#pragma once
#include <stdint.h>

#define CAUSEWAY_LANES \
    __attribute__((swift_attr("@_noAllocation"), always_inline)) static inline

typedef double causeway_numbers __attribute__((ext_vector_type(8)));
typedef uint64_t causeway_words __attribute__((ext_vector_type(8)));
typedef int64_t causeway_integers __attribute__((ext_vector_type(8)));

// MARK: Numbers: one IEEE 754 operation on each lane, rounded once

CAUSEWAY_LANES causeway_numbers causeway_sum(causeway_numbers a, causeway_numbers b)
{
    return a + b;
}

CAUSEWAY_LANES causeway_numbers causeway_difference(causeway_numbers a, causeway_numbers b)
{
    return a - b;
}

CAUSEWAY_LANES causeway_numbers causeway_product(causeway_numbers a, causeway_numbers b)
{
    return a * b;
}

CAUSEWAY_LANES causeway_numbers causeway_quotient(causeway_numbers a, causeway_numbers b)
{
    return a / b;
}

/// `a * b + c`. Without an instruction for it, the library's exact `fma` of each lane.
CAUSEWAY_LANES causeway_numbers causeway_fused(
    causeway_numbers a, causeway_numbers b, causeway_numbers c)
{
    return __builtin_elementwise_fma(a, b, c);
}

CAUSEWAY_LANES causeway_numbers causeway_root(causeway_numbers a)
{
    return __builtin_elementwise_sqrt(a);
}

// MARK: Words: no arithmetic but on bits

CAUSEWAY_LANES causeway_words causeway_words_and(causeway_words a, causeway_words b)
{
    return a & b;
}

CAUSEWAY_LANES causeway_words causeway_words_or(causeway_words a, causeway_words b)
{
    return a | b;
}

CAUSEWAY_LANES causeway_words causeway_words_xor(causeway_words a, causeway_words b)
{
    return a ^ b;
}

/// Logical shifts by `b` modulo 64, as Swift's masking shifts.
CAUSEWAY_LANES causeway_words causeway_words_left(causeway_words a, causeway_words b)
{
    return a << (b & 63);
}

CAUSEWAY_LANES causeway_words causeway_words_right(causeway_words a, causeway_words b)
{
    return a >> (b & 63);
}

// MARK: Masks: all bits set where it holds

/// `yes` where the mask holds, `no` elsewhere.
CAUSEWAY_LANES causeway_numbers causeway_select(
    causeway_integers mask, causeway_numbers yes, causeway_numbers no)
{
    return mask ? yes : no;
}

CAUSEWAY_LANES causeway_integers causeway_less(causeway_numbers a, causeway_numbers b)
{
    return a < b;
}

CAUSEWAY_LANES causeway_integers causeway_equal(causeway_numbers a, causeway_numbers b)
{
    return a == b;
}

CAUSEWAY_LANES causeway_integers causeway_both(causeway_integers a, causeway_integers b)
{
    return a & b;
}

CAUSEWAY_LANES causeway_integers causeway_either(causeway_integers a, causeway_integers b)
{
    return a | b;
}

CAUSEWAY_LANES causeway_integers causeway_inverted(causeway_integers mask)
{
    return ~mask;
}

/// Whether any bit of any lane is set.
CAUSEWAY_LANES _Bool causeway_any(causeway_integers mask)
{
    return __builtin_reduce_or(mask) != 0;
}
