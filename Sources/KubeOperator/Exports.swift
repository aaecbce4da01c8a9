// One import for an operator's main program.
@_exported import KubeConfig
@_exported import KubeCore
@_exported import KubeHTTP
@_exported import KubeReconcile
@_exported import KubeRuntime
@_exported import KubeServer
@_exported import KubeTransport
@_exported import Logging
