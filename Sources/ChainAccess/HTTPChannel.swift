import Foundation
import FoundationNetworking
import Synchronization

/// Posts a body to one URL and waits for the answer; bounded in time and length.
///
/// SAFETY of Sendable: `session` is set in `init` and used by any thread as Foundation allows; what
/// changes is in the mutex.
final class HTTPChannel: @unchecked Sendable {
  private struct Exchange {
    var body: [UInt8] = []
    var status = 0
    var failure: String?
    var isTooLarge = false
    let done = DispatchSemaphore(value: 0)
  }

  private let url: URL
  private let byteCountMax: Int
  private let exchanges = Mutex<[Int: Exchange]>([:])
  private let session: URLSession
  /// For messages: a URL may hold a secret in its path, a host does not.
  let host: String

  /// - Parameter byteCountMax: octets of an answer.
  /// - Throws: `configuration` unless the URL is one of http or https.
  init(url text: String, byteCountMax: Int) throws(ChainError) {
    guard let url = URL(string: text), let scheme = url.scheme, let host = url.host(),
      ["http", "https"].contains(scheme), !host.isEmpty
    else { throw .configuration("the node's URL is none; right would be http://host:port") }
    self.url = url
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
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.httpBody = Data(body)
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.timeoutInterval = seconds + 1
    let task = session.dataTask(with: request)
    let exchange = Exchange()
    exchanges.withLock { $0[task.taskIdentifier] = exchange }
    task.resume()
    let isDone = exchange.done.wait(timeout: .now() + seconds) == .success
    if !isDone { task.cancel() }
    let ended = exchanges.withLock { $0.removeValue(forKey: task.taskIdentifier) } ?? exchange
    if ended.isTooLarge { throw .tooLarge(method, byteCountMax) }
    guard isDone else { throw .timedOut(method, seconds) }
    if let failure = ended.failure { throw .unreachable(host, failure) }
    guard ended.status == 200 else { throw .http(method, ended.status) }
    return ended.body
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
