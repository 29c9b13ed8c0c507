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
    prefillCount = Int(flow.header.prefillCount)
    mainCount = Int(flow.header.mainCount)
    (digest, liveCount, nanosecondsPerRecord) = Self.throughput(flow)
    let latency = Self.latency(flow)
    (p50, p99, p999) = latency.percentiles
    guard latency.digest == digest else { return nil }
  }

  private static func throughput(_ flow: borrowing FlowFile) -> (FlowDigest, Int, Double) {
    let prefillCount = Int(flow.header.prefillCount)
    let mainCount = flow.records.count - prefillCount
    var replay = FlowReplay(flow, sink: DigestSink(minTick: flow.header.minTick))
    replay.apply(flow.records, 0..<prefillCount)
    let begin = causeway_thread_cpu_nanoseconds()
    replay.apply(flow.records, prefillCount..<flow.records.count)
    let end = causeway_thread_cpu_nanoseconds()
    let nanoseconds = mainCount == 0 ? 0 : Double(end - begin) / Double(mainCount)
    return (replay.sink.digest, replay.liveCount, nanoseconds)
  }

  private static func latency(
    _ flow: borrowing FlowFile
  ) -> (digest: FlowDigest, percentiles: (Double, Double, Double)) {
    let prefillCount = Int(flow.header.prefillCount)
    let mainCount = flow.records.count - prefillCount
    var replay = FlowReplay(flow, sink: DigestSink(minTick: flow.header.minTick))
    replay.apply(flow.records, 0..<prefillCount)
    var cycles = FixedArray<UInt32>(zeroed: mainCount)
    let clock = CycleClock(calibrationNanoseconds: 50_000_000)
    let overhead = fenceCycles()
    replay.measure(flow.records, prefillCount..<flow.records.count, into: &cycles)
    var sorted = (0..<mainCount).map { cycles[$0] }
    sorted.sort()
    let percentile = { (share: Double) -> Double in
      guard let last = sorted.last else { return 0 }
      let place = Int(share * Double(sorted.count))
      let cycles = place < sorted.count ? sorted[place] : last
      // A thousandfold count keeps the fraction of a nanosecond.
      let nanoseconds = clock.nanoseconds(cycles: 1_000 * UInt64(max(cycles, overhead) - overhead))
      return Double(nanoseconds) / 1_000
    }
    return (replay.sink.digest, (percentile(0.5), percentile(0.99), percentile(0.999)))
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
