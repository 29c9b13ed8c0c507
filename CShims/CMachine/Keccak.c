#include "CMachine.h"

// Eight states side by side. In C, because the vectors of Swift are shifted lane by lane unless the
// CPU rotates 64-bit lanes itself.
typedef uint64_t v8 __attribute__((vector_size(64), aligned(64)));
typedef uint64_t v8_anywhere __attribute__((vector_size(64), aligned(8)));

#define ROTATED(lanes, bits) ((lanes) << (bits) | (lanes) >> ((64 - (bits)) % 64))
#define UNROLLED _Pragma("clang loop unroll(full)")

static const uint64_t constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

// Without this the lanes go through registers of half the width even where there are wider ones.
#define WHOLE_VECTORS __attribute__((min_vector_width(512)))

/// By how many bits the word at [x + 5 * y] is rotated.
static const int rotations[25] = {
    0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
    25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14,
};

/// One round. A row of the result is finished before the next begins: few words are alive at once.
static inline __attribute__((always_inline)) WHOLE_VECTORS
void keccak_round(v8 a[25], uint64_t constant)
{
  v8 parity[5], change[5], result[25];
  UNROLLED for (int x = 0; x < 5; x++)
    parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  UNROLLED for (int x = 0; x < 5; x++)
    change[x] = parity[(x + 4) % 5] ^ ROTATED(parity[(x + 1) % 5], 1);
  UNROLLED for (int y = 0; y < 5; y++) {
    v8 row[5];
    UNROLLED for (int x = 0; x < 5; x++) {
      int column = (x + 3 * y) % 5, word = column + 5 * x;
      v8 changed = a[word] ^ change[column];
      row[x] = ROTATED(changed, rotations[word]);
    }
    UNROLLED for (int x = 0; x < 5; x++)
      result[x + 5 * y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
  }
  result[0] ^= constant;
  UNROLLED for (int word = 0; word < 25; word++) a[word] = result[word];
}

WHOLE_VECTORS
void causeway_keccak_x8(uint64_t *states)
{
  v8_anywhere *lanes = (v8_anywhere *)states;
  v8 a[25];
  UNROLLED for (int word = 0; word < 25; word++) a[word] = lanes[word];
  for (int round = 0; round < 24; round++) keccak_round(a, constants[round]);
  UNROLLED for (int word = 0; word < 25; word++) lanes[word] = a[word];
}

// MARK: Messages to lanes, lanes to digests

#define PICK __builtin_shufflevector

/// Eight words of each message to vectors: word j of message i to lane i of vector j.
static inline __attribute__((always_inline)) WHOLE_VECTORS
void transpose(const uint64_t *messages, size_t stride, v8 words[8])
{
  v8 pairs[8], fours[8];
  for (int i = 0; i < 8; i += 2) {
    v8 row = *(v8_anywhere *)(messages + i * stride);
    v8 next = *(v8_anywhere *)(messages + (i + 1) * stride);
    pairs[i] = PICK(row, next, 0, 8, 2, 10, 4, 12, 6, 14);
    pairs[i + 1] = PICK(row, next, 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = 0; j < 2; j++) {
      fours[i + j] = PICK(pairs[i + j], pairs[i + 2 + j], 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 + j] = PICK(pairs[i + j], pairs[i + 2 + j], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int j = 0; j < 4; j++) {
    words[j] = PICK(fours[j], fours[4 + j], 0, 1, 2, 3, 8, 9, 10, 11);
    words[4 + j] = PICK(fours[j], fours[4 + j], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// Lane i of the words 0 to 3 to digest i.
static inline __attribute__((always_inline)) WHOLE_VECTORS
void write_digests(const v8 words[4], uint64_t *digests)
{
  v8_anywhere *two = (v8_anywhere *)digests;
  v8 even_low = PICK(words[0], words[1], 0, 8, 2, 10, 4, 12, 6, 14);
  v8 odd_low = PICK(words[0], words[1], 1, 9, 3, 11, 5, 13, 7, 15);
  v8 even_high = PICK(words[2], words[3], 0, 8, 2, 10, 4, 12, 6, 14);
  v8 odd_high = PICK(words[2], words[3], 1, 9, 3, 11, 5, 13, 7, 15);
  v8 digests02 = PICK(even_low, even_high, 0, 1, 8, 9, 2, 3, 10, 11);
  v8 digests13 = PICK(odd_low, odd_high, 0, 1, 8, 9, 2, 3, 10, 11);
  v8 digests46 = PICK(even_low, even_high, 4, 5, 12, 13, 6, 7, 14, 15);
  v8 digests57 = PICK(odd_low, odd_high, 4, 5, 12, 13, 6, 7, 14, 15);
  two[0] = PICK(digests02, digests13, 0, 1, 2, 3, 8, 9, 10, 11);
  two[1] = PICK(digests02, digests13, 4, 5, 6, 7, 12, 13, 14, 15);
  two[2] = PICK(digests46, digests57, 0, 1, 2, 3, 8, 9, 10, 11);
  two[3] = PICK(digests46, digests57, 4, 5, 6, 7, 12, 13, 14, 15);
}

WHOLE_VECTORS
void causeway_keccak256_x8(
    const uint64_t *messages, size_t stride, size_t byte_count, uint64_t *digests)
{
  v8 state[25] = {0};
  size_t words = (byte_count + 7) / 8;
  for (size_t first = 0; first < words && first < 16; first += 8)
    transpose(messages + first, stride, state + first);
  if (words > 16)
    for (int lane = 0; lane < 8; lane++) state[16][lane] = messages[lane * stride + 16];
  // The first bit behind the message, and the last of the block.
  state[byte_count / 8] ^= (uint64_t)1 << (byte_count % 8 * 8);
  state[16] ^= (uint64_t)1 << 63;
  causeway_keccak_x8((uint64_t *)state);
  write_digests(state, digests);
}
