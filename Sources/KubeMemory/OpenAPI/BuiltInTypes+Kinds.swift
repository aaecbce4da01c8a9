extension BuiltInTypes {
  /// The kinds themselves, but for pods.
  static let kinds = """
    APIService metadata:ObjectMeta/1 spec:APIServiceSpec/2 status:APIServiceStatus/3
    APIServiceCondition lastTransitionTime:time/3 message:string/5 reason:string/4 status!:string/2
      type!:string/1
    APIServiceReference name:string/2 namespace:string/1 port?:int32/3
    APIServiceSpec caBundle:bytes/5 group:string/2 groupPriorityMinimum!:int32/7
      insecureSkipTLSVerify:bool/4 service:APIServiceReference/1 version:string/3 versionPriority!:int32/8
    APIServiceStatus conditions:[APIServiceCondition]/1
    AggregationRule clusterRoleSelectors:[LabelSelector]/1
    ClientIPConfig timeoutSeconds?:int32/1
    ClusterRole aggregationRule:AggregationRule/3 metadata:ObjectMeta/1 rules:[PolicyRule]/2
    ClusterRoleBinding metadata:ObjectMeta/1 roleRef!:RoleRef/3 subjects:[Subject]/2
    Condition lastTransitionTime!:time/4 message!:string/6 observedGeneration:int64/3 reason!:string/5
      status!:string/2 type!:string/1
    ConfigMap binaryData:{bytes}/3 data:{string}/2 immutable?:bool/4 metadata:ObjectMeta/1
    CustomResourceColumnDefinition description:string/4 format:string/3 jsonPath!:string/6 name!:string/1
      priority:int32/5 type!:string/2
    CustomResourceConversion strategy!:string/1 webhook:WebhookConversion/2
    CustomResourceDefinition metadata:ObjectMeta/1 spec!:CustomResourceDefinitionSpec/2
      status:CustomResourceDefinitionStatus/3
    CustomResourceDefinitionCondition lastTransitionTime:time/3 message:string/5 observedGeneration:int64
      reason:string/4 status!:string/2 type!:string/1
    CustomResourceDefinitionNames categories:[string]/6 kind!:string/4 listKind:string/5 plural!:string/1
      shortNames:[string]/3 singular:string/2
    CustomResourceDefinitionSpec conversion:CustomResourceConversion/9 group!:string/1
      names!:CustomResourceDefinitionNames/3 preserveUnknownFields:bool/10 scope!:string/4
      versions!:[CustomResourceDefinitionVersion]/7
    CustomResourceDefinitionStatus acceptedNames:CustomResourceDefinitionNames/2
      conditions:[CustomResourceDefinitionCondition]/1 observedGeneration:int64 storedVersions:[string]/3
    CustomResourceDefinitionVersion additionalPrinterColumns:[CustomResourceColumnDefinition]/6
      deprecated:bool/7 deprecationWarning?:string/8 name!:string/1 schema:CustomResourceValidation/4
      selectableFields:[SelectableField] served!:bool/2 storage!:bool/3
      subresources:CustomResourceSubresources/5
    CustomResourceSubresourceScale labelSelectorPath?:string/3 specReplicasPath!:string/1
      statusReplicasPath!:string/2
    CustomResourceSubresources scale:CustomResourceSubresourceScale/2 status:any/1
    CustomResourceValidation openAPIV3Schema:any/1
    Deployment metadata:ObjectMeta/1 spec:DeploymentSpec/2 status:DeploymentStatus/3
    DeploymentCondition lastTransitionTime:time/7 lastUpdateTime:time/6 message:string/5 reason:string/4
      status!:string/2 type!:string/1
    DeploymentSpec minReadySeconds:int32/5 paused:bool/7 progressDeadlineSeconds?:int32/9 replicas?:int32/1
      revisionHistoryLimit?:int32/6 selector!:LabelSelector/2 strategy:DeploymentStrategy/4
      template!:PodTemplateSpec/3
    DeploymentStatus availableReplicas:int32/4 collisionCount?:int32/8 conditions:[DeploymentCondition]/6
      observedGeneration:int64/1 readyReplicas:int32/7 replicas:int32/2 terminatingReplicas:int32
      unavailableReplicas:int32/5 updatedReplicas:int32/3
    DeploymentStrategy rollingUpdate:RollingUpdateDeployment/2 type:string/1
    Endpoint addresses!:[string]/1 conditions:EndpointConditions/2 deprecatedTopology:{string}/5
      hints:EndpointHints/8 hostname?:string/3 nodeName?:string/6 targetRef:ObjectReference/4 zone:string/7
    EndpointConditions ready?:bool/1 serving?:bool/2 terminating?:bool/3
    EndpointHints forNodes:[ForNode] forZones:[ForZone]
    EndpointPort appProtocol?:string/4 name?:string/1 port?:int32/3 protocol?:string/2
    EndpointSlice addressType!:string/4 endpoints!:[Endpoint]/2 metadata:ObjectMeta/1 ports:[EndpointPort]/3
    Event action:string/12 count:int32/8 eventTime:microtime/10 firstTimestamp:time/6
      involvedObject!:ObjectReference/2 lastTimestamp:time/7 message:string/4 metadata!:ObjectMeta/1
      reason:string/3 related:ObjectReference/13 reportingComponent:string/14 reportingInstance:string/15
      series:EventSeries/11 source:EventSource/5 type:string/9
    EventSeries count:int32/1 lastObservedTime:microtime/2
    EventSource component:string/1 host:string/2
    ForNode name!:string
    ForZone name!:string
    Lease metadata:ObjectMeta/1 spec:LeaseSpec/2
    LeaseSpec acquireTime?:microtime/3 holderIdentity?:string/1 leaseDurationSeconds?:int32/2
      leaseTransitions?:int32/5 preferredHolder:string renewTime?:microtime/4 strategy:string
    LoadBalancerIngress hostname:string/2 ip:string/1 ipMode:string ports:[PortStatus]/4
    LoadBalancerStatus ingress:[LoadBalancerIngress]/1
    ManagedFieldsEntry apiVersion:string/3 fieldsType:string/6 fieldsV1:any/7 manager:string/1
      operation:string/2 subresource:string/8 time?:time/4
    Namespace metadata:ObjectMeta/1 spec:NamespaceSpec/2 status:NamespaceStatus/3
    NamespaceCondition lastTransitionTime:time/4 message:string/6 reason:string/5 status!:string/2
      type!:string/1
    NamespaceSpec finalizers:[string]/1
    NamespaceStatus conditions:[NamespaceCondition]/2 phase:string/1
    NewEvent action:string/6 deprecatedCount:int32/15 deprecatedFirstTimestamp:time/13
      deprecatedLastTimestamp:time/14 deprecatedSource:EventSource/12 eventTime!:microtime/2
      metadata!:ObjectMeta/1 note:string/10 reason:string/7 regarding:ObjectReference/8
      related:ObjectReference/9 reportingController:string/4 reportingInstance:string/5
      series:NewEventSeries/3 type:string/11
    NewEventSeries count!:int32/1 lastObservedTime!:microtime/2
    ObjectMeta annotations:{string}/12 creationTimestamp:time/8 deletionGracePeriodSeconds?:int64/10
      deletionTimestamp?:time/9 finalizers:[string]/14 generateName:string/2 generation:int64/7
      labels:{string}/11 managedFields:[ManagedFieldsEntry]/17 name:string/1 namespace:string/3
      ownerReferences:[OwnerReference]/13 resourceVersion:string/6 selfLink:string/4 uid:string/5
    ObjectReference apiVersion:string/5 fieldPath:string/7 kind:string/1 name:string/3 namespace:string/2
      resourceVersion:string/6 uid:string/4
    OwnerReference apiVersion!:string/5 blockOwnerDeletion?:bool/7 controller?:bool/6 kind!:string/1
      name!:string/3 uid!:string/4
    PolicyRule apiGroups:[string]/2 nonResourceURLs:[string]/5 resourceNames:[string]/4 resources:[string]/3
      verbs!:[string]/1
    PortStatus error?:string/3 port!:int32/1 protocol!:string/2
    Role metadata:ObjectMeta/1 rules:[PolicyRule]/2
    RoleBinding metadata:ObjectMeta/1 roleRef!:RoleRef/3 subjects:[Subject]/2
    RoleRef apiGroup!:string/1 kind!:string/2 name!:string/3
    RollingUpdateDeployment maxSurge?:intstr/2 maxUnavailable?:intstr/1
    Scale metadata:ObjectMeta/1 spec:ScaleSpec/2 status:ScaleStatus/3
    ScaleSpec replicas:int32/1
    ScaleStatus replicas!:int32/1 selector:string/2
    Secret data:{bytes}/2 immutable?:bool/5 metadata:ObjectMeta/1 stringData:{string}/4 type:string/3
    SelectableField jsonPath!:string
    Service metadata:ObjectMeta/1 spec:ServiceSpec/2 status:ServiceStatus/3
    ServiceAccount automountServiceAccountToken?:bool/4 imagePullSecrets:[LocalObjectReference]/3
      metadata:ObjectMeta/1 secrets:[ObjectReference]/2
    ServicePort appProtocol?:string/6 name:string/1 nodePort:int32/5 port!:int32/3 protocol:string/2
      targetPort:intstr/4
    ServiceReference name!:string/2 namespace!:string/1 path?:string/3 port?:int32/4
    ServiceSpec allocateLoadBalancerNodePorts?:bool/20 clusterIP:string/3 clusterIPs:[string]/18
      externalIPs:[string]/5 externalName:string/10 externalTrafficPolicy:string/11
      healthCheckNodePort:int32/12 internalTrafficPolicy:string/22 ipFamilies:[string]/19
      ipFamilyPolicy?:string/17 loadBalancerClass:string/21 loadBalancerIP:string/8
      loadBalancerSourceRanges:[string]/9 ports:[ServicePort]/1 publishNotReadyAddresses:bool/13
      selector:{string}/2 sessionAffinity:string/7 sessionAffinityConfig:SessionAffinityConfig/14
      trafficDistribution:string/23 type:string/4
    ServiceStatus conditions:[Condition]/2 loadBalancer:LoadBalancerStatus/1
    SessionAffinityConfig clientIP:ClientIPConfig/1
    Subject apiGroup:string/2 kind!:string/1 name!:string/3 namespace:string/4
    WebhookClientConfig caBundle:bytes/2 service:ServiceReference/1 url?:string/3
    WebhookConversion clientConfig:WebhookClientConfig/2 conversionReviewVersions!:[string]/3
    """
}
