import ChainAccess
import Foundation
import Synchronization

/// A node that misbehaves to order: an HTTP server on the loopback, one connection a request.
final class FakeNode: Sendable {
  enum Reply: Sendable {
    /// A right answer with this result.
    case result(String)
    /// These octets as the body, `ID` replaced by the question's number.
    case body(String)
    case status(Int)
    /// Announces more than it sends, and hangs up.
    case half
    /// Hangs up at once.
    case nothing
    /// Answers rightly after these seconds.
    case late(Double, String)
    /// As many octets of white space.
    case long(Int)
  }

  private struct Script {
    var replies: [String: [Reply]] = [:]
    var asked: [String] = []
  }

  private let script = Mutex(Script())
  private let listener: Int32
  let url: String

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
        _ = bind(listener, place, length)
        _ = listen(listener, 64)
        _ = getsockname(listener, place, &length)
      }
    }
    url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    answer("eth_chainId", [.result("\"0x7a69\"")])
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        if connection < 0 { return }
        Thread.detachNewThread { [weak self] in
          self?.serve(connection)
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// What a method gets, in order; the last for ever.
  func answer(_ method: String, _ replies: [Reply]) {
    script.withLock { $0.replies[method] = replies }
  }

  /// Methods in the order they were asked for.
  var asked: [String] { script.withLock { $0.asked } }

  private func serve(_ connection: Int32) {
    guard let question = read(connection), let method = question["method"]?.asText else { return }
    let reply = script.withLock { script in
      script.asked.append(method)
      guard let replies = script.replies[method], let first = replies.first else {
        return Reply.body(
          #"{"jsonrpc":"2.0","id":ID,"error":{"code":-32601,"message":"no such method"}}"#)
      }
      if replies.count > 1 { script.replies[method]?.removeFirst() }
      return first
    }
    let id = "\(question["id"]?.asInteger ?? -1)"
    func right(_ result: String) -> String { #"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"# }
    switch reply {
    case .result(let result): send(connection, right(result))
    case .body(let body): send(connection, body.replacingOccurrences(of: "ID", with: id))
    case .status(let status): send(connection, "no", status: status)
    case .half: send(connection, right("1"), missing: 1000)
    case .nothing: break
    case .late(let seconds, let result):
      Thread.sleep(forTimeInterval: seconds)
      send(connection, right(result))
    case .long(let count): send(connection, String(repeating: " ", count: count))
    }
  }

  private func read(_ connection: Int32) -> JSONValue? {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      text += buffer[..<count]
      // The body is one JSON object: it is whole when it can be read.
      if let start = String(decoding: text, as: UTF8.self).range(of: "\r\n\r\n") {
        let body = String(decoding: text, as: UTF8.self)[start.upperBound...]
        if let json = try? JSONValue(decoding: Array(body.utf8)) { return json }
      }
    }
  }

  private func send(_ connection: Int32, _ body: String, status: Int = 200, missing: Int = 0) {
    let head =
      "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nConnection: close\r\n"
      + "Content-Length: \(body.utf8.count + missing)\r\n\r\n"
    let octets = Array((head + body).utf8)
    var offset = 0
    while offset < octets.count {
      let count = octets[offset...].withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      offset += count
    }
  }
}
