import Foundation
import Hashing

/// The recorded half hour of Bitstamp BTC/USD that a public Python package ships as its sample:
/// 314,057 order events of 2026-05-02, with the exchange's own 284 matches.
///
/// It is fetched by the package's name and kept in a cache; it is never part of this project.
enum BitstampDataSet {
  static let package = "ob-analytics==0.1.0"

  /// Members of the package that are used, the name they are kept under, and their SHA-256.
  struct Member {
    var path: String
    var name: String
    var digest: String
  }

  static let orders = Member(
    path: "ob_analytics/_sample_data/orders.csv.gz", name: "orders.csv.gz",
    digest: "880501e94fb43942b7f98cbc37bab421d72703d85898aae8de5da117bf62cdfc")
  static let trades = Member(
    path: "ob_analytics/_sample_data/trades.csv", name: "trades.csv",
    digest: "9fd0dd86023b71eed49026b9b8e8a45d06d2578ced69393ad696f37233e9c795")

  enum Answer: Equatable {
    case files(orders: String, trades: String, origin: String)
    /// It could not be had; one line that says why.
    case offline(reason: String)
  }

  /// The two files: from the folder `CAUSEWAY_CAPTURE` names, from the cache, or fetched.
  static func locate(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Answer {
    if let folder = environment["CAUSEWAY_CAPTURE"], !folder.isEmpty { return local(folder) }
    let cache = cacheFolder(environment)
    if let files = verified(in: cache) { return files }
    return fetch(into: cache)
  }

  /// `$XDG_CACHE_HOME/causeway`, else `~/.cache/causeway`; below it, one folder a package version.
  static func cacheFolder(_ environment: [String: String]) -> URL {
    let base: URL
    if let given = environment["XDG_CACHE_HOME"], given.hasPrefix("/") {
      base = URL(fileURLWithPath: given)
    } else {
      let home = environment["HOME"].map { URL(fileURLWithPath: $0) }
      base = (home ?? FileManager.default.temporaryDirectory).appendingPathComponent(".cache")
    }
    return base.appendingPathComponent("causeway")
      .appendingPathComponent(package.replacing("==", with: "-"))
  }

  /// Files of a folder whose names end in those of the package's members.
  private static func local(_ folder: String) -> Answer {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let found = [["orders.csv.gz", "orders.csv"], ["trades.csv", "trades.csv.gz"]].map { ends in
      names.first { name in ends.contains { name.hasSuffix($0) } }
    }
    guard let orders = found[0], let trades = found[1] else {
      return .offline(
        reason: "CAUSEWAY_CAPTURE=\(folder): no file ending in orders.csv.gz and one in trades.csv")
    }
    return .files(
      orders: folder + "/" + orders, trades: folder + "/" + trades, origin: folder)
  }

  private static func verified(in folder: URL) -> Answer? {
    let paths = [orders, trades].map { member in
      (folder.appendingPathComponent(member.name).path, member.digest)
    }
    guard paths.allSatisfy({ sha256(ofFile: $0.0) == $0.1 }) else { return nil }
    return .files(
      orders: paths[0].0, trades: paths[1].0, origin: "\(package), sample data")
  }

  private static func fetch(into cache: URL) -> Answer {
    let manager = FileManager.default
    let scratch = cache.deletingLastPathComponent()
      .appendingPathComponent("fetch-\(UUID().uuidString)")
    defer { try? manager.removeItem(at: scratch) }
    do {
      try manager.createDirectory(at: scratch, withIntermediateDirectories: true)
    } catch {
      return .offline(reason: "the cache folder \(cache.path) cannot be made")
    }
    if let reason = download(into: scratch) { return .offline(reason: reason) }
    let names = (try? manager.contentsOfDirectory(atPath: scratch.path)) ?? []
    guard let wheel = names.first(where: { $0.hasSuffix(".whl") }) else {
      return .offline(reason: "pip left no wheel of \(package)")
    }
    do {
      try manager.createDirectory(at: cache, withIntermediateDirectories: true)
      for member in [orders, trades] {
        let unpacked = Subprocess.run([
          "unzip", "-p", scratch.appendingPathComponent(wheel).path, member.path,
        ])
        guard unpacked.status == 0 else {
          return .offline(reason: "unzip found no \(member.path) in \(wheel)")
        }
        // Atomic: a second program that fetches at the same time sees a whole file or none.
        try unpacked.output.write(
          to: cache.appendingPathComponent(member.name), options: .atomic)
      }
    } catch {
      return .offline(reason: "the cache folder \(cache.path) cannot be written")
    }
    return verified(in: cache)
      ?? .offline(reason: "the sample data of \(package) have another SHA-256 than they had")
  }

  /// Nil when the wheel is there, else why not. The system's Python is tried when the first in
  /// PATH has no pip.
  private static func download(into folder: URL) -> String? {
    var reason = ""
    for python in ["python3", "/usr/bin/python3"] {
      let result = Subprocess.run([
        python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--only-binary=:all:", "--retries", "1", "--timeout", "10", "--dest", folder.path, package,
      ])
      if result.status == 0 { return nil }
      reason = "pip could not download \(package): \(result.errorLine)"
    }
    return reason
  }

  /// Lower-case hexadecimal; nil when the file cannot be read.
  static func sha256(ofFile path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    var hash = SHA256()
    unsafe [UInt8](data).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      // SAFETY: base and count are those of the array, which outlives the call.
      unsafe hash.update(base, byteCount: bytes.count)
    }
    let digest = hash.finish()
    var octets = [UInt8](repeating: 0, count: 32)
    unsafe octets.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      // SAFETY: a digest is 32 octets, the array's length.
      unsafe digest.write(to: base)
    }
    return octets.map { byte in
      let hex = UInt16(byte) + 256
      return String(hex, radix: 16).dropFirst()
    }.joined()
  }
}
