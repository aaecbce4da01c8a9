extension BuiltInTypes {
  /// The kinds themselves, but for pods.
  static let kinds = """
    APIService metadata:ObjectMeta spec:APIServiceSpec status:APIServiceStatus
    APIServiceCondition lastTransitionTime:time message:string reason:string status!:string type!:string
    APIServiceReference name:string namespace:string port:int32
    APIServiceSpec caBundle:bytes group:string groupPriorityMinimum!:int32 insecureSkipTLSVerify:bool
      service:APIServiceReference version:string versionPriority!:int32
    APIServiceStatus conditions:[APIServiceCondition]
    AggregationRule clusterRoleSelectors:[LabelSelector]
    ClientIPConfig timeoutSeconds:int32
    ClusterRole aggregationRule:AggregationRule metadata:ObjectMeta rules:[PolicyRule]
    ClusterRoleBinding metadata:ObjectMeta roleRef!:RoleRef subjects:[Subject]
    Condition lastTransitionTime!:time message!:string observedGeneration:int64 reason!:string
      status!:string type!:string
    ConfigMap binaryData:{bytes} data:{string} immutable:bool metadata:ObjectMeta
    CustomResourceColumnDefinition description:string format:string jsonPath!:string name!:string
      priority:int32 type!:string
    CustomResourceConversion strategy!:string webhook:WebhookConversion
    CustomResourceDefinition metadata:ObjectMeta spec!:CustomResourceDefinitionSpec
      status:CustomResourceDefinitionStatus
    CustomResourceDefinitionCondition lastTransitionTime:time message:string observedGeneration:int64
      reason:string status!:string type!:string
    CustomResourceDefinitionNames categories:[string] kind!:string listKind:string plural!:string
      shortNames:[string] singular:string
    CustomResourceDefinitionSpec conversion:CustomResourceConversion group!:string
      names!:CustomResourceDefinitionNames preserveUnknownFields:bool scope!:string
      versions!:[CustomResourceDefinitionVersion]
    CustomResourceDefinitionStatus acceptedNames:CustomResourceDefinitionNames
      conditions:[CustomResourceDefinitionCondition] observedGeneration:int64 storedVersions:[string]
    CustomResourceDefinitionVersion additionalPrinterColumns:[CustomResourceColumnDefinition]
      deprecated:bool deprecationWarning:string name!:string schema:CustomResourceValidation
      selectableFields:[SelectableField] served!:bool storage!:bool subresources:CustomResourceSubresources
    CustomResourceSubresourceScale labelSelectorPath:string specReplicasPath!:string
      statusReplicasPath!:string
    CustomResourceSubresources scale:CustomResourceSubresourceScale status:any
    CustomResourceValidation openAPIV3Schema:any
    Deployment metadata:ObjectMeta spec:DeploymentSpec status:DeploymentStatus
    DeploymentCondition lastTransitionTime:time lastUpdateTime:time message:string reason:string
      status!:string type!:string
    DeploymentSpec minReadySeconds:int32 paused:bool progressDeadlineSeconds:int32 replicas:int32
      revisionHistoryLimit:int32 selector!:LabelSelector strategy:DeploymentStrategy
      template!:PodTemplateSpec
    DeploymentStatus availableReplicas:int32 collisionCount:int32 conditions:[DeploymentCondition]
      observedGeneration:int64 readyReplicas:int32 replicas:int32 terminatingReplicas:int32
      unavailableReplicas:int32 updatedReplicas:int32
    DeploymentStrategy rollingUpdate:RollingUpdateDeployment type:string
    Endpoint addresses!:[string] conditions:EndpointConditions deprecatedTopology:{string}
      hints:EndpointHints hostname:string nodeName:string targetRef:ObjectReference zone:string
    EndpointConditions ready:bool serving:bool terminating:bool
    EndpointHints forNodes:[ForNode] forZones:[ForZone]
    EndpointPort appProtocol:string name:string port:int32 protocol:string
    EndpointSlice addressType!:string endpoints!:[Endpoint] metadata:ObjectMeta ports:[EndpointPort]
    Event action:string count:int32 eventTime:microtime firstTimestamp:time involvedObject!:ObjectReference
      lastTimestamp:time message:string metadata!:ObjectMeta reason:string related:ObjectReference
      reportingComponent:string reportingInstance:string series:EventSeries source:EventSource type:string
    EventSeries count:int32 lastObservedTime:microtime
    EventSource component:string host:string
    ForNode name!:string
    ForZone name!:string
    Lease metadata:ObjectMeta spec:LeaseSpec
    LeaseSpec acquireTime:microtime holderIdentity:string leaseDurationSeconds:int32 leaseTransitions:int32
      preferredHolder:string renewTime:microtime strategy:string
    LoadBalancerIngress hostname:string ip:string ipMode:string ports:[PortStatus]
    LoadBalancerStatus ingress:[LoadBalancerIngress]
    ManagedFieldsEntry apiVersion:string fieldsType:string fieldsV1:any manager:string operation:string
      subresource:string time:time
    Namespace metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
    NamespaceCondition lastTransitionTime:time message:string reason:string status!:string type!:string
    NamespaceSpec finalizers:[string]
    NamespaceStatus conditions:[NamespaceCondition] phase:string
    NewEvent action:string deprecatedCount:int32 deprecatedFirstTimestamp:time deprecatedLastTimestamp:time
      deprecatedSource:EventSource eventTime!:microtime metadata!:ObjectMeta note:string reason:string
      regarding:ObjectReference related:ObjectReference reportingController:string reportingInstance:string
      series:NewEventSeries type:string
    NewEventSeries count!:int32 lastObservedTime!:microtime
    ObjectMeta annotations:{string} creationTimestamp:time deletionGracePeriodSeconds:int64
      deletionTimestamp:time finalizers:[string] generateName:string generation:int64 labels:{string}
      managedFields:[ManagedFieldsEntry] name:string namespace:string ownerReferences:[OwnerReference]
      resourceVersion:string selfLink:string uid:string
    ObjectReference apiVersion:string fieldPath:string kind:string name:string namespace:string
      resourceVersion:string uid:string
    OwnerReference apiVersion!:string blockOwnerDeletion:bool controller:bool kind!:string name!:string
      uid!:string
    PolicyRule apiGroups:[string] nonResourceURLs:[string] resourceNames:[string] resources:[string]
      verbs!:[string]
    PortStatus error:string port!:int32 protocol!:string
    Role metadata:ObjectMeta rules:[PolicyRule]
    RoleBinding metadata:ObjectMeta roleRef!:RoleRef subjects:[Subject]
    RoleRef apiGroup!:string kind!:string name!:string
    RollingUpdateDeployment maxSurge:intstr maxUnavailable:intstr
    Secret data:{bytes} immutable:bool metadata:ObjectMeta stringData:{string} type:string
    SelectableField jsonPath!:string
    Service metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
    ServiceAccount automountServiceAccountToken:bool imagePullSecrets:[LocalObjectReference]
      metadata:ObjectMeta secrets:[ObjectReference]
    ServicePort appProtocol:string name:string nodePort:int32 port!:int32 protocol:string targetPort:intstr
    ServiceReference name!:string namespace!:string path:string port:int32
    ServiceSpec allocateLoadBalancerNodePorts:bool clusterIP:string clusterIPs:[string] externalIPs:[string]
      externalName:string externalTrafficPolicy:string healthCheckNodePort:int32
      internalTrafficPolicy:string ipFamilies:[string] ipFamilyPolicy:string loadBalancerClass:string
      loadBalancerIP:string loadBalancerSourceRanges:[string] ports:[ServicePort]
      publishNotReadyAddresses:bool selector:{string} sessionAffinity:string
      sessionAffinityConfig:SessionAffinityConfig trafficDistribution:string type:string
    ServiceStatus conditions:[Condition] loadBalancer:LoadBalancerStatus
    SessionAffinityConfig clientIP:ClientIPConfig
    Subject apiGroup:string kind!:string name!:string namespace:string
    WebhookClientConfig caBundle:bytes service:ServiceReference url:string
    WebhookConversion clientConfig:WebhookClientConfig conversionReviewVersions!:[string]
    """
}
