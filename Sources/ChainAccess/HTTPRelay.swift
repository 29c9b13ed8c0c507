import Foundation
import FoundationNetworking

/// Hands a session's words on to a channel without keeping it alive: a session holds its delegate
/// until it is invalidated, which the channel does when it goes.
///
/// SAFETY of Sendable: `channel` is set once, before the first task.
final class HTTPRelay: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  weak var channel: HTTPChannel?

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    channel?.began(dataTask, status: (response as? HTTPURLResponse)?.statusCode ?? 0)
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    channel?.received(data, of: dataTask)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    channel?.ended(task, error)
  }

  /// A redirection is not followed: its status is the answer.
  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }
}
