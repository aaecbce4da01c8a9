import KubeCore
import Testing

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func `the vectors of RFC 4648 are encoded and decoded`(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
    #expect(Base64.encode(SecretBytes(utf8: plain)).exposedText() == encoded)
    #expect(Base64.decode(SecretBytes(utf8: encoded))?.exposedText() == plain)
  }

  @Test func `every byte and length survives a round trip`() {
    for length in 0...67 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ length &* 89) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
      #expect(Base64.decode(Base64.encode(SecretBytes(bytes))) == SecretBytes(bytes))
    }
    let all = (0...255).map { UInt8($0) }
    #expect(Base64.decode(Base64.encode(all)) == all)
  }

  @Test func `line breaks are skipped`() {
    #expect(Base64.decode("Zm9v\r\nYmFy\n") == Array("foobar".utf8))
    #expect(Base64.decode("Zg=\n=") == Array("f".utf8))
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zg===", "Zm8", "=", "====", "Zm9v=", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9v", "Zm-_",
    "Zm9vé",
    "Z\u{0}==",
  ])
  func `a text that isn't Base64 is refused`(text: String) {
    #expect(Base64.decode(text) == nil)
    #expect(Base64.decode(SecretBytes(utf8: text)) == nil)
  }
}

@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func `the digests are those of FIPS 180`(message: String, digest: String) {
    #expect(SHA256.hexadecimal(Array(message.utf8)) == digest)
  }

  @Test func `the digest of a million letters is correct`() {
    #expect(
      SHA256.hexadecimal([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `messages of every length around a block are padded`() {
    let digests = (50...70).map { SHA256.hexadecimal([UInt8](repeating: 0x61, count: $0)) }
    #expect(Set(digests).count == digests.count)
    // One block takes at most 55 bytes; 64 fill a block.
    #expect(digests[5] == "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318")
    #expect(digests[14] == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb")
  }
}
