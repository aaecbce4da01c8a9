public import KubeRuntime

/// The metrics that the manager exports.
public enum GatewayMetrics {
  /// The gateway's metrics, and those of every program on this library. Dashboards and alert rules
  /// rely on them.
  public static let descriptions: [MetricDescription] = gateway + MetricDescription.library

  private static let gateway: [MetricDescription] = [
    .gauge(
      "gateway_clusters", labels: ["condition", "status"],
      help:
        "Managed clusters that the gateway serves, by a condition of their ManagedClusterAddOn and its status."
    ),
    .gauge(
      "gateway_clusters_without_credential",
      help: "Managed clusters that the gateway serves and for which it has no credential with rights there."),
    .gauge(
      "gateway_first_token_expiration_timestamp_seconds",
      help: "When the first of the clusters' tokens ends, in seconds since 1970; 0 while there is none."),
    .gauge(
      "gateway_certificate_not_after_timestamp_seconds", labels: ["certificate"],
      help: "When a certificate ends, in seconds since 1970; 0 where there is none."),
    .gauge(
      "gateway_certificate_renewal_timestamp_seconds", labels: ["certificate"],
      help: "When a certificate is renewed, in seconds since 1970; 0 where that is not planned."),
    .gauge(
      "gateway_certificate_rotation_in_progress", help: "1 while a CA rotation is in progress, 0 otherwise."),
    .gauge(
      "gateway_findings", labels: ["severity", "code"],
      help: "Findings that stand, by severity and code (docs/troubleshooting.md)."),
    .gauge(
      "gateway_rights_missing", labels: ["verb", "resource", "resource_namespace"],
      help: "1 while the API server refuses a request for want of a right, 0 once it doesn't."),
  ]
}
