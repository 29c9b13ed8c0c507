import Hashing
import Settlement

/// Why a state cannot be rebuilt from what was published.
public enum RebuildError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The data of a batch cannot be had.
  case data(batch: UInt64, AvailabilityError)
  /// They can be had, and are no batch that follows.
  case batch(UInt64, SettlementError)
  /// What stands under the number of a batch is another, or a snapshot.
  case number(wanted: UInt64, found: UInt64)
  /// A snapshot that is none, or lies behind the batch asked for.
  case snapshot(String)

  public var description: String {
    switch self {
    case .data(let batch, let error): "batch \(batch): \(error)"
    case .batch(let batch, let error): "batch \(batch): \(error)"
    case .number(let wanted, let found): "under batch \(wanted) stands batch \(found)"
    case .snapshot(let text): "the snapshot: \(text)"
    }
  }
}

/// The public replay: snapshot and published batches add up to the whole state, and nothing is
/// asked of the operator.
public enum Rebuild {
  /// One batch as it is published: its octets, compressed.
  ///
  /// - Throws: `frame` without memory.
  public static func published(
    _ octets: [UInt8], level: Int = Frame.defaultLevel
  ) throws(AvailabilityError) -> [UInt8] {
    try Frame.compress(octets, level: level)
  }

  /// What the published octets of a batch say.
  public static func open(
    _ published: [UInt8], batch number: UInt64
  ) throws(RebuildError) -> BatchData {
    let octets: [UInt8]
    do throws(AvailabilityError) {
      octets = try Frame.open(published, most: BatchCodec.octetsMax)
    } catch { throw .data(batch: number, error) }
    do throws(SettlementError) {
      return try BatchCodec.decode(octets)
    } catch { throw .batch(number, error) }
  }

  /// The state after batch `last`, from a snapshot (nil = from nothing) and the batches after it,
  /// which `fetch` has by number. `each` sees every batch once it is applied.
  ///
  /// - Throws: `snapshot`; for the first batch that is not right `data`, `number` or `batch`.
  public static func state(
    upTo last: UInt64, startingAt snapshot: [UInt8]? = nil, height: Int = 17,
    each: (BatchData) -> Void = { _ in },
    fetch: (UInt64) throws(AvailabilityError) -> [UInt8]
  ) throws(RebuildError) -> SettledState {
    var state = SettledState(height: height)
    if let snapshot {
      let data: BatchData
      do throws(RebuildError) {
        data = try open(snapshot, batch: 0)
        guard data.isSnapshot else { throw .snapshot("it is batch \(data.number), no snapshot") }
      } catch { throw .snapshot("\(error)") }
      guard data.number <= last else {
        throw .snapshot("it is of batch \(data.number), behind \(last)")
      }
      do throws(SettlementError) {
        try state.apply(data)
      } catch { throw .snapshot("\(error)") }
    }
    while state.number < last {
      let next = state.number + 1
      let published: [UInt8]
      do throws(AvailabilityError) {
        published = try fetch(next)
      } catch { throw .data(batch: next, error) }
      let data = try open(published, batch: next)
      guard data.number == next, !data.isSnapshot else {
        throw .number(wanted: next, found: data.number)
      }
      do throws(SettlementError) {
        try state.apply(data)
      } catch { throw .batch(next, error) }
      each(data)
    }
    return state
  }

  /// The same from an adapter and the references of its batches.
  public static func state(
    from adapter: some AvailabilityAdapter, _ references: [UInt64: DataReference],
    upTo last: UInt64, startingAt snapshot: [UInt8]? = nil, height: Int = 17
  ) throws(RebuildError) -> SettledState {
    try state(upTo: last, startingAt: snapshot, height: height) {
      number throws(AvailabilityError) in
      guard let reference = references[number] else {
        throw .missing(place: "the references, batch \(number)")
      }
      return try adapter.fetch(reference)
    }
  }

  /// The same from a folder that `DirectoryAvailability` wrote; without `last` up to its last
  /// batch.
  public static func state(
    fromFolder folder: String, upTo last: UInt64? = nil, startingAt snapshot: [UInt8]? = nil,
    height: Int = 17
  ) throws(RebuildError) -> SettledState {
    let directory = DirectoryAvailability(folder: folder)
    let end: UInt64
    do throws(AvailabilityError) {
      let newest = try directory.index().keys.max()
      guard let wanted = last ?? newest else {
        throw .missing(place: "\(folder)/index")
      }
      end = wanted
    } catch { throw .data(batch: last ?? 0, error) }
    return try state(upTo: end, startingAt: snapshot, height: height) {
      number throws(AvailabilityError) in
      try directory.fetch(number: number)
    }
  }
}
