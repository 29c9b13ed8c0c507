/// A lane of the Keccak state: one word, or the same word of eight states side by side.
protocol KeccakLane: BitwiseCopyable {
  init(repeating value: UInt64)
  static func ^ (left: Self, right: Self) -> Self
  func rotated(_ bits: UInt64) -> Self
  /// `~self & other`.
  func inverseMasks(_ other: Self) -> Self
}

extension UInt64: KeccakLane {
  @inline(__always) init(repeating value: UInt64) { self = value }
  @inline(__always) func rotated(_ bits: UInt64) -> UInt64 { self &<< bits | self &>> (64 &- bits) }
  @inline(__always) func inverseMasks(_ other: UInt64) -> UInt64 { ~self & other }
}

extension SIMD8: KeccakLane where Scalar == UInt64 {
  @inline(__always) func rotated(_ bits: UInt64) -> Self {
    (self &<< Self(repeating: bits)) | (self &>> Self(repeating: 64 &- bits))
  }
  @inline(__always) func inverseMasks(_ other: Self) -> Self { ~self & other }
}

/// The permutation Keccak-f[1600] on 25 lanes; lane x + 5y of the standard is `state[x + 5 * y]`.
///
/// One round per turn in locals: theta (`c`, `d`), rho and pi together (`b`), chi and iota.
@inline(__always)
func keccakPermute<Lane: KeccakLane>(_ state: UnsafeMutablePointer<Lane>) {
  // SAFETY: the caller gives 25 lanes; every index here is a constant below 25.
  var (a0, a1, a2, a3, a4) = unsafe (state[0], state[1], state[2], state[3], state[4])
  var (a5, a6, a7, a8, a9) = unsafe (state[5], state[6], state[7], state[8], state[9])
  var (a10, a11, a12, a13, a14) = unsafe (state[10], state[11], state[12], state[13], state[14])
  var (a15, a16, a17, a18, a19) = unsafe (state[15], state[16], state[17], state[18], state[19])
  var (a20, a21, a22, a23, a24) = unsafe (state[20], state[21], state[22], state[23], state[24])
  var round = 0
  while round < 24 {
    let c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
    let c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
    let c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
    let c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
    let c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
    let (d0, d1, d2) = (c4 ^ c1.rotated(1), c0 ^ c2.rotated(1), c1 ^ c3.rotated(1))
    let (d3, d4) = (c2 ^ c4.rotated(1), c3 ^ c0.rotated(1))

    let (b0, b1, b2) = (a0 ^ d0, (a6 ^ d1).rotated(44), (a12 ^ d2).rotated(43))
    let (b3, b4, b5) = ((a18 ^ d3).rotated(21), (a24 ^ d4).rotated(14), (a3 ^ d3).rotated(28))
    let (b6, b7, b8) = ((a9 ^ d4).rotated(20), (a10 ^ d0).rotated(3), (a16 ^ d1).rotated(45))
    let (b9, b10, b11) = ((a22 ^ d2).rotated(61), (a1 ^ d1).rotated(1), (a7 ^ d2).rotated(6))
    let (b12, b13, b14) = ((a13 ^ d3).rotated(25), (a19 ^ d4).rotated(8), (a20 ^ d0).rotated(18))
    let (b15, b16, b17) = ((a4 ^ d4).rotated(27), (a5 ^ d0).rotated(36), (a11 ^ d1).rotated(10))
    let (b18, b19, b20) = ((a17 ^ d2).rotated(15), (a23 ^ d3).rotated(56), (a2 ^ d2).rotated(62))
    let (b21, b22, b23) = ((a8 ^ d3).rotated(55), (a14 ^ d4).rotated(39), (a15 ^ d0).rotated(41))
    let b24 = (a21 ^ d1).rotated(2)

    // SAFETY: round < 24, the constants' count.
    a0 = b0 ^ b1.inverseMasks(b2) ^ Lane(repeating: keccakRoundConstants[round])
    (a1, a2) = (b1 ^ b2.inverseMasks(b3), b2 ^ b3.inverseMasks(b4))
    (a3, a4) = (b3 ^ b4.inverseMasks(b0), b4 ^ b0.inverseMasks(b1))
    (a5, a6, a7) = (b5 ^ b6.inverseMasks(b7), b6 ^ b7.inverseMasks(b8), b7 ^ b8.inverseMasks(b9))
    (a8, a9) = (b8 ^ b9.inverseMasks(b5), b9 ^ b5.inverseMasks(b6))
    (a10, a11) = (b10 ^ b11.inverseMasks(b12), b11 ^ b12.inverseMasks(b13))
    a12 = b12 ^ b13.inverseMasks(b14)
    (a13, a14) = (b13 ^ b14.inverseMasks(b10), b14 ^ b10.inverseMasks(b11))
    (a15, a16) = (b15 ^ b16.inverseMasks(b17), b16 ^ b17.inverseMasks(b18))
    a17 = b17 ^ b18.inverseMasks(b19)
    (a18, a19) = (b18 ^ b19.inverseMasks(b15), b19 ^ b15.inverseMasks(b16))
    (a20, a21) = (b20 ^ b21.inverseMasks(b22), b21 ^ b22.inverseMasks(b23))
    a22 = b22 ^ b23.inverseMasks(b24)
    (a23, a24) = (b23 ^ b24.inverseMasks(b20), b24 ^ b20.inverseMasks(b21))
    round &+= 1
  }
  // SAFETY: the 25 words of the state, as above.
  unsafe (state[0], state[1], state[2], state[3], state[4]) = (a0, a1, a2, a3, a4)
  unsafe (state[5], state[6], state[7], state[8], state[9]) = (a5, a6, a7, a8, a9)
  unsafe (state[10], state[11], state[12], state[13], state[14]) = (a10, a11, a12, a13, a14)
  unsafe (state[15], state[16], state[17], state[18], state[19]) = (a15, a16, a17, a18, a19)
  unsafe (state[20], state[21], state[22], state[23], state[24]) = (a20, a21, a22, a23, a24)
}

/// The constants of iota, one a round.
private let keccakRoundConstants: InlineArray<24, UInt64> = [
  0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
  0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
  0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
  0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
  0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
  0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
]
