import ChainAccess
import DataAvailability
import Foundation
import Hashing
import TestSupport

@testable import causeway

/// The project's folder and the Python parts in it.
enum ProjectTools {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  static let python = root + "/.venv/bin/python"
  static var hasPython: Bool { FileManager.default.isExecutableFile(atPath: python) }
  static let blobCommand = [python, root + "/Sources/SettlementContracts/blob_sidecars.py"]
}

/// A development chain of its own for one test of published data, and who publishes on it.
struct DataChain {
  let chain: DevelopmentChain
  let scratch: ScratchFolder

  init() throws {
    chain = try DevelopmentChain(root: ProjectTools.root)
    scratch = try ScratchFolder()
  }

  func keyFile(_ key: UInt64) throws -> String {
    let path = "\(scratch.path)/\(key).key"
    if !FileManager.default.fileExists(atPath: path) {
      try DevelopmentChain.writeKey(key, to: path)
    }
    return path
  }

  func publisher(
    url: String? = nil, chainID: UInt64 = DevelopmentChain.chainID, key: UInt64 = 5,
    _ change: (inout SenderPolicy) -> Void = { _ in }
  ) throws -> NodePublisher {
    var policy = SenderPolicy()
    policy.confirmations = 2
    policy.blocksUntilRaise = 1
    change(&policy)
    return NodePublisher(
      url: url ?? chain.url, chainID: chainID,
      payer: NodePublisher.Payer(
        keyFile: try keyFile(key), senderFile: "\(scratch.path)/\(key).json", policy: policy,
        blobTool: BlobTool(command: ProjectTools.blobCommand)),
      beacon: try BeaconClient(url: chain.url))
  }

  /// One that only fetches.
  func reader() throws -> NodePublisher {
    NodePublisher(
      url: chain.url, chainID: chain.client.chainID, payer: nil,
      beacon: try BeaconClient(url: chain.url))
  }

  func mine(_ count: Int64 = 1) throws {
    _ = try chain.client.request("evm_mine", [.integer(count)], repeats: false)
  }

  func automine(_ isOn: Bool) throws {
    _ = try chain.client.request("evm_setAutomine", [.bool(isOn)], repeats: false)
  }

  /// The blocks' transactions are lost.
  func reorganise(_ depth: UInt64) throws { try chain.reorganise(depth: depth) }

  func error(_ body: () throws -> Void) -> AvailabilityError? {
    do { try body() } catch { return error as? AvailabilityError }
    return nil
  }

  func isWaiting(_ error: AvailabilityError?) -> Bool {
    if case .waiting = error { true } else { false }
  }

  func octets(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// Hashes of all that the key has signed for its entry `place`, the newest last.
  func hashes(_ place: Int = 0, key: UInt64 = 5) throws -> [String] {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\(key).json"))
    let entries = try JSONValue(decoding: [UInt8](data))["entries"]?.asArray ?? []
    guard place < entries.count else { return [] }
    return entries[place]["hashes"]?.asArray?.compactMap(\.asText) ?? []
  }
}
