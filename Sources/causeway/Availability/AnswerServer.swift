import Dispatch
import FlyingFox
import Foundation
import Synchronization

/// What somebody asks over HTTP.
struct HTTPQuestion: Sendable {
  var verb: String
  var path: String
  var body: [UInt8]
  /// By name; case does not matter.
  var header: @Sendable (String) -> String?
}

/// What a caller is told: a status of HTTP, and octets or a line.
struct HTTPAnswer: Sendable, Equatable {
  var status: Int
  var body: [UInt8]

  static func refused(_ status: Int, _ line: String) -> HTTPAnswer {
    HTTPAnswer(status: status, body: Array(line.utf8))
  }
}

/// Runs a server's tasks on threads of its own: what blocks the common few does not stop it.
private final class ServerThreads: TaskExecutor {
  private let queue = DispatchQueue(label: "server", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { [self] in
      // SAFETY: this closure holds the executor while the job runs.
      unsafe job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}

/// A small HTTP server: whole bodies in, whole bodies out.
final class AnswerServer: Sendable {
  private struct Handler: HTTPHandler {
    let bodyByteCountMax: Int
    let answer: @Sendable (HTTPQuestion) async -> HTTPAnswer?

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
      guard let count = request.bodySequence.count, count <= bodyByteCountMax,
        let body = try? await request.bodyData
      else {
        return HTTPResponse(
          statusCode: .payloadTooLarge,
          body: Data("a body of at most \(bodyByteCountMax) octets is taken".utf8))
      }
      let question = HTTPQuestion(
        verb: request.method.rawValue, path: request.path, body: [UInt8](body),
        header: { request.headers[HTTPHeader($0)] })
      guard let answer = await answer(question) else { throw CancellationError() }
      return HTTPResponse(
        statusCode: HTTPStatusCode(answer.status, phrase: answer.status == 200 ? "OK" : "Refused"),
        body: Data(answer.body))
    }
  }

  private let server: HTTPServer
  private let threads = ServerThreads()
  private let state = Mutex<(url: String?, failure: String?)>((nil, nil))

  /// - Parameters:
  ///   - host: an IPv4 address of this machine.
  ///   - port: 0 takes a free one.
  ///   - answer: nil is an error inside (500).
  /// - Throws: for an address that is none.
  init(
    host: String = "127.0.0.1", port: UInt16 = 0, bodyByteCountMax: Int = 64 << 20,
    answer: @escaping @Sendable (HTTPQuestion) async -> HTTPAnswer?
  ) throws {
    let address: sockaddr_in = try .inet(ip4: host, port: port)
    server = HTTPServer(
      address: address, logger: .disabled,
      handler: Handler(bodyByteCountMax: bodyByteCountMax, answer: answer))
  }

  deinit { Task { [server] in await server.stop(timeout: 0) } }

  /// Of all tasks of the server, those that its library starts included: tasks of one priority
  /// share a few threads, and whatever else blocks some has another.
  private static var priority: TaskPriority { .utility }

  /// Listens; its URL.
  ///
  /// - Throws: `ConfigurationError` when the port cannot be had.
  func start() throws -> String {
    let isSettled = DispatchSemaphore(value: 0)
    Task(executorPreference: threads, priority: Self.priority) { [server, weak self] in
      do {
        try await server.run()
      } catch {
        self?.state.withLock { $0.failure = "\(error)" }
        isSettled.signal()
      }
    }
    Task(executorPreference: threads, priority: Self.priority) { [server, weak self] in
      try await server.waitUntilListening(timeout: 60)
      if case .ip4(let host, let port) = await server.listeningAddress {
        self?.state.withLock { $0.url = "http://\(host):\(port)" }
      }
      isSettled.signal()
    }
    _ = isSettled.wait(timeout: .now() + 60)
    let (url, failure) = state.withLock { $0 }
    guard let url else {
      throw ConfigurationError(
        "the port", "cannot be had (\(failure ?? "no answer")); give a free one, or 0")
    }
    return url
  }
}
