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
  /// Memory that the books' orders and levels took, prefilled and replayed, KiB.
  let memoryKiB: Int
  /// Of single records, by what they did.
  let latency: FlowLatency

  /// Replays `flow` twice: as fast as it goes, and record by record for the percentiles.
  ///
  /// Nil when the two passes disagree, which a deterministic book cannot do.
  init?(_ flow: borrowing FlowFile, options: FlowOptions = FlowOptions()) {
    prefillCount = Int(flow.header.prefillCount)
    mainCount = Int(flow.header.mainCount)
    let before = Self.residentKiB()
    let books: Int
    (digest, liveCount, nanosecondsPerRecord, books) = Self.throughput(flow, options)
    memoryKiB = max(0, books - before)
    let second: FlowDigest
    (second, latency) = Self.latency(flow, options)
    guard second == digest else { return nil }
  }

  private static func throughput(
    _ flow: borrowing FlowFile, _ options: FlowOptions
  ) -> (FlowDigest, Int, Double, Int) {
    let prefillCount = Int(flow.header.prefillCount)
    let mainCount = flow.records.count - prefillCount
    var replay = FlowReplay(flow, options: options, sink: DigestSink(minTick: flow.header.minTick))
    replay.apply(flow.records, 0..<prefillCount)
    let begin = causeway_thread_cpu_nanoseconds()
    replay.apply(flow.records, prefillCount..<flow.records.count)
    let end = causeway_thread_cpu_nanoseconds()
    let nanoseconds = mainCount == 0 ? 0 : Double(end - begin) / Double(mainCount)
    return (replay.sink.digest, replay.liveCount, nanoseconds, residentKiB())
  }

  /// Anonymous memory of this process; 0 where the kernel does not tell.
  private static func residentKiB() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  private static func latency(
    _ flow: borrowing FlowFile, _ options: FlowOptions
  ) -> (FlowDigest, FlowLatency) {
    let prefillCount = Int(flow.header.prefillCount)
    let mainCount = flow.records.count - prefillCount
    var replay = FlowReplay(flow, options: options, sink: DigestSink(minTick: flow.header.minTick))
    replay.apply(flow.records, 0..<prefillCount)
    var samples = FlowSamples(count: mainCount)
    let clock = CycleClock(calibrationNanoseconds: 50_000_000)
    let overhead = fenceCycles()
    replay.measure(flow.records, prefillCount..<flow.records.count, into: &samples)
    return (replay.sink.digest, FlowLatency(samples, overhead: overhead, clock: clock))
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
      + "\"live\":\(liveCount),\"p50\":\(text(latency.all[0.5])),"
      + "\"p99\":\(text(latency.all[0.99])),\"p999\":\(text(latency.all[0.999])),"
      + "\"prefill\":\(prefillCount),\"main\":\(mainCount),\"rss_kb\":\(memoryKiB),\"by_kind\":{"
      + latency.byKind.map { kind, curve in
        "\"\(kind.rawValue)\":{\"n\":\(curve.count),"
          + "\"p50\":\(text(curve[0.5])),\"p90\":\(text(curve[0.9])),"
          + "\"p99\":\(text(curve[0.99])),\"p999\":\(text(curve[0.999])),"
          + "\"max\":\(text(curve[1])),\"curve\":["
          + LatencyCurve.shares.map { "[\(text(100 * $0)),\(text(curve[$0]))]" }
          .joined(separator: ",") + "]}"
      }.joined(separator: ",") + "}}"
  }

  var report: String {
    """
    records     \(prefillCount) before, \(mainCount) timed
    throughput  \(text(nanosecondsPerRecord)) ns a record
    latency     \(line(latency.all)) ns (p50 / p99 / p99.9)
    \(kindLines)
    trades      \(digest.trades), volume \(digest.volume), notional \(digest.notional)
    live        \(liveCount) orders, \(memoryKiB) KiB
    digest      \(hash)
    """
  }

  private var kindLines: String {
    latency.byKind.map { kind, curve in
      "  \(kind.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0))"
        + "\(line(curve)), \(curve.count) records"
    }.joined(separator: "\n")
  }

  private func line(_ curve: LatencyCurve) -> String {
    [0.5, 0.99, 0.999].map { text(curve[$0]) }.joined(separator: " / ")
  }

  private var hash: String {
    let digits = String(digest.hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private func text(_ number: Double) -> String {
    String(format: "%.3f", number)
  }
}
