import Pricing

/// Eight generators side by side, for paths in eight lanes.
///
/// A stream's bits depend on its seed and its number alone.
///
/// Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators", ACM Transactions on
/// Mathematical Software 47, 2021 (xoshiro256+, of which the high 52 bits are used), started with
/// SplitMix64 as its authors advise; Box, Muller, "A note on the generation of random normal
/// deviates", Annals of Mathematical Statistics 29, 1958.
struct RandomLanes {
  typealias Words = SIMD8<UInt64>
  typealias Lanes8 = SIMD8<Double>

  private var a = Words()
  private var b = Words()
  private var c = Words()
  private var d = Words()

  init(seed: UInt64, stream: UInt64) {
    // Streams are apart by more than the words a stream takes.
    var mixer = SeedMixer(state: seed)
    mixer = SeedMixer(state: mixer.next() ^ (stream &* 0xD134_2543_DE82_EF95))
    mixer = SeedMixer(state: mixer.next() &+ stream)
    for lane in 0..<8 {
      a[lane] = mixer.next()
      b[lane] = mixer.next()
      c[lane] = mixer.next()
      d[lane] = mixer.next()
    }
  }

  /// The four words of every lane.
  var states: [[UInt64]] { (0..<8).map { [a[$0], b[$0], c[$0], d[$0]] } }

  @inline(__always)
  mutating func next() -> Words {
    let result = a &+ d
    let shifted = b &<< 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d &<< 45) | (d &>> 19)
    return result
  }

  /// Uniform on (0, 1): odd multiples of 2^-53.
  @inline(__always)
  mutating func uniform() -> Lanes8 {
    let bits = (next() &>> 12) | 0x3FF0_0000_0000_0000
    let fromOne = Lanes8(words: bits)
    return fromOne - Lanes8(repeating: 1 - 0x1p-53)
  }

  /// Two independent standard normal numbers a lane.
  @inline(__always)
  mutating func normals() -> (Lanes8, Lanes8) {
    let radius = (Elementary.log(uniform()) * -2).squareRoot()
    let (sine, cosine) = Self.circle(uniform())
    return (radius * cosine, radius * sine)
  }

  /// Sine and cosine of a number of turns in [0, 1], to the last bits.
  @inline(__always)
  static func circle(_ turns: Lanes8) -> (sine: Lanes8, cosine: Lanes8) {
    // Adding 1.5·2^52 rounds to a whole number of quarters and leaves it in the low bits.
    let magic = Lanes8(repeating: 6_755_399_441_055_744)
    let shifted = turns * 4 + magic
    let quarters = shifted.words & 3
    let angle = (turns - (shifted - magic) * 0.25) * 6.283185307179586
    let square = angle * angle
    var sine = Lanes8(repeating: -1 / 1_307_674_368_000)
    sine = Lanes8(repeating: 1 / 6_227_020_800).addingProduct(sine, square)
    sine = Lanes8(repeating: -1 / 39_916_800).addingProduct(sine, square)
    sine = Lanes8(repeating: 1 / 362_880).addingProduct(sine, square)
    sine = Lanes8(repeating: -1 / 5_040).addingProduct(sine, square)
    sine = Lanes8(repeating: 1 / 120).addingProduct(sine, square)
    sine = Lanes8(repeating: -1 / 6).addingProduct(sine, square)
    sine = angle.addingProduct(angle * square, sine)
    var cosine = Lanes8(repeating: 1 / 20_922_789_888_000)
    cosine = Lanes8(repeating: -1 / 87_178_291_200).addingProduct(cosine, square)
    cosine = Lanes8(repeating: 1 / 479_001_600).addingProduct(cosine, square)
    cosine = Lanes8(repeating: -1 / 3_628_800).addingProduct(cosine, square)
    cosine = Lanes8(repeating: 1 / 40_320).addingProduct(cosine, square)
    cosine = Lanes8(repeating: -1 / 720).addingProduct(cosine, square)
    cosine = Lanes8(repeating: 1 / 24).addingProduct(cosine, square)
    cosine = Lanes8(repeating: -1 / 2).addingProduct(cosine, square)
    cosine = Lanes8(repeating: 1).addingProduct(cosine, square)
    // Odd quarters swap the two; the sine is negative in quarters 2 and 3, the cosine in 1 and 2.
    let swaps = (quarters & 1) .== 1
    let sineSign = (quarters & 2) &<< 62
    let cosineSign = ((quarters &+ 1) & 2) &<< 62
    let first = Lanes8.select(swaps, cosine, sine)
    let second = Lanes8.select(swaps, sine, cosine)
    return (Lanes8(words: first.words ^ sineSign), Lanes8(words: second.words ^ cosineSign))
  }
}

/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
private struct SeedMixer {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
