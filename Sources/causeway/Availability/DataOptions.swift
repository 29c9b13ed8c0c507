import ArgumentParser
import ChainAccess
import DataAvailability
import Foundation
import Signing

/// Where published data are looked for.
struct DataOptions: ParsableArguments {
  @Option(
    help: """
      Where the published data are: a folder, a committee member's URL, or "chain" (calldata, \
      blobs, and the committee by --member, as the batches say). May stand often; asked in order.
      """)
  var data: [String]

  @Option(help: "URL of a consensus node, which has the blobs of the last weeks.")
  var beacon: String?

  @Option(help: "ADDRESS@URL of a member of the committee, in the committee's order; for chain.")
  var member: [String] = []

  @Option(help: "Members whose signatures the committee needs; for chain.")
  var threshold: Int?

  /// - Parameter chain: nil without one; then "chain" is refused.
  func sources(
    _ chain: (client: ChainClient, url: String, place: VaultPlace, history: VaultHistory)?
  ) throws -> PublishedSources {
    guard !data.isEmpty else {
      throw ConfigurationError("--data", "is missing; give a folder, a member's URL, or chain")
    }
    let sources = try data.map { place -> PublishedSources.Source in
      if place.hasPrefix("http://") || place.hasPrefix("https://") {
        return try PublishedSources.member(place)
      }
      guard place == "chain" else {
        var isFolder: ObjCBool = false
        // SAFETY: the call writes to the local value alone.
        let isThere = unsafe FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
        guard isThere, isFolder.boolValue else {
          throw ConfigurationError("--data", "\(place) is no folder, no URL, and not chain")
        }
        return PublishedSources.folder(place)
      }
      guard let chain else {
        throw ConfigurationError("--data", "chain needs --url, --chain-id, --vault, --from-block")
      }
      return PublishedSources.chain(
        chain.history, vault: chain.place.vault, chain.client,
        adapters: try adapters(chain.client.chainID, chain.url, chain.place.vault))
    }
    return PublishedSources(sources, headers: chain?.history.batches.map(\.header)) { complain($0) }
  }

  private func adapters(
    _ chainID: UInt64, _ url: String, _ vault: SignerAddress
  ) throws -> [any AvailabilityAdapter] {
    let reader = NodePublisher(
      url: url, chainID: chainID, payer: nil, beacon: try beacon.map { try BeaconClient(url: $0) })
    var adapters: [any AvailabilityAdapter] = [
      CalldataAvailability(publisher: reader), BlobAvailability(publisher: reader),
    ]
    if !member.isEmpty {
      let pairs = try member.map { text -> (SignerAddress, MemberClient) in
        let parts = text.split(separator: "@", maxSplits: 1)
        guard parts.count == 2 else {
          throw ConfigurationError("--member", "\(text) is none; right would be ADDRESS@URL")
        }
        return (
          try ChainOptions.address(String(parts[0]), "--member"), try MemberClient(String(parts[1]))
        )
      }
      guard
        let committee = Committee(members: pairs.map(\.0), threshold: threshold ?? pairs.count)
      else {
        throw ConfigurationError(
          "--threshold", "does not fit: 1 to \(pairs.count), and members all different")
      }
      adapters.append(
        CommitteeAvailability(
          committee, members: pairs.map(\.1),
          domain: SettlementDomain(chainID: chainID, contract: vault).separator
        ) { complain($0 == 0 ? $1 : "batch \($0): \($1)") })
    }
    return adapters
  }
}
