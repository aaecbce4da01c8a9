import KubeCore
import KubeKindsRBAC
import KubeMemory
import OCMSimulator
import Testing

import struct Foundation.Date

@Suite struct OCMHubTests {
  @Test func `OCM is installed on a server that authorizes by RBAC as on one that doesn't`() throws {
    let time = Date(timeIntervalSince1970: 0)
    for authorization in [MemoryAPIServer.Authorization.alwaysAllow, .rbac] {
      var server = MemoryAPIServer(authorization: authorization, at: time)
      try OCMHub().install(on: &server, at: time)
      #expect(server.object(ClusterRole.self, name: "system:auth-delegator")?.rules.count == 2)
      let reader = server.object(
        Role.self, namespace: "kube-system", name: "extension-apiserver-authentication-reader")
      #expect(reader?.rules.map(\.resourceNames) == [["extension-apiserver-authentication"]])
    }
  }
}
