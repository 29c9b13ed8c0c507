import Glibc

/// A complex number, as far as characteristic functions need it.
struct ComplexNumber: Equatable, Sendable {
  var real: Double
  var imaginary: Double

  init(_ real: Double, _ imaginary: Double = 0) {
    self.real = real
    self.imaginary = imaginary
  }

  static prefix func - (a: Self) -> Self { Self(-a.real, -a.imaginary) }
  static func + (a: Self, b: Self) -> Self {
    Self(a.real + b.real, a.imaginary + b.imaginary)
  }
  static func - (a: Self, b: Self) -> Self {
    Self(a.real - b.real, a.imaginary - b.imaginary)
  }
  static func * (a: Self, b: Self) -> Self {
    Self(
      a.real * b.real - a.imaginary * b.imaginary,
      a.real * b.imaginary + a.imaginary * b.real)
  }
  static func * (a: Double, b: Self) -> Self { Self(a * b.real, a * b.imaginary) }

  /// Smith's division: no square of a large part.
  static func / (a: Self, b: Self) -> Self {
    if b.real.magnitude >= b.imaginary.magnitude {
      let ratio = b.imaginary / b.real
      let scale = b.real + b.imaginary * ratio
      return Self(
        (a.real + a.imaginary * ratio) / scale, (a.imaginary - a.real * ratio) / scale)
    }
    let ratio = b.real / b.imaginary
    let scale = b.real * ratio + b.imaginary
    return Self((a.real * ratio + a.imaginary) / scale, (a.imaginary * ratio - a.real) / scale)
  }

  var magnitude: Double { hypot(real, imaginary) }

  /// The root with a real part that is not negative.
  var squareRoot: Self {
    let size = magnitude
    guard size > 0 else { return Self(0) }
    if real >= 0 {
      let root = ((size + real) / 2).squareRoot()
      return Self(root, imaginary / (2 * root))
    }
    let root = ((size - real) / 2).squareRoot()
    let sign: Double = imaginary < 0 ? -1 : 1
    return Self(imaginary.magnitude / (2 * root), sign * root)
  }

  var exponential: Self {
    let size = exp(real)
    return Self(size * cos(imaginary), size * sin(imaginary))
  }

  /// `exp(self) - 1`, accurate near zero.
  var exponentialMinusOne: Self {
    let half = sin(imaginary / 2)
    let growth = expm1(real)
    return Self(
      growth * cos(imaginary) - 2 * half * half, (growth + 1) * sin(imaginary))
  }

  /// Principal `log(1 + self)`, accurate near zero.
  var logarithmOfOnePlus: Self {
    let square = real * (2 + real) + imaginary * imaginary
    return Self(log1p(square) / 2, atan2(imaginary, 1 + real))
  }
}
