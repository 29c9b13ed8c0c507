#include "CMachine.h"

// Eight states side by side. In C, because the vectors of Swift are shifted lane by lane unless the
// CPU rotates 64-bit lanes itself.
typedef uint64_t v8 __attribute__((vector_size(64), aligned(64)));
typedef uint64_t v8_anywhere __attribute__((vector_size(64), aligned(8)));

#define ROTATED(lanes, bits) ROTATED_LANES((v8)(lanes), bits)
#define ROTATED_LANES(lanes, bits) ((lanes) << (bits) | (lanes) >> (64 - (bits)))

static const uint64_t constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

// Without this the lanes go through registers of half the width even where there are wider ones.
__attribute__((min_vector_width(512)))
void causeway_keccak_x8(uint64_t *states)
{
  v8_anywhere *lanes = (v8_anywhere *)states;
  v8 a0 = lanes[0], a1 = lanes[1], a2 = lanes[2], a3 = lanes[3], a4 = lanes[4];
  v8 a5 = lanes[5], a6 = lanes[6], a7 = lanes[7], a8 = lanes[8], a9 = lanes[9];
  v8 a10 = lanes[10], a11 = lanes[11], a12 = lanes[12], a13 = lanes[13], a14 = lanes[14];
  v8 a15 = lanes[15], a16 = lanes[16], a17 = lanes[17], a18 = lanes[18], a19 = lanes[19];
  v8 a20 = lanes[20], a21 = lanes[21], a22 = lanes[22], a23 = lanes[23], a24 = lanes[24];
  for (int round = 0; round < 24; round++) {
    v8 c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
    v8 c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
    v8 c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
    v8 c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
    v8 c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
    v8 d0 = c4 ^ ROTATED(c1, 1);
    v8 d1 = c0 ^ ROTATED(c2, 1);
    v8 d2 = c1 ^ ROTATED(c3, 1);
    v8 d3 = c2 ^ ROTATED(c4, 1);
    v8 d4 = c3 ^ ROTATED(c0, 1);
    v8 b0 = a0 ^ d0;
    v8 b1 = ROTATED(a6 ^ d1, 44);
    v8 b2 = ROTATED(a12 ^ d2, 43);
    v8 b3 = ROTATED(a18 ^ d3, 21);
    v8 b4 = ROTATED(a24 ^ d4, 14);
    v8 b5 = ROTATED(a3 ^ d3, 28);
    v8 b6 = ROTATED(a9 ^ d4, 20);
    v8 b7 = ROTATED(a10 ^ d0, 3);
    v8 b8 = ROTATED(a16 ^ d1, 45);
    v8 b9 = ROTATED(a22 ^ d2, 61);
    v8 b10 = ROTATED(a1 ^ d1, 1);
    v8 b11 = ROTATED(a7 ^ d2, 6);
    v8 b12 = ROTATED(a13 ^ d3, 25);
    v8 b13 = ROTATED(a19 ^ d4, 8);
    v8 b14 = ROTATED(a20 ^ d0, 18);
    v8 b15 = ROTATED(a4 ^ d4, 27);
    v8 b16 = ROTATED(a5 ^ d0, 36);
    v8 b17 = ROTATED(a11 ^ d1, 10);
    v8 b18 = ROTATED(a17 ^ d2, 15);
    v8 b19 = ROTATED(a23 ^ d3, 56);
    v8 b20 = ROTATED(a2 ^ d2, 62);
    v8 b21 = ROTATED(a8 ^ d3, 55);
    v8 b22 = ROTATED(a14 ^ d4, 39);
    v8 b23 = ROTATED(a15 ^ d0, 41);
    v8 b24 = ROTATED(a21 ^ d1, 2);
    a0 = b0 ^ (~b1 & b2) ^ constants[round];
    a1 = b1 ^ (~b2 & b3);
    a2 = b2 ^ (~b3 & b4);
    a3 = b3 ^ (~b4 & b0);
    a4 = b4 ^ (~b0 & b1);
    a5 = b5 ^ (~b6 & b7);
    a6 = b6 ^ (~b7 & b8);
    a7 = b7 ^ (~b8 & b9);
    a8 = b8 ^ (~b9 & b5);
    a9 = b9 ^ (~b5 & b6);
    a10 = b10 ^ (~b11 & b12);
    a11 = b11 ^ (~b12 & b13);
    a12 = b12 ^ (~b13 & b14);
    a13 = b13 ^ (~b14 & b10);
    a14 = b14 ^ (~b10 & b11);
    a15 = b15 ^ (~b16 & b17);
    a16 = b16 ^ (~b17 & b18);
    a17 = b17 ^ (~b18 & b19);
    a18 = b18 ^ (~b19 & b15);
    a19 = b19 ^ (~b15 & b16);
    a20 = b20 ^ (~b21 & b22);
    a21 = b21 ^ (~b22 & b23);
    a22 = b22 ^ (~b23 & b24);
    a23 = b23 ^ (~b24 & b20);
    a24 = b24 ^ (~b20 & b21);
  }
  lanes[0] = a0; lanes[1] = a1; lanes[2] = a2; lanes[3] = a3; lanes[4] = a4;
  lanes[5] = a5; lanes[6] = a6; lanes[7] = a7; lanes[8] = a8; lanes[9] = a9;
  lanes[10] = a10; lanes[11] = a11; lanes[12] = a12; lanes[13] = a13; lanes[14] = a14;
  lanes[15] = a15; lanes[16] = a16; lanes[17] = a17; lanes[18] = a18; lanes[19] = a19;
  lanes[20] = a20; lanes[21] = a21; lanes[22] = a22; lanes[23] = a23; lanes[24] = a24;
}
