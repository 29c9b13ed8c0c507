import DataAvailability
import Foundation
import Testing

@testable import causeway

@Suite struct DataConfigurationTests {
  private static let members = (1...4).map { place in
    """
    [[settlement.committee.member]]
    url = "http://10.0.0.\(place):7800"
    address = "0x51a240271AB8AB9f9a21C82d9a85396b704E164\(place)"

    """
  }.joined().lowercased()

  private static func text(
    data: String = "", settlement: String = "", chain: String = "", committee: String = ""
  ) -> String {
    ConfigurationTests.good.replacingOccurrences(
      of: "price_high = \"1000\"", with: "price_high = \"1000\"\nkind = \"perpetual\"") + """

        [margin]
        enabled = true
        [[underlying]]
        id = 0
        index = "100"
        volatility = "0.5"
        [settlement]
        directory = "settled"
        sequencer_key_file = "sequencer.key"
        \(data.isEmpty ? "" : "data = \(data)")
        \(settlement)
        [settlement.chain]
        url = "http://127.0.0.1:1"
        id = 31337
        vault = "0x51a240271AB8AB9f9a21C82d9a85396b704E164d"
        poster_key_file = "poster.key"
        \(chain)

        """ + committee
  }

  private static let payer = "data_key_file = \"data.key\""
  private static let tool = "blob_command = [\"bin/python\", \"./blobs.py\", \"-q\"]"
  private static let committee = "[settlement.committee]\nthreshold = 3\n" + members

  @Test func `the folder alone has the data unless the file says otherwise`() throws {
    let settlement = try #require(try ConfigurationTests.read(Self.text()).settlement)
    #expect(settlement.data.isFolderOnly)
    #expect(settlement.chain?.namesData == false)
  }

  @Test func `storages are read in their order, with what each needs`() throws {
    let text = Self.text(
      data: "[\"blob\", \"calldata\", \"committee\", \"directory\"]",
      chain: Self.payer + "\n" + Self.tool + "\nblob_fee_max_gwei = 7", committee: Self.committee)
    let settlement = try #require(try ConfigurationTests.read(text).settlement)
    let data = settlement.data
    #expect(data.kinds == [.blob, .calldata, .committee, .directory])
    #expect(data.keyFile == "/base/data.key")
    #expect(data.blobCommand == ["/base/bin/python", "/base/./blobs.py", "-q"])
    #expect(data.blobFeeMax == 7_000_000_000)
    #expect(data.committee?.committee.threshold == 3)
    #expect(data.committee?.urls.last == "http://10.0.0.4:7800")
    #expect(settlement.chain?.namesData == true)
    let single = Self.text(data: "\"committee\"", committee: Self.committee)
    #expect(try ConfigurationTests.read(single).settlement?.data.kinds == [.committee])
  }

  @Test(arguments: [
    ("\"tape\"", "", "", "data has \"tape\"; right would be some of \"directory\", \"committee\""),
    ("[]", "", "", "data is empty"),
    ("[\"blob\", \"blob\"]", "", "", "data has \"blob\" twice"),
    ("7", "", "", "data must be a text or a list of texts"),
    ("\"committee\"", "", "", "committee.member is missing"),
    ("\"committee\"", "", members, "committee.threshold is 0; right would be 1 to 4"),
    (
      "\"committee\"", "", committee.replacingOccurrences(of: "= 3", with: "= 5"),
      "committee.threshold is 5; right would be 1 to 4"
    ),
    (
      "\"committee\"", "", committee.replacingOccurrences(of: "164\(2)", with: "164\(1)"),
      "and members all different"
    ),
    (
      "\"committee\"", "", committee.replacingOccurrences(of: "http://10.0.0.3", with: "10.0.0.3"),
      "member.url is \"10.0.0.3:7800\"; right would be http://host:port"
    ),
    (
      "\"committee\"", "", committee.replacingOccurrences(of: "0x51a", with: "0x51"),
      "member.address is not an address"
    ),
    ("\"directory\"", "", committee, "committee.threshold is of no use"),
    ("\"calldata\"", "", "", "chain.data_key_file is missing"),
    ("\"blob\"", payer, "", "chain.blob_command is missing"),
    ("\"calldata\"", payer + "\n" + tool, "", "chain.blob_command is of no use"),
    ("\"directory\"", payer, "", "chain.data_key_file is of no use"),
    ("\"calldata\"", payer + "\nblob_fee_max_gwei = 0", "", "chain.blob_fee_max_gwei is 0"),
  ])
  func `what does not fit is said in one line with its place`(
    data: String, chain: String, committee: String, says: String
  ) throws {
    let text = Self.text(data: data, chain: chain, committee: committee)
    let line = try #require(ConfigurationTests.complaint(text))
    #expect(line.contains(says), "\(line)")
    #expect(line.hasPrefix("f.toml:"), "\(line)")
    #expect(!line.contains("\n"))
  }

  @Test func `data on the chain need a chain`() throws {
    let text = Self.text(data: "\"calldata\"", chain: Self.payer)
    let start = try #require(text.range(of: "[settlement.chain]"))
    let line = try #require(ConfigurationTests.complaint(String(text[..<start.lowerBound])))
    #expect(line.contains("chain.url is missing; data are to be published on the chain"), "\(line)")
  }

  @Test(arguments: [
    ("interval_s = 60", "unposted_max = 721", "right would be at most twelve hours"),
    ("interval_s = 600", "unposted_max = 73", "twelve hours of batches, 72,"),
    ("interval_s = 86400", "", "or a shorter interval_s"),
    ("interval_s = 60", "unposted_max = 720", ""),
    ("interval_s = 3600", "", ""),
  ])
  func `batches may wait for the chain for twelve hours at most`(
    settlement: String, chain: String, says: String
  ) throws {
    let line = ConfigurationTests.complaint(Self.text(settlement: settlement, chain: chain))
    #expect(says.isEmpty ? line == nil : line?.contains(says) == true, "\(line ?? "")")
  }
}
