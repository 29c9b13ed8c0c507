import ChainAccess
import Foundation
import Signing

/// A committee of four for a proof: three processes of this program, and one that betrays.
final class DataCommitteeProcesses {
  static let liar = 1
  static let count = 4
  static let threshold = 3

  /// In the committee's order.
  private(set) var urls: [String] = []
  private(set) var addresses: [SignerAddress] = []
  private var members: [Int: ProgramRun] = [:]
  private let lyingServer: AnswerServer

  init(folder: String, sequencer: SignerAddress, chainID: UInt64, vault: SignerAddress) throws {
    let keys = (0..<Self.count).map { "\(folder)/member-\($0).key" }
    for key in keys { _ = try KeyFile.create(key) }
    let desk = { (folder: String) throws -> MemberDesk in
      MemberDesk(
        folder: folder, key: try KeyFile.read(keys[Self.liar]),
        domain: SettlementDomain(chainID: chainID, contract: vault), sequencer: sequencer)
    }
    let liar = LyingMember(
      desk: try desk("\(folder)/member-\(Self.liar)"),
      other: try desk("\(folder)/member-\(Self.liar)-other"))
    lyingServer = try AnswerServer { await liar.answer($0) }
    for place in 0..<Self.count {
      addresses.append(try KeyFile.read(keys[place]).address)
      guard place != Self.liar else {
        urls.append(try lyingServer.start())
        continue
      }
      let member = try ProgramRun(
        [
          "committee", "serve", "--folder", "\(folder)/member-\(place)", "--key-file", keys[place],
          "--sequencer", sequencer.description, "--chain-id", "\(chainID)", "--vault",
          vault.description, "--listen", "127.0.0.1:0",
        ], folder: folder, label: "member-\(place)")
      guard let line = member.firstLine(seconds: 60), let url = line.split(separator: " ").last
      else {
        throw ConfigurationError(
          "member \(place)", "does not start: \(member.errorLines.last ?? "")")
      }
      members[place] = member
      urls.append(String(url))
    }
  }

  func kill(_ place: Int) { members.removeValue(forKey: place)?.kill() }

  /// Sections of a venue's file.
  var text: String {
    "[settlement.committee]\nthreshold = \(Self.threshold)\n"
      + zip(urls, addresses).map { url, address in
        "[[settlement.committee.member]]\nurl = \"\(url)\"\naddress = \"\(address)\"\n"
      }.joined()
  }

  /// Words of a command that fetches.
  var words: [String] {
    zip(urls, addresses).flatMap { ["--member", "\($1)@\($0)"] }
      + ["--threshold", "\(Self.threshold)"]
  }
}
