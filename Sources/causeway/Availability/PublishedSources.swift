import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments

/// Places that may have a venue's published data, in the order in which they are asked.
///
/// None is believed: what opens to another batch than the vault has is no better than nothing, and
/// the next is asked. The one that had the last batch is asked first for the next.
final class PublishedSources {
  /// A place: its name for messages, and what it gives.
  struct Source {
    var name: String
    var fetch: (UInt64) throws -> [UInt8]
  }

  private let sources: [Source]
  private let headers: [KeccakDigest]?
  private let note: (String) -> Void
  private var preferred = 0

  /// - Parameters:
  ///   - headers: of the vault's batches, from batch 1; nil without a chain, and then only form is
  ///     checked.
  ///   - note: told of each failure, one line.
  init(
    _ sources: [Source], headers: [KeccakDigest]?, note: @escaping (String) -> Void = { _ in }
  ) {
    self.sources = sources
    self.headers = headers
    self.note = note
  }

  static func folder(_ path: String) -> Source {
    let directory = DirectoryAvailability(folder: path)
    return Source(name: path) { try directory.fetch(number: $0) }
  }

  static func member(_ url: String) throws -> Source {
    let member = try MemberClient(url)
    return Source(name: url) { try member.fetch(number: $0) }
  }

  /// As the submissions of the batches say.
  static func chain(
    _ history: VaultHistory, vault: SignerAddress, _ client: ChainClient,
    adapters: [any AvailabilityAdapter]
  ) -> Source {
    Source(name: "the chain") { number in
      let reference = try history.reference(number, vault: vault, client)
      guard let adapter = adapters.first(where: { $0.kind == reference.kind }) else {
        throw AvailabilityError.reference(
          "its data are with the \(reference.kind); give --member ADDRESS@URL and --threshold, or "
            + "a member's URL as --data")
      }
      return try adapter.fetch(reference)
    }
  }

  /// The published octets of a batch from the first place that has the right ones.
  ///
  /// - Throws: `missing` when none has.
  func frame(_ number: UInt64) throws(AvailabilityError) -> [UInt8] {
    let order = [preferred] + sources.indices.filter { $0 != preferred }
    for place in order {
      let source = sources[place]
      do {
        let octets = try source.fetch(number)
        try check(octets, number)
        preferred = place
        return octets
      } catch {
        note("batch \(number) from \(source.name): \(error)")
      }
    }
    throw .missing(place: sources.map(\.name).joined(separator: ", ") + ", batch \(number)")
  }

  /// Whether these are the data of the header that the vault has.
  private func check(_ octets: [UInt8], _ number: UInt64) throws {
    let data = try Rebuild.open(octets, batch: number)
    guard data.number == number, !data.isSnapshot else {
      throw RebuildError.number(wanted: number, found: data.number)
    }
    guard let headers else { return }
    guard number >= 1, number <= UInt64(headers.count) else {
      throw ConfigurationError("batch \(number)", "the vault has no such batch")
    }
    let content = keccak256(try BatchCodec.encode(data))
    guard data.header(content: content).hash == headers[Int(number) - 1] else {
      throw ConfigurationError(
        "batch \(number)", "the data are not those of the header that the vault has")
    }
  }
}

extension VaultHistory {
  /// Where the submission of a batch says that its data are.
  ///
  /// - Throws: one line, also when it was carried there by somebody who left that out.
  func reference(
    _ number: UInt64, vault: SignerAddress, _ client: ChainClient
  ) throws -> DataReference {
    guard number >= 1, number <= UInt64(batches.count) else {
      throw ConfigurationError("batch \(number)", "the vault has no such batch")
    }
    let hash = batches[Int(number) - 1].transaction
    guard let transaction = try client.transaction(hash) else {
      throw AvailabilityError.missing(place: "transaction \(hash.hexadecimal)")
    }
    guard transaction.to == vault,
      transaction.input.count > VaultInterface.submissionByteCount
    else {
      throw AvailabilityError.reference("the batch's submission does not say where its data are")
    }
    return try DataReference(
      octets: Array(transaction.input[VaultInterface.submissionByteCount...]))
  }
}
