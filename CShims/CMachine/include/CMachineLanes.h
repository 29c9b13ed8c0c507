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

// MARK: Integers: sums and products wrap, the order is that of signed numbers

typedef int64_t causeway_four __attribute__((ext_vector_type(4)));
typedef uint64_t causeway_four_words __attribute__((ext_vector_type(4)));

CAUSEWAY_LANES causeway_integers causeway_integers_sum(
    causeway_integers a, causeway_integers b)
{
    return (causeway_integers)((causeway_words)a + (causeway_words)b);
}

CAUSEWAY_LANES causeway_integers causeway_integers_difference(
    causeway_integers a, causeway_integers b)
{
    return (causeway_integers)((causeway_words)a - (causeway_words)b);
}

CAUSEWAY_LANES causeway_integers causeway_integers_and(
    causeway_integers a, causeway_integers b)
{
    return a & b;
}

CAUSEWAY_LANES causeway_integers causeway_integers_xor(
    causeway_integers a, causeway_integers b)
{
    return a ^ b;
}

CAUSEWAY_LANES causeway_integers causeway_integers_smaller(
    causeway_integers a, causeway_integers b)
{
    return __builtin_elementwise_min(a, b);
}

CAUSEWAY_LANES causeway_integers causeway_integers_larger(
    causeway_integers a, causeway_integers b)
{
    return __builtin_elementwise_max(a, b);
}

/// All bits set where `a` is negative.
CAUSEWAY_LANES causeway_integers causeway_integers_signs(causeway_integers a)
{
    return a >> 63;
}

CAUSEWAY_LANES causeway_four causeway_four_sum(causeway_four a, causeway_four b)
{
    return (causeway_four)((causeway_four_words)a + (causeway_four_words)b);
}

CAUSEWAY_LANES causeway_four causeway_four_difference(causeway_four a, causeway_four b)
{
    return (causeway_four)((causeway_four_words)a - (causeway_four_words)b);
}

CAUSEWAY_LANES causeway_four causeway_four_and(causeway_four a, causeway_four b)
{
    return a & b;
}

CAUSEWAY_LANES causeway_four causeway_four_xor(causeway_four a, causeway_four b)
{
    return a ^ b;
}

CAUSEWAY_LANES causeway_four causeway_four_smaller(causeway_four a, causeway_four b)
{
    return __builtin_elementwise_min(a, b);
}

CAUSEWAY_LANES causeway_four causeway_four_larger(causeway_four a, causeway_four b)
{
    return __builtin_elementwise_max(a, b);
}

/// All bits set where `a` is negative.
CAUSEWAY_LANES causeway_four causeway_four_signs(causeway_four a)
{
    return a >> 63;
}

/// `values` times `factor`, which is not negative and below 2^32: one product a lane where there is
/// an instruction for it, else two of 32 bits.
CAUSEWAY_LANES causeway_integers causeway_integers_times(causeway_integers values, int64_t factor)
{
    causeway_words words = (causeway_words)values;
    causeway_words factors = (uint64_t)factor;
#if defined(__AVX512DQ__)
    return (causeway_integers)(words * factors);
#else
    causeway_words low = (words & 0xFFFFFFFF) * (factors & 0xFFFFFFFF);
    causeway_words high = (words >> 32) * (factors & 0xFFFFFFFF);
    return (causeway_integers)(low + (high << 32));
#endif
}

/// `values` times any `factor`.
CAUSEWAY_LANES causeway_four causeway_four_product(causeway_four values, int64_t factor)
{
    return (causeway_four)((causeway_four_words)values * (causeway_four_words)(uint64_t)factor);
}
