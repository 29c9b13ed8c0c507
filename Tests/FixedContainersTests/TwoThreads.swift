import CMachine
import Glibc

/// Runs both bodies at once, each on a thread of its own, and waits for both.
func runOnTwoThreads(
  _ first: @escaping @Sendable () -> Void, _ second: @escaping @Sendable () -> Void
) {
  let handles = [first, second].map { body in
    var plan = causeway_thread_plan(
      name: nil, stack_byte_count: 1 << 20, core: -1, fifo_priority: 0, prefault_stack: 0,
      reserved: 0)
    var handle: UInt64 = 0
    let failure = causeway_thread_start(
      &plan, { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() },
      Unmanaged.passRetained(Body(run: body)).toOpaque(), &handle)
    precondition(failure == 0)
    return handle
  }
  for handle in handles { _ = causeway_thread_join(handle) }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Waits for the other thread without starving it where both share a core.
struct Patience {
  private var pauses = 0

  mutating func wait() {
    pauses += 1
    if pauses % 256 == 0 { sched_yield() } else { causeway_pause() }
  }
}

/// How many elements a two-thread test moves: a million, ten with CAUSEWAY_SLOW=1, or as
/// CAUSEWAY_RING_ELEMENTS says (the sanitizer script).
let handOffCount: UInt64 = {
  if let text = getenv("CAUSEWAY_RING_ELEMENTS"), let count = UInt64(String(cString: text)) {
    return count
  }
  return getenv("CAUSEWAY_SLOW").map { String(cString: $0) } == "1" ? 10_000_000 : 1_000_000
}()

/// An element whose words all follow from its number, so that a torn or stale one shows.
protocol Stamped: BitwiseCopyable, Sendable, Equatable {
  /// The element with this number.
  init(number: UInt64)
}

extension UInt64: Stamped {
  init(number: UInt64) { self = number }
}

/// 56 bytes: with the publication word one cache line.
struct OneLine: Stamped {
  var a, b, c, d, e, f, g: UInt64

  init(number: UInt64) {
    a = number
    b = ~number
    c = number &* 3
    d = number &* 5
    e = number &* 7
    f = number &* 11
    g = number ^ 0x5555_5555_5555_5555
  }
}

/// 120 bytes: with the publication word two cache lines.
struct TwoLines: Stamped {
  var left, right: OneLine
  var last: UInt64

  init(number: UInt64) {
    left = OneLine(number: number)
    right = OneLine(number: ~number)
    last = number &* 13
  }
}
