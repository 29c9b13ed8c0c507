import CMachine
import FixedContainers
import Foundation
import Hardware
import Matching

/// What a replay of a flow file showed.
struct FlowMeasurement: Sendable {
  let digest: FlowDigest
  let liveCount: Int
  let prefillCount: Int
  let mainCount: Int
  /// Thread CPU time of the main part alone, per record.
  let nanosecondsPerRecord: Double
  /// Of single records, each between two fences of the cycle counter, less the cost of the fences;
  /// nanoseconds. 0 when the main part is empty.
  let p50: Double
  let p99: Double
  let p999: Double

  /// Replays `flow` twice: as fast as it goes, and record by record for the percentiles.
  ///
  /// Nil when the two passes disagree, which a deterministic book cannot do.
  init?(_ flow: borrowing FlowFile) {
    let minTick = flow.header.minTick
    prefillCount = Int(flow.header.prefillCount)
    mainCount = Int(flow.header.mainCount)
    let prefill = 0..<prefillCount
    let main = prefillCount..<flow.records.count

    var replay = FlowReplay(flow, sink: DigestSink(minTick: minTick))
    replay.apply(flow.records, prefill)
    let begin = causeway_thread_cpu_nanoseconds()
    replay.apply(flow.records, main)
    let end = causeway_thread_cpu_nanoseconds()
    digest = replay.sink.digest
    liveCount = replay.liveCount
    nanosecondsPerRecord = mainCount == 0 ? 0 : Double(end - begin) / Double(mainCount)

    var second = FlowReplay(flow, sink: DigestSink(minTick: minTick))
    second.apply(flow.records, prefill)
    var cycles = FixedArray<UInt32>(zeroed: mainCount)
    let clock = CycleClock(calibrationNanoseconds: 50_000_000)
    let overhead = Self.fenceCycles()
    second.measure(flow.records, main, into: &cycles)
    var sorted = (0..<mainCount).map { cycles[$0] }
    sorted.sort()
    let percentile = { (share: Double) -> Double in
      guard let last = sorted.last else { return 0 }
      let place = Int(share * Double(sorted.count))
      let cycles = place < sorted.count ? sorted[place] : last
      // A large count keeps the fraction of a nanosecond.
      let nanoseconds = clock.nanoseconds(cycles: 1_000 * UInt64(max(cycles, overhead) - overhead))
      return Double(nanoseconds) / 1_000
    }
    p50 = percentile(0.5)
    p99 = percentile(0.99)
    p999 = percentile(0.999)
    guard second.sink.digest == digest else { return nil }
  }

  /// Cycles between two fences with nothing between them: the least of many.
  private static func fenceCycles() -> UInt32 {
    var least = UInt32.max
    for _ in 0..<100_000 {
      let begin = causeway_cycles_fenced()
      let end = causeway_cycles_fenced()
      least = min(least, UInt32(clamping: end &- begin))
    }
    return least
  }

  var json: String {
    "{\"ns_op\":\(text(nanosecondsPerRecord)),\"trades\":\(digest.trades),"
      + "\"volume\":\(digest.volume),\"notional\":\(digest.notional),\"hash\":\"\(hash)\","
      + "\"live\":\(liveCount),\"p50\":\(text(p50)),\"p99\":\(text(p99)),\"p999\":\(text(p999)),"
      + "\"prefill\":\(prefillCount),\"main\":\(mainCount)}"
  }

  var report: String {
    """
    records     \(prefillCount) before, \(mainCount) timed
    throughput  \(text(nanosecondsPerRecord)) ns a record
    latency     \(text(p50)) / \(text(p99)) / \(text(p999)) ns (p50 / p99 / p99.9)
    trades      \(digest.trades), volume \(digest.volume), notional \(digest.notional)
    live        \(liveCount) orders
    digest      \(hash)
    """
  }

  private var hash: String {
    let digits = String(digest.hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private func text(_ number: Double) -> String {
    String(format: "%.3f", number)
  }
}
