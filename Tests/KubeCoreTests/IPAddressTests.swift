import KubeCore
import Testing

@Suite struct IPAddressTests {
  @Test(arguments: [
    ("10.0.0.1", "10.0.0.1"), ("255.255.255.255", "255.255.255.255"), ("::", "::"), ("::1", "::1"),
    ("1::", "1::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::ffff:10.0.0.1", "::ffff:a00:1"), ("fe80::0:1", "fe80::1"),
    ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
  ])
  func `an address is parsed and written in canonical text`(_ text: String, _ canonical: String) {
    let address = IPAddress(text)
    #expect(address?.description == canonical)
    #expect(IPAddress(canonical) == address)
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.-4", "+1.2.3.4", ":", ":::", "1:", ":1",
    "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "fe80::1%eth0", "::1.2.3", "1.2.3.4::",
    "-1::", "-0::", "+1::", "1:2:3:4:5:6:7:8::",
  ])
  func `a text that isn't an address is refused`(_ text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func `an IPv4-mapped address is the IPv4 address, where that is asked for`() {
    #expect(IPAddress("::ffff:10.0.0.1")?.unmapped == IPAddress("10.0.0.1"))
    #expect(IPAddress("::ffff:10.0.0.1") != IPAddress("10.0.0.1"))
    for text in ["10.0.0.1", "::1", "::fffe:10.0.0.1"] {
      #expect(IPAddress(text)?.unmapped == IPAddress(text))
    }
  }

  @Test(arguments: [
    ("10.1.0.0", 16, "10.1.2.3", true), ("10.1.0.0", 16, "10.2.0.1", false),
    ("10.0.0.0", 9, "10.127.0.1", true),
    ("10.0.0.0", 9, "10.128.0.1", false), ("1.2.3.4", 0, "5.6.7.8", true), ("1.2.3.4", 33, "1.2.3.4", false),
    ("fe80::", 10, "febf::1", true), ("fe80::", 10, "fec0::1", false), ("::", 0, "1.2.3.4", false),
  ])
  func `a network contains the addresses that begin alike`(
    network: String, length: Int, address: String, isInside: Bool
  ) throws {
    let network = try #require(IPAddress(network))
    #expect(try network.contains(#require(IPAddress(address)), prefixLength: length) == isInside)
  }
}
