// The kernels of module Pricing on the peers' options, timed as the peers are: the least of many
// passes over 2,048 options.
import Glibc

func nanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

@inline(never)
func best(_ rounds: Int, _ work: () -> Void) -> Double {
  var least = UInt64.max
  for _ in 0..<rounds {
    let begin = nanoseconds()
    work()
    least = min(least, nanoseconds() - begin)
  }
  return Double(least) / 2_048
}

@inline(never)
func invert(
  _ options: [Black76<SIMD8<Double>>], _ prices: [SIMD8<Double>], _ out: inout [SIMD8<Double>]
) {
  for group in 0..<options.count {
    let option = options[group]
    out[group] = Black76.impliedVolatility(
      sign: option.sign, price: prices[group], forward: option.forward, strike: option.strike,
      discount: SIMD8(repeating: 1), time: option.time)
  }
}

guard CommandLine.arguments.count > 1, let file = fopen(CommandLine.arguments[1], "rb") else {
  exit(2)
}
var options: [Black76<SIMD8<Double>>] = []
var prices: [SIMD8<Double>] = []
for _ in 0..<256 {
  var group = Black76<SIMD8<Double>>(
    repeating: try Black76(.call, forward: 1, strike: 1, volatility: 1, time: 1))
  var price = SIMD8<Double>()
  for lane in 0..<8 {
    var row = [Double](repeating: 0, count: 7)
    guard fread(&row, 56, 1, file) == 1 else { exit(2) }
    group[lane] = try Black76(
      row[0] > 0 ? .call : .put, forward: row[1], strike: row[2], discount: row[3],
      volatility: row[4], time: row[5])
    price[lane] = row[6]
  }
  options.append(group)
  prices.append(price)
}
var values = options.map(\.values)
print(
  "values ours",
  best(2_000) {
    var span = values.mutableSpan
    Black76.evaluate(options.span, into: &span)
  })
var greeks = options.map(\.greeks)
print(
  "greeks ours-all-nine",
  best(2_000) {
    var span = greeks.mutableSpan
    Black76.evaluate(options.span, into: &span)
  })
var found = prices
print("implied ours", best(500) { invert(options, prices, &found) })
