import ChainAccess
import Foundation
import Hashing
import Signing
import TestSupport
import Testing

/// Held against rlp, eth-abi, eth-account and ckzg on random inputs.
@Suite(.enabled(if: PythonTools.isThere, "no .venv: run scripts/install"))
struct IndependentTests {
  private func octetsOf(_ json: JSONValue?) throws -> [UInt8] {
    try octets(hexadecimal: json?.asText ?? "")
  }

  private func numberOf(_ json: JSONValue?) throws -> U256 {
    try U256(decimal: json?.asText ?? "0")
  }

  @Test func `1200 random inputs give the octets that other libraries give`() throws {
    let seed = UInt32.random(in: 0 ... .max)
    let lines = try PythonTools.lines("\(seed)", "1200")
    #expect(lines.count == 1200, "seed \(seed)")
    for (index, line) in lines.enumerated() {
      let place = Comment(rawValue: "seed \(seed), line \(index)")
      switch line["kind"]?.asText {
      case "rlp":
        let item = try rlp(try #require(line["item"]))
        let encoded = try octetsOf(line["encoded"])
        #expect(item.encoded == encoded, place)
        #expect(try RLPItem(decoding: encoded) == item, place)
      case "abi": try check(abi: line, place)
      case "transaction": try check(transaction: line, place)
      case "typed": try check(typed: line, place)
      case "address":
        let address = try #require(SignerAddress(try octetsOf(line["octets"])))
        #expect(address.description == line["address"]?.asText, place)
        let nonce = try #require(try numberOf(line["nonce"]).asUInt64)
        #expect(address.created(nonce: nonce).array == (try octetsOf(line["created"])), place)
      default: Issue.record("a line of no kind")
      }
    }
  }

  private func rlp(_ json: JSONValue) throws -> RLPItem {
    if let parts = json.asArray { return .list(try parts.map(rlp)) }
    return .octets(try octetsOf(json))
  }

  private func check(abi line: JSONValue, _ place: Comment) throws {
    let types = try (line["types"]?.asArray ?? []).map { try ABIType($0.asText ?? "") }
    let names = (line["types"]?.asArray ?? []).compactMap(\.asText)
    #expect(types.map(\.name) == names, place)
    let values = try zip(types, line["values"]?.asArray ?? []).map { try value($0, $1) }
    let encoded = try octetsOf(line["encoded"])
    #expect(try ABICoding.encode(values, as: types) == encoded, place)
    #expect(try ABICoding.decode(encoded, as: types) == values, place)
    #expect(
      ABIFunction(name: "f", inputs: types).selector == (try octetsOf(line["selector"])), place)
  }

  private func value(_ type: ABIType, _ json: JSONValue) throws -> ABIValue {
    switch type {
    case .uint: return .uint(try numberOf(json))
    case .int:
      let text = json.asText ?? ""
      guard text.hasPrefix("-") else { return .int(try U256(decimal: text)) }
      return .int(U256.max - (try U256(decimal: String(text.dropFirst()))) + 1)
    case .address: return .address(try SignerAddress(text: json.asText ?? ""))
    case .bool: return .bool(json.asBool ?? false)
    case .fixedBytes: return .fixedBytes(try octetsOf(json))
    case .bytes: return .bytes(try octetsOf(json))
    case .string: return .string(json.asText ?? "")
    case .array(let element), .fixedArray(let element, _):
      return .array(try (json.asArray ?? []).map { try value(element, $0) })
    case .tuple(let parts):
      return .tuple(try zip(parts, json.asArray ?? []).map { try value($0, $1) })
    }
  }

  private func transaction(_ fields: JSONValue?) throws -> Transaction {
    let to = try fields?["to"]?.asText.map { try SignerAddress(text: $0) }
    var made = Transaction(
      chainID: try numberOf(fields?["chainId"]).asUInt64 ?? 0,
      nonce: try numberOf(fields?["nonce"]).asUInt64 ?? 0,
      maxPriorityFeePerGas: try numberOf(fields?["maxPriorityFeePerGas"]),
      maxFeePerGas: try numberOf(fields?["maxFeePerGas"]),
      gasLimit: try numberOf(fields?["gas"]).asUInt64 ?? 0, to: to,
      value: try numberOf(fields?["value"]), data: try octetsOf(fields?["data"]))
    made.accessList = try (fields?["accessList"]?.asArray ?? []).map { entry in
      Transaction.Access(
        address: try SignerAddress(text: entry["address"]?.asText ?? ""),
        slots: try (entry["storageKeys"]?.asArray ?? []).map {
          try KeccakDigest(hexadecimal: $0.asText ?? "")
        })
    }
    if fields?["type"]?.asText == "3" {
      made.blobs = .init(
        maxFeePerBlobGas: try numberOf(fields?["maxFeePerBlobGas"]),
        versionedHashes: try (fields?["blobVersionedHashes"]?.asArray ?? []).map {
          try KeccakDigest(hexadecimal: $0.asText ?? "")
        })
    }
    return made
  }

  private func check(transaction line: JSONValue, _ place: Comment) throws {
    let key = try SigningKey(text: line["key"]?.asText ?? "")
    let signed = try transaction(line["fields"]).signed(by: key)
    let payload = try octetsOf(line["payload"])
    #expect(signed.payload == payload, place)
    #expect(signed.hash.hexadecimal == line["hash"]?.asText, place)
    #expect(try SignedTransaction(payload: payload) == signed, place)
    #expect(try signed.sender().description == line["sender"]?.asText, place)
  }

  private func check(typed line: JSONValue, _ place: Comment) throws {
    func word(_ name: String) throws -> UInt64 {
      try numberOf(line["message"]?[name]).asUInt64 ?? 0
    }
    func digest(_ name: String) throws -> KeccakDigest {
      try KeccakDigest(hexadecimal: line["message"]?[name]?.asText ?? "")
    }
    let statement: SettlementStatement =
      switch line["name"]?.asText {
      case "Batch": .batch(header: try digest("header"))
      case "Head": .head(sequence: try word("sequence"), head: try digest("head"))
      case "AccountState": .accountState(leaf: try digest("leaf"), consumed: try word("consumed"))
      case "Settlement":
        .settlement(
          underlying: UInt8(try word("underlying")), expiry: try word("expiry"),
          price: try word("price"))
      case "ChannelState":
        .channelState(
          channel: try numberOf(line["message"]?["channel"]), nonce: try word("nonce"),
          toFirst: try word("toFirst"), leaf: try digest("leaf"))
      default:
        .channelClose(
          channel: try numberOf(line["message"]?["channel"]), toFirst: try word("toFirst"))
      }
    let domain = SettlementDomain(
      chainID: try numberOf(line["chain"]).asUInt64 ?? 0,
      contract: try SignerAddress(text: line["contract"]?.asText ?? ""))
    #expect(domain.digest(statement).hexadecimal == line["digest"]?.asText, place)
    let key = try SigningKey(text: line["key"]?.asText ?? "")
    let signature = key.sign(domain.digest(statement)).octets
    #expect(
      hexadecimal(signature.indices.map { signature[$0] }) == line["signature"]?.asText, place)
  }

  @Test func `the envelope with a blob is eth-account's, and its name is the payload's`() throws {
    let line = try PythonTools.lines("blob", "11")[0]
    // With proofs by cell (EIP-7594), as eth-account sends them.
    let proofs = try (line["cellProofs"]?.asArray ?? []).map { try octetsOf($0) }
    let sidecar = try BlobSidecar(
      blobs: [octetsOf(line["blob"])], commitments: [octetsOf(line["commitment"])], proofs: proofs)
    var plain = try transaction(line["fields"])
    plain.blobs?.versionedHashes = sidecar.versionedHashes
    let signed = plain.signed(by: try SigningKey(text: line["key"]?.asText ?? ""))
    #expect(signed.hash.hexadecimal == line["hash"]?.asText)
    #expect(signed.envelope(sidecar) == (try octetsOf(line["envelope"])))
  }
}
