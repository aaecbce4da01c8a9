import GatewayReconcile
import KubeCore
import Metrics

/// Sets the gauges over all clusters. There is none for each cluster, since a hub has thousands.
enum FleetReporter {
  static func report(_ measures: FleetMeasures) {
    for (series, count) in measures.clusters {
      Gauge(
        label: "gateway_clusters",
        dimensions: [("condition", series.condition), ("status", series.status.rawValue)]
      ).record(count)
    }
    Gauge(label: "gateway_clusters_without_credential").record(measures.withoutIdentity)
    Gauge(label: "gateway_first_token_expiration_timestamp_seconds")
      .record(measures.firstTokenExpiry?.timeIntervalSince1970 ?? 0)
  }
}
