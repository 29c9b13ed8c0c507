/// Several places for the same data, tried in order: the first that takes a batch has it.
///
/// Each that fails is told to `alarm`, with the batch's number and one line.
public struct FallbackAvailability: AvailabilityAdapter {
  private let adapters: [any AvailabilityAdapter]
  private let alarm: (UInt64, String) -> Void

  /// At least one adapter.
  public init(
    _ adapters: [any AvailabilityAdapter], alarm: @escaping (UInt64, String) -> Void
  ) {
    precondition(!adapters.isEmpty, "at least one place for data")
    self.adapters = adapters
    self.alarm = alarm
  }

  /// Of the first choice.
  public var kind: DataReference.Kind { adapters[0].kind }

  /// - Throws: `allFailed`.
  public func post(
    _ octets: [UInt8], number: UInt64
  ) throws(AvailabilityError) -> DataReference {
    var reasons: [String] = []
    for adapter in adapters {
      do throws(AvailabilityError) {
        return try adapter.post(octets, number: number)
      } catch {
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
