import KubeCore
import KubeKindsCore
import KubeOperator
import Website

@main
struct WebsiteOperator {
  static let leaderElection = OperatorGroup.LeaderElection.lease("website-operator", namespace: "default")

  static func main() async {
    if CommandLine.arguments.last == "rbac" { return printRBAC() }
    await OperatorGroup.main(
      Website.controller, leaderElection: leaderElection, port: 8080
    ) { change, logger in logger.info("DNS: \(change)") }
  }

  /// Prints the operator's ServiceAccount, its roles and their bindings.
  static func printRBAC() {
    let account = ServiceAccount(metadata: ObjectMeta(name: "website-operator", namespace: "default"))
    let rights = OperatorGroup.rights(of: Website.controller, leaderElection: leaderElection)
    print(account.json)
    for object in rights.roles(named: "website-operator", for: account.key) { print(object.json) }
  }
}
