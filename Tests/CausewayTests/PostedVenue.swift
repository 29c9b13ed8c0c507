import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments
import TestSupport

@testable import causeway

/// A vault on a development chain of its own, and batches that a venue's own data thread and poster
/// bring there: five accounts that hold two instruments, and as many fills as a batch is to be
/// large.
final class PostedVenue {
  let world: DataChain
  let folder: SettlementFolder
  let deployed: DeployedVenue
  let place: VaultPlace
  let domain: SettlementDomain
  private(set) var state = SettledState()

  static let accountCount: UInt32 = 5
  private static let dataKey: UInt64 = 5
  private static let posterKey: UInt64 = 6
  private static let deployerKey: UInt64 = 1

  init() throws {
    world = try DataChain()
    folder = SettlementFolder(path: world.scratch.path + "/settlement")
    try folder.make()
    let deployer = try Self.sender(world, Self.deployerKey)
    let terms = SettlementDeployment.Terms(
      token: nil, oracleSigners: [deployer.address], oracleThreshold: 1,
      sequencer: try SettlementFixture.key().address, operatorAccount: deployer.address,
      council: deployer.address, slotFee: 1_000_000_000_000_000, genesisRoot: DefaultRoot.empty,
      firstOwnAccount: 100, ownAccountCount: 9)
    deployed = try DeployedVenue.deploy(
      terms, ProjectTools.root + "/Sources/SettlementContracts/Artifacts", world.chain.client,
      deployer)
    place = VaultPlace(
      vault: try SignerAddress(text: deployed.vault), fromBlock: deployed.fromBlock)
    domain = SettlementDomain(chainID: deployed.chainID, contract: place.vault)
  }

  /// Words of a command that asks this vault.
  var words: [String] {
    [
      "--url", world.chain.url, "--chain-id", "\(deployed.chainID)", "--vault", deployed.vault,
      "--from-block", "\(deployed.fromBlock)",
    ]
  }

  static func sender(_ world: DataChain, _ key: UInt64) throws -> TransactionSender {
    var policy = SenderPolicy()
    policy.confirmations = 1
    policy.pauseSeconds = 0.01
    return try TransactionSender(
      client: world.chain.client, key: try KeyFile.read(try world.keyFile(key)),
      file: "\(world.scratch.path)/\(key)-sender.json", policy: policy)
  }

  // MARK: Batches

  /// Signs the next batch and puts its data into the folder; octets that are to be published.
  @discardableResult
  func close(fills count: Int) throws -> Int {
    var random = SplitMix64(seed: UInt64(count) + state.number)
    var terms = BatchData()
    terms.number = state.number + 1
    terms.firstSequence = state.lastSequence + 1
    terms.lastSequence = state.lastSequence + UInt64(count) + 10
    terms.time = try world.chain.client.block(.latest)?.timestamp ?? 0
    terms.riskTableHash = KeccakDigest(word0: terms.number)
    terms.receiptHead = KeccakDigest(word1: terms.number)
    terms.fills = (0..<count).map { place in
      var fill = SettledFill()
      fill.sequence = terms.firstSequence + UInt64(place)
      fill.matchNumber = random.next()
      fill.instrument = UInt32(1 + random.below(2))
      fill.price = Int64(truncatingIfNeeded: random.next() >> 2)
      fill.lots = 1 + random.next() >> 40
      fill.maker = UInt32(1 + random.below(5))
      fill.taker = UInt32(1 + random.below(5))
      return fill
    }
    let (instruments, accounts) = Self.values(terms.lastSequence, batch: terms.number)
    let batch = try state.batch(terms, to: instruments, accounts)
    let plain = try BatchCodec.encode(batch)
    let published = try Rebuild.published(plain, level: 1)
    _ = try DirectoryAvailability(folder: folder.data).post(published, number: batch.number)
    try folder.write(
      BatchManifest(
        batch, content: keccak256(plain), domain: domain, chain: deployed.chainID,
        vault: place.vault, key: try SettlementFixture.key()))
    return published.count
  }

  /// The accounts after a command.
  static func values(
    _ sequence: UInt64, batch: UInt64
  ) -> ([SettledInstrument], [SettledAccount]) {
    let instruments = (1...UInt32(2)).map { id in
      var one = SettledInstrument(id: id)
      one.kind = 4
      one.lotSize = 10_000_000
      one.mark = Int64(id) * 1_000_000 + Int64(batch)
      return one
    }
    let accounts = (1...accountCount).map { number in
      var one = SettledAccount(account: number)
      one.owner = SettledOwner(high: UInt64(number), middle: 7, low: number)
      one.collateral = Int64(number) * 1_000_000_000 + Int64(sequence)
      one.lastSequence = sequence
      one.positions = [SettledPosition(instrument: 1 + number % 2, lots: Int64(number))]
      one.escapeEquity =
        one.collateral + Int64(number) * instruments[Int(number % 2)].mark
      return one
    }
    return (instruments, accounts)
  }

  /// A venue's settings of this folder and vault.
  func settlement(
    _ kinds: [DataReference.Kind]
  ) throws -> (VenueConfiguration.Settlement, VenueConfiguration.Chain) {
    var data = VenueConfiguration.PublishedData(kinds: kinds)
    data.keyFile = try world.keyFile(Self.dataKey)
    data.blobCommand = ProjectTools.blobCommand
    data.blobFeeMax = 1_000_000_000
    var link = VenueConfiguration.Chain(
      url: world.chain.url, chainID: deployed.chainID, vault: place.vault,
      fromBlock: place.fromBlock, confirmations: 2,
      posterKeyFile: try world.keyFile(Self.posterKey),
      unpostedMax: 60, feeMax: 100_000_000_000)
    link.namesData = kinds != [.directory]
    let settlement = VenueConfiguration.Settlement(
      directory: folder.path, intervalSeconds: 60, commandsMax: 1_000_000, statesSeconds: 0,
      sequencerKeyFile: "", chain: link, data: data)
    return (settlement, link)
  }

  /// Rounds of the data thread and the poster until the vault has all batches that are closed.
  ///
  /// - Returns: what was said meanwhile.
  @discardableResult
  func post(as kinds: [DataReference.Kind], rounds: Int = 60) throws -> [String] {
    let (settlement, link) = try settlement(kinds)
    let work = try DataWork(settlement, folder)
    let poster = try BatchPoster(
      link, folder, client: world.chain.client, sender: try Self.sender(world, Self.posterKey))
    var lines: [String] = []
    for _ in 0..<rounds where poster.posted < state.number {
      if link.namesData { lines += try work.round(posted: poster.posted) }
      lines += try poster.step()
      try world.mine(2)
      _ = try poster.step()
    }
    guard poster.posted == state.number else {
      throw ConfigurationError("vault", "has \(poster.posted) batches of \(state.number): \(lines)")
    }
    return lines
  }

  // MARK: States of accounts

  /// What the sequencer signed of an account after a later command.
  func statement(
    _ account: UInt32, sequence: UInt64, vault: SignerAddress? = nil, chain: UInt64? = nil,
    key: borrowing SigningKey
  ) throws -> AccountStatement {
    let (instruments, accounts) = Self.values(sequence, batch: state.number)
    let (vault, chain) = (vault ?? place.vault, chain ?? deployed.chainID)
    return AccountStatement(
      accounts[Int(account) - 1], instruments, consumed: 0,
      domain: SettlementDomain(chainID: chain, contract: vault), chain: chain, vault: vault,
      key: key)
  }
}
