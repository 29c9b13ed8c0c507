import Foundation
import Signing

extension VenueConfiguration {
  /// How the venue commits to its state, and where it publishes what it commits to.
  struct Settlement {
    /// Batches, receipts and signed heads; a path.
    var directory: String
    /// A batch is closed when it is this old …
    var intervalSeconds: Int
    /// … or has this many commands.
    var commandsMax: Int
    /// Between two looks for accounts to sign the state of; 0, or no base chain: none is signed.
    var statesSeconds: Int
    /// Signs heads, batch headers and states of accounts.
    var sequencerKeyFile: String
    /// Nil for a venue without a base chain: batches are published, and nobody is paid.
    var chain: Chain?
    var data = PublishedData.folderOnly
  }

  /// The base chain, and how far the venue goes without it.
  struct Chain {
    /// An Ethereum JSON-RPC end point.
    var url: String
    var chainID: UInt64
    var vault: SignerAddress
    /// The block of the vault's deployment: nothing of interest lies before it.
    var fromBlock: UInt64
    /// Blocks on top before anything seen there counts.
    var confirmations: UInt64
    /// Pays for batches.
    var posterKeyFile: String
    /// Batches that may wait for the chain before the venue takes only cancels.
    var unpostedMax: Int
    /// Wei for a unit of gas; a batch waits rather than pay more.
    var feeMax: UInt64
    /// Whether a batch waits until its data are published, and says where.
    var namesData = false

    var place: VaultPlace { VaultPlace(vault: vault, fromBlock: fromBlock) }
  }

  static func settlement(_ root: TOMLSection, directory: String) throws -> Settlement? {
    let section = try root.section("settlement")
    let path = try section.string("directory", default: "")
    let absolute = { (path: String) in path.hasPrefix("/") ? path : directory + "/" + path }
    let interval = try section.integer("interval_s", in: 1...86_400, default: 60)
    let commands = try section.integer("commands", in: 1_024...100_000_000, default: 1_000_000)
    let states = try section.integer("states_s", in: 0...86_400, default: 10)
    let key = try section.string("sequencer_key_file", default: "")
    var data = try publishedData(section)
    let chain = try chain(try section.section("chain"), &data, interval, absolute: absolute)
    try section.finish()
    guard !path.isEmpty else {
      if !key.isEmpty || chain != nil || !data.isFolderOnly {
        throw section.error("directory", "is missing; give the folder of batches and receipts")
      }
      return nil
    }
    guard !key.isEmpty else {
      throw section.error(
        "sequencer_key_file", "is missing; make one: causeway oracle key FILE (mode 0600)")
    }
    return Settlement(
      directory: absolute(path), intervalSeconds: interval, commandsMax: commands,
      statesSeconds: states, sequencerKeyFile: absolute(key), chain: chain, data: data)
  }

  /// Seconds of batches that may wait for the chain: half of X-2, so that what was asked there can
  /// still be honoured, and far from the 72 hours after which the vault refuses them.
  private static var waitSecondsMax: Int { 12 * 3_600 }

  private static func chain(
    _ section: TOMLSection, _ data: inout PublishedData, _ interval: Int,
    absolute: (String) -> String
  ) throws -> Chain? {
    let url = try section.string("url", default: "")
    let identifier = try section.integer("id", in: 0...Int.max, default: 0)
    let vault = try section.string("vault", default: "")
    let block = try section.integer("from_block", in: 0...Int.max, default: 0)
    let confirmations = try section.integer("confirmations", in: 0...10_000, default: 12)
    let key = try section.string("poster_key_file", default: "")
    let unposted = try section.integer(
      "unposted_max", in: 1...10_000, default: max(1, min(60, waitSecondsMax / interval)))
    let fee = try section.integer("fee_max_gwei", in: 1...1_000_000, default: 200)
    try readChainData(section, into: &data, hasChain: !url.isEmpty, absolute: absolute)
    try section.finish()
    guard !url.isEmpty else {
      if !vault.isEmpty || !key.isEmpty {
        throw section.error("url", "is missing; give the JSON-RPC address of a node")
      }
      return nil
    }
    guard identifier > 0 else {
      throw section.error("id", "is missing; give the chain's id: nothing is signed for another")
    }
    let address: SignerAddress
    do {
      address = try SignerAddress(text: vault)
    } catch {
      throw section.error("vault", "is \(error)")
    }
    guard !key.isEmpty else {
      throw section.error("poster_key_file", "is missing; give the key that pays for batches")
    }
    guard unposted * interval <= waitSecondsMax else {
      throw section.error(
        "unposted_max",
        "is \(unposted) batches of \(interval) s; right would be at most twelve hours of batches, "
          + "\(waitSecondsMax / interval), or a shorter interval_s")
    }
    return Chain(
      url: url, chainID: UInt64(identifier), vault: address, fromBlock: UInt64(block),
      confirmations: UInt64(confirmations), posterKeyFile: absolute(key), unpostedMax: unposted,
      feeMax: UInt64(fee) * 1_000_000_000, namesData: !data.isFolderOnly)
  }

  /// What is committed is accounts: those of the margin engine. Where the chain brings deposits,
  /// the file brings none.
  func checkSettlement(in root: TOMLSection) throws {
    guard let settlement else { return }
    guard limits.margin.isEnabled else {
      throw root.error("settlement", "needs [margin]: without it there are no accounts to settle")
    }
    guard settlement.chain == nil || deposits.isEmpty else {
      throw root.error("account", "stands beside [settlement.chain], which brings the deposits")
    }
  }
}
