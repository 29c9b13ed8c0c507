import Dispatch
import FlyingFox
import Foundation

/// Hands out the pages of one folder over HTTP, to this machine alone.
struct PageServer: HTTPHandler {
  let folder: String

  /// Serves until the process ends. Says where once it listens; port 0 takes a free one.
  ///
  /// Exit code 2 when the port cannot be had.
  func serve(port: UInt16) throws -> Never {
    let address: sockaddr_in = try .inet(ip4: "127.0.0.1", port: port)
    let server = HTTPServer(address: address, logger: .disabled, handler: self)
    Task {
      do {
        try await server.run()
      } catch {
        exitUnusable("--serve \(port): the port cannot be had (\(error)); give a free one, or 0")
      }
    }
    Task {
      try await server.waitUntilListening()
      if case .ip4(let host, let port) = await server.listeningAddress {
        say("pages at http://\(host):\(port)/")
      }
    }
    dispatchMain()
  }

  func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
    guard request.method == .GET || request.method == .HEAD else {
      return HTTPResponse(statusCode: .methodNotAllowed)
    }
    guard let name = Self.page(request.path),
      let page = FileManager.default.contents(atPath: folder + "/" + name)
    else { return HTTPResponse(statusCode: .notFound) }
    var headers = HTTPHeaders()
    headers[.contentType] = "text/html; charset=utf-8"
    return HTTPResponse(
      statusCode: .ok, headers: headers, body: request.method == .GET ? page : Data())
  }

  /// The file of a request's path; nil for anything that is no page's name, so that no request
  /// leaves the folder.
  static func page(_ path: String) -> String? {
    if path == "/" { return IndexPage.file }
    let name = /\/((?:index|(?:batch|account|accounts)-[0-9]{1,20})\.html)/
    return path.wholeMatch(of: name).map { String($0.1) }
  }
}
