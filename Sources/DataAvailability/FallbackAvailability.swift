/// Several places for the same data, tried in order: the first that takes a batch has it.
///
/// Each that fails is told to `alarm`, with the batch's number and one line. One that is under way
/// (`waiting`) is asked again by the next call, and given up when there is another and its patience
/// is over; what it began may still come true, and then does no harm.
public final class FallbackAvailability: AvailabilityAdapter {
  private struct Attempt {
    var place: Int
    var since: ContinuousClock.Instant
  }

  private let adapters: [any AvailabilityAdapter]
  private let patience: Duration
  private let now: () -> ContinuousClock.Instant
  private let alarm: (UInt64, String) -> Void
  /// By batch.
  private var underWay: [UInt64: Attempt] = [:]

  /// At least one adapter.
  ///
  /// - Parameter now: the clock, for tests.
  public init(
    _ adapters: [any AvailabilityAdapter], patience: Duration = .seconds(600),
    now: @escaping () -> ContinuousClock.Instant = { .now },
    alarm: @escaping (UInt64, String) -> Void
  ) {
    precondition(!adapters.isEmpty, "at least one place for data")
    self.adapters = adapters
    self.patience = patience
    self.now = now
    self.alarm = alarm
  }

  /// Of the first choice.
  public var kind: DataReference.Kind { adapters[0].kind }

  /// - Throws: `waiting`, `allFailed`.
  public func post(
    _ octets: [UInt8], number: UInt64
  ) throws(AvailabilityError) -> DataReference {
    let before = underWay.removeValue(forKey: number)
    var reasons: [String] = []
    for place in (before?.place ?? 0)..<adapters.count {
      let adapter = adapters[place]
      do throws(AvailabilityError) {
        return try adapter.post(octets, number: number)
      } catch {
        if case .waiting = error {
          let since = before.flatMap { $0.place == place ? $0.since : nil } ?? now()
          if place == adapters.count - 1 || now() - since < patience {
            underWay[number] = Attempt(place: place, since: since)
            throw error
          }
        }
        reasons.append("\(adapter.kind): \(error)")
        alarm(number, "\(adapter.kind): \(error)")
      }
    }
    throw .allFailed(reasons)
  }

  /// From the first adapter of the reference's kind that has the data.
  ///
  /// - Throws: `reference` when none is of its kind, else what the last of them threw.
  public func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] {
    var last = AvailabilityError.reference("no storage of kind \(reference.kind) is at hand")
    for adapter in adapters where adapter.kind == reference.kind {
      do throws(AvailabilityError) {
        return try adapter.fetch(reference)
      } catch { last = error }
    }
    throw last
  }
}
