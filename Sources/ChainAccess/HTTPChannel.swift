import Foundation
import FoundationNetworking
import Synchronization

/// Asks one HTTP server and waits for the answer; bounded in time and length. Redirections are not
/// followed. Any thread may ask.
///
/// SAFETY of Sendable: `session` is set in `init` and used by any thread as Foundation allows; what
/// changes is in the mutex.
public final class HTTPChannel: @unchecked Sendable {
  private struct Exchange {
    var body: [UInt8] = []
    var status = 0
    var failure: String?
    var isTooLarge = false
    let done = DispatchSemaphore(value: 0)
  }

  private let url: URL
  /// The URL's text without a stroke at its end.
  private let base: String
  private let byteCountMax: Int
  private let exchanges = Mutex<[Int: Exchange]>([:])
  private let session: URLSession
  /// For messages: a URL may hold a secret in its path, a host does not.
  public let host: String

  /// - Parameter byteCountMax: octets of an answer.
  /// - Throws: `configuration` unless the URL is one of http or https.
  public init(url text: String, byteCountMax: Int) throws(ChainError) {
    guard let url = URL(string: text), let scheme = url.scheme, let host = url.host(),
      ["http", "https"].contains(scheme), !host.isEmpty
    else { throw .configuration("the node's URL is none; right would be http://host:port") }
    self.url = url
    base = text.hasSuffix("/") ? String(text.dropLast()) : text
    self.host = host + (url.port.map { ":\($0)" } ?? "")
    self.byteCountMax = byteCountMax
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.httpCookieStorage = nil
    let relay = HTTPRelay()
    session = URLSession(configuration: configuration, delegate: relay, delegateQueue: nil)
    relay.channel = self
  }

  deinit { session.invalidateAndCancel() }

  /// The body of an answer with status 200.
  ///
  /// - Throws: `unreachable`, `timedOut`, `tooLarge`, `http`.
  func post(_ body: [UInt8], method: String, seconds: Double) throws(ChainError) -> [UInt8] {
    let (status, answer) = try ask(
      "POST", body: body, headers: ["Content-Type": "application/json"], name: method,
      seconds: seconds)
    guard status == 200 else { throw .http(method, status) }
    return answer
  }

  /// The status and body of an answer, whatever the status.
  ///
  /// - Parameters:
  ///   - path: what follows the URL, query included; already in the form of a URL.
  ///   - name: of the question, for messages.
  /// - Throws: `configuration` for a path that is none, `unreachable`, `timedOut`, `tooLarge`.
  public func ask(
    _ verb: String, path: String = "", body: [UInt8]? = nil, headers: [String: String] = [:],
    name: String, seconds: Double
  ) throws(ChainError) -> (status: Int, body: [UInt8]) {
    guard let place = path.isEmpty ? url : URL(string: base + path) else {
      throw .configuration("\(NodeText.clean(path)) is no path")
    }
    var request = URLRequest(url: place)
    request.httpMethod = verb
    request.httpBody = body.map { Data($0) }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    request.timeoutInterval = seconds + 1
    let task = session.dataTask(with: request)
    let exchange = Exchange()
    exchanges.withLock { $0[task.taskIdentifier] = exchange }
    task.resume()
    let isDone = exchange.done.wait(timeout: .now() + seconds) == .success
    if !isDone { task.cancel() }
    let ended = exchanges.withLock { $0.removeValue(forKey: task.taskIdentifier) } ?? exchange
    if ended.isTooLarge { throw .tooLarge(name, byteCountMax) }
    guard isDone else { throw .timedOut(name, seconds) }
    if let failure = ended.failure { throw .unreachable(host, failure) }
    return (ended.status, ended.body)
  }

  // MARK: What the session tells

  func began(_ task: URLSessionTask, status: Int) {
    exchanges.withLock { $0[task.taskIdentifier]?.status = status }
  }

  func received(_ data: Data, of task: URLSessionTask) {
    let isTooLarge = exchanges.withLock { exchanges in
      guard var exchange = exchanges.removeValue(forKey: task.taskIdentifier) else { return false }
      if exchange.body.count + data.count > byteCountMax {
        exchange.isTooLarge = true
        exchange.body = []
      } else if !exchange.isTooLarge {
        exchange.body += data
      }
      exchanges[task.taskIdentifier] = exchange
      return exchange.isTooLarge
    }
    if isTooLarge { task.cancel() }
  }

  func ended(_ task: URLSessionTask, _ error: (any Error)?) {
    // A redirection never begins: its status is only here.
    let status = (task.response as? HTTPURLResponse)?.statusCode ?? 0
    exchanges.withLock { exchanges in
      if exchanges[task.taskIdentifier]?.status == 0 {
        exchanges[task.taskIdentifier]?.status = status
      }
      if let error {
        exchanges[task.taskIdentifier]?.failure = NodeText.clean(error.localizedDescription)
      }
      exchanges[task.taskIdentifier]?.done.signal()
    }
  }
}
