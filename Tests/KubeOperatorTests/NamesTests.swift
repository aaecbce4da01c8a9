import KubeCore
import KubeKindsPolicy
import KubeOperator
import KubeTransport
import Testing

@Suite struct NamesTests {
  @Test func `the kind DeleteOptions and the options of a client's deletion have different names`() {
    let kind = DeleteOptions(unchecked: ["propagationPolicy": "Orphan"])
    #expect(kind.propagationPolicy == DeletionOptions.Propagation.orphan.rawValue)
  }
}
