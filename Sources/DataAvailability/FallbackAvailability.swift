/// Several places for the same data, tried in order: the first that takes a batch has it.
///
/// Each that fails is told to `alarm`, with the batch's number and one line. One that is under way
/// (`waiting`) is asked again by the next call, and given up when there is another and nothing has
/// come forward for its patience: every further part that is confirmed begins the time anew, so
/// that a batch in many parts is not given up while they go out. What it began may still come true,
/// and then does no harm. While it lasts, a line now and then says what is waited for.
public final class FallbackAvailability: AvailabilityAdapter {
  private struct Attempt {
    var place: Int
    let since: ContinuousClock.Instant
    /// Most parts that were ever confirmed, and when there were first so many.
    var done: Int
    var moved: ContinuousClock.Instant
    var said: ContinuousClock.Instant

    init(_ place: Int, done: Int, _ now: ContinuousClock.Instant) {
      self.place = place
      self.done = done
      (since, moved, said) = (now, now, now)
    }
  }

  private let adapters: [any AvailabilityAdapter]
  private let patience: Duration
  private let now: () -> ContinuousClock.Instant
  private let note: (UInt64, String) -> Void
  private let alarm: (UInt64, String) -> Void
  /// By batch.
  private var underWay: [UInt64: Attempt] = [:]

  /// At least one adapter.
  ///
  /// - Parameters:
  ///   - patience: without progress, when there is another place.
  ///   - now: the clock, for tests.
  ///   - note: told what a batch waits for, once each quarter of the patience.
  public init(
    _ adapters: [any AvailabilityAdapter], patience: Duration = .seconds(600),
    now: @escaping () -> ContinuousClock.Instant = { .now },
    note: @escaping (UInt64, String) -> Void = { _, _ in },
    alarm: @escaping (UInt64, String) -> Void
  ) {
    precondition(!adapters.isEmpty, "at least one place for data")
    self.adapters = adapters
    self.patience = patience
    self.now = now
    self.note = note
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
        if case .waiting(let text, let done) = error {
          let attempt = goOn(before, place, done: done, number, text)
          if place == adapters.count - 1 || now() - attempt.moved < patience {
            underWay[number] = attempt
            throw error
          }
        }
        reasons.append("\(adapter.kind): \(error)")
        alarm(number, "\(adapter.kind): \(error)")
      }
    }
    throw .allFailed(reasons)
  }

  /// The attempt after another look at it. Parts that the chain took back and mined again are no
  /// progress.
  private func goOn(
    _ before: Attempt?, _ place: Int, done: Int, _ number: UInt64, _ text: String
  ) -> Attempt {
    let now = now()
    guard var attempt = before, attempt.place == place else {
      return Attempt(place, done: done, now)
    }
    if done > attempt.done { (attempt.done, attempt.moved) = (done, now) }
    if now - attempt.said >= patience / 4 {
      attempt.said = now
      note(
        number,
        "\(adapters[place].kind): under way for \((now - attempt.since).components.seconds) s, "
          + "the last progress \((now - attempt.moved).components.seconds) s ago: \(text)")
    }
    return attempt
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
