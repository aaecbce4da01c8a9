import Foundation

/// Blocking TCP sockets on the loopback address.
enum Loopback {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Opens a listening socket, by default on any free port of 127.0.0.1.
  static func server(host: String = "127.0.0.1", port: UInt16 = 0) throws -> (descriptor: Int32, port: Int) {
    let descriptor = try makeSocket()
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = socketAddress(host, port)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
      }
    }
    guard bound, listen(descriptor, 64) == 0 else {
      close(descriptor)
      throw Failure(description: "can't listen on \(host):\(port)")
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Opens a connection whose reads and writes time out after 20 seconds.
  static func client(port: Int) throws -> Int32 {
    let descriptor = try makeSocket()
    configure(descriptor)
    var address = socketAddress("127.0.0.1", UInt16(truncatingIfNeeded: port))
    let connected = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard connected else {
      close(descriptor)
      throw Failure(description: "can't connect to port \(port)")
    }
    return descriptor
  }

  /// Sets a timeout of 20 seconds for reads and writes, and TCP_NODELAY: a request after the last
  /// message of a handshake would otherwise wait for the other side's delayed acknowledgment.
  static func configure(_ descriptor: Int32) {
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    let length = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, length)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, length)
  }

  private static func makeSocket() throws -> Int32 {
    #if os(Linux)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { throw Failure(description: "there is no socket to be had") }
    return descriptor
  }

  private static func socketAddress(_ host: String, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr(host)
    return address
  }
}
