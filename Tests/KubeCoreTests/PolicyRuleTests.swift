import KubeCore
import Testing

@Suite struct PolicyRuleTests {
  private func access(
    _ verb: String, _ resource: String, group: String = "", subresource: String = "", name: String = ""
  ) -> AccessAttributes {
    .resource(
      ResourceAccess(verb: verb, group: group, resource: resource, subresource: subresource, name: name))
  }

  private let readPods = PolicyRule(verbs: ["get", "list"], apiGroups: [""], resources: ["pods"])

  @Test func `a rule allows its verbs on its resources of its groups`() {
    #expect(readPods.allows(access("get", "pods")))
    #expect(readPods.allows(access("list", "pods", name: "a")))
    #expect(!readPods.allows(access("watch", "pods")))
    #expect(!readPods.allows(access("get", "secrets")))
    #expect(!readPods.allows(access("get", "pods", group: "metrics.k8s.io")))
    #expect(!readPods.allows(.path("/healthz", verb: "get")))
  }

  @Test func `an asterisk stands for every verb, group or resource`() {
    let all = PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])
    #expect(all.allows(access("impersonate", "users")))
    #expect(all.allows(access("get", "pods", subresource: "log")))
    #expect(!all.allows(.path("/healthz", verb: "get")))
    #expect(!PolicyRule(verbs: ["get"], apiGroups: ["*"], resources: ["po*"]).allows(access("get", "pods")))
  }

  @Test func `a subresource is allowed by its own name only`() {
    #expect(!readPods.allows(access("get", "pods", subresource: "log")))
    let logs = PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods/log"])
    #expect(logs.allows(access("get", "pods", subresource: "log")))
    #expect(!logs.allows(access("get", "pods")))
    #expect(!logs.allows(access("get", "pods", subresource: "status")))
    let scales = PolicyRule(verbs: ["get"], apiGroups: ["*"], resources: ["*/scale"])
    #expect(scales.allows(access("get", "deployments", group: "apps", subresource: "scale")))
    #expect(!scales.allows(access("get", "deployments", group: "apps", subresource: "status")))
    #expect(!scales.allows(access("get", "deployments", group: "apps")))
    let prefix = PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods/*"])
    #expect(!prefix.allows(access("get", "pods", subresource: "log")))
  }

  @Test func `names limit a rule, so that it allows nothing without a name`() {
    var rule = readPods
    rule.resourceNames = ["a", "b"]
    #expect(rule.allows(access("get", "pods", name: "b")))
    #expect(!rule.allows(access("get", "pods", name: "c")))
    #expect(!rule.allows(access("list", "pods")))
    #expect(rule.allows(access("list", "pods", name: "a")))
  }

  @Test func `a path is allowed by its name, by a prefix or by an asterisk`() {
    let rule = PolicyRule(verbs: ["get"], nonResourceURLs: ["/healthz", "/openapi/*"])
    #expect(rule.allows(.path("/healthz", verb: "get")))
    #expect(rule.allows(.path("/openapi/v3", verb: "get")))
    #expect(!rule.allows(.path("/openapi", verb: "get")))
    #expect(!rule.allows(.path("/healthz", verb: "post")))
    #expect(!rule.allows(.path("/healthz/etcd", verb: "get")))
    #expect(PolicyRule(verbs: ["*"], nonResourceURLs: ["*"]).allows(.path("/x", verb: "delete")))
  }

  @Test func `rules together cover what no one of them does`() {
    let rules = [readPods, PolicyRule(verbs: ["get"], apiGroups: ["apps"], resources: ["deployments"])]
    #expect(rules.covers(PolicyRule(verbs: ["list"], apiGroups: [""], resources: ["pods"])))
    #expect(!rules.covers(PolicyRule(verbs: ["get"], apiGroups: ["", "apps"], resources: ["pods"])))
    let watchPods = PolicyRule(verbs: ["watch"], apiGroups: [""], resources: ["pods"])
    #expect(
      [readPods, watchPods].covers(
        PolicyRule(verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["pods"])))
    #expect([PolicyRule]().covers(PolicyRule(verbs: ["get"])))
  }

  @Test func `names are covered by the same names or by a rule without any`() {
    let named = PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a", "b"])
    #expect([readPods].covers(named))
    #expect(![named].covers(PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods"])))
    var one = named
    one.resourceNames = ["b"]
    #expect([named].covers(one))
    #expect(![one].covers(named))
    var other = named
    other.resourceNames = ["a"]
    #expect([one, other].covers(named))
  }

  @Test func `a wildcard is covered by a wildcard only`() {
    let all = PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])
    #expect([all].covers(all))
    #expect([all].covers(readPods))
    #expect(![readPods].covers(all))
    let everyVerb = PolicyRule(verbs: ["*"], apiGroups: [""], resources: ["pods"])
    #expect(![readPods].covers(everyVerb))
    let scales = PolicyRule(verbs: ["get"], apiGroups: ["apps"], resources: ["*/scale"])
    #expect(
      [scales].covers(PolicyRule(verbs: ["get"], apiGroups: ["apps"], resources: ["deployments/scale"])))
    #expect(![scales].covers(PolicyRule(verbs: ["get"], apiGroups: ["apps"], resources: ["deployments"])))
  }

  @Test func `paths are covered by prefixes`() {
    let rule = PolicyRule(verbs: ["get"], nonResourceURLs: ["/api/*"])
    #expect([rule].covers(PolicyRule(verbs: ["get"], nonResourceURLs: ["/api/v1"])))
    #expect([rule].covers(PolicyRule(verbs: ["get"], nonResourceURLs: ["/api/*"])))
    #expect(![rule].covers(PolicyRule(verbs: ["get"], nonResourceURLs: ["*"])))
    #expect([PolicyRule(verbs: ["*"], nonResourceURLs: ["*"])].covers(rule))
    #expect(![PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])].covers(rule))
  }

  @Test func `what is missing is listed per resource and name`() {
    let wanted = [
      PolicyRule(verbs: ["get", "watch"], apiGroups: [""], resources: ["pods", "secrets"]),
      PolicyRule(verbs: ["get"], nonResourceURLs: ["/x"]),
      PolicyRule(verbs: ["bind"], apiGroups: ["g"], resources: ["roles"], resourceNames: ["a"]),
    ]
    #expect(
      [readPods].missing(of: wanted).map(\.description) == [
        #"{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}"#,
        #"{APIGroups:[""], Resources:["secrets"], Verbs:["get" "watch"]}"#,
        #"{NonResourceURLs:["/x"], Verbs:["get"]}"#,
        #"{APIGroups:["g"], Resources:["roles"], ResourceNames:["a"], Verbs:["bind"]}"#,
      ])
    #expect([readPods].missing(of: [readPods]).isEmpty)
  }

  /// Covered rules are allowed: checked over all rules and attributes of a small model.
  @Test func `rules that cover a rule allow whatever it allows`() {
    let rules = ["get", "list", "*"].flatMap { verb in
      ["pods", "pods/log", "*/log", "*"].flatMap { resource in
        [[], ["a"], ["a", "b"]].map { names in
          PolicyRule(verbs: [verb], apiGroups: [""], resources: [resource], resourceNames: names)
        }
      }
    }
    let attributes = ["get", "list"].flatMap { verb in
      ["", "log", "status"].flatMap { subresource in
        ["", "a", "c"].map { access(verb, "pods", subresource: subresource, name: $0) }
      }
    }
    var covered = 0
    for owner in rules {
      for rule in rules where [owner].covers(rule) {
        covered += 1
        for attribute in attributes where rule.allows(attribute) {
          #expect(owner.allows(attribute), "\(owner) covers \(rule), and doesn't allow \(attribute)")
        }
      }
    }
    #expect(covered > rules.count)
  }
}
