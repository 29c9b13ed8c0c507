import DataAvailability
import Signing

extension VenueConfiguration {
  /// Where the data of batches are published, beside the settlement folder, which always has them.
  struct PublishedData {
    /// In the order in which they are asked to take a batch.
    var kinds: [DataReference.Kind]
    /// Nil without a committee.
    var committee: DataCommittee?
    /// Pays for calldata and blobs; empty without. Not the poster's: nodes refuse to hold blobs and
    /// other transactions of one account at a time.
    var keyFile = ""
    /// Makes commitments and proofs of blobs; empty without blobs.
    var blobCommand: [String] = []
    /// Wei for a unit of gas of blobs; another storage is asked rather than pay more.
    var blobFeeMax: UInt64 = 0

    /// Only the settlement folder has them.
    static var folderOnly: PublishedData { PublishedData(kinds: [.directory]) }

    var isFolderOnly: Bool { kinds == [.directory] }
    var usesChain: Bool { kinds.contains(.calldata) || kinds.contains(.blob) }
  }

  /// Who vouches for data, and where its members are.
  struct DataCommittee {
    var committee: Committee
    /// In the order of its addresses.
    var urls: [String]
  }

  private static var kindNames: [(String, DataReference.Kind)] {
    [
      ("directory", .directory), ("committee", .committee), ("calldata", .calldata),
      ("blob", .blob),
    ]
  }

  /// `data` and `[settlement.committee]` of the section; what the chain's section says of it is
  /// filled in there.
  static func publishedData(_ section: TOMLSection) throws -> PublishedData {
    let words = try section.wordOrWords("data", default: ["directory"])
    var kinds: [DataReference.Kind] = []
    for word in words {
      guard let kind = kindNames.first(where: { $0.0 == word })?.1 else {
        let known = kindNames.map { "\"\($0.0)\"" }.joined(separator: ", ")
        throw section.error("data", "has \"\(word)\"; right would be some of \(known)")
      }
      guard !kinds.contains(kind) else {
        throw section.error("data", "has \"\(word)\" twice; each is asked once, in this order")
      }
      kinds.append(kind)
    }
    guard !kinds.isEmpty else {
      throw section.error("data", "is empty; right would be \"directory\" for the folder alone")
    }
    let committee = try dataCommittee(
      try section.section("committee"), isWanted: kinds.contains(.committee))
    return PublishedData(kinds: kinds, committee: committee)
  }

  private static func dataCommittee(
    _ section: TOMLSection, isWanted: Bool
  ) throws -> DataCommittee? {
    let threshold = try section.integer("threshold", in: 0...255, default: 0)
    var members: [SignerAddress] = []
    var urls: [String] = []
    for member in try section.sections("member") {
      let url = try member.string("url")
      guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
        throw member.error("url", "is \"\(url)\"; right would be http://host:port")
      }
      urls.append(url)
      do {
        members.append(try SignerAddress(text: try member.string("address")))
      } catch let error as SigningError {
        throw member.error("address", "is \(error)")
      }
      try member.finish()
    }
    try section.finish()
    guard isWanted else {
      if threshold > 0 || !members.isEmpty {
        throw section.error("threshold", "is of no use: data does not name \"committee\"")
      }
      return nil
    }
    guard !members.isEmpty else {
      throw section.error(
        "member", "is missing; give a [[settlement.committee.member]] for each, url and address")
    }
    guard let committee = Committee(members: members, threshold: threshold) else {
      throw section.error(
        "threshold",
        "is \(threshold); right would be 1 to \(members.count), and members all different")
    }
    return DataCommittee(committee: committee, urls: urls)
  }

  /// What the chain's section says of data that are published there.
  static func readChainData(
    _ section: TOMLSection, into data: inout PublishedData, hasChain: Bool,
    absolute: (String) -> String
  ) throws {
    let key = try section.string("data_key_file", default: "")
    let command = try section.strings("blob_command")
    let fee = try section.integer("blob_fee_max_gwei", in: 1...1_000_000, default: 100)
    if data.usesChain {
      guard hasChain else {
        throw section.error("url", "is missing; data are to be published on the chain")
      }
      guard !key.isEmpty else {
        throw section.error(
          "data_key_file", "is missing; give the key that pays for calldata and blobs")
      }
    } else if !key.isEmpty {
      throw section.error(
        "data_key_file", "is of no use: data names neither \"calldata\" nor \"blob\"")
    }
    guard data.kinds.contains(.blob) == !command.isEmpty else {
      throw section.error(
        "blob_command",
        command.isEmpty
          ? "is missing; give the program that makes commitments of blobs, as a list of words"
          : "is of no use: data does not name \"blob\"")
    }
    data.keyFile = key.isEmpty ? "" : absolute(key)
    // A word with a stroke is a path; others are looked for in PATH.
    data.blobCommand = command.map { $0.contains("/") ? absolute($0) : $0 }
    data.blobFeeMax = UInt64(fee) * 1_000_000_000
  }
}
