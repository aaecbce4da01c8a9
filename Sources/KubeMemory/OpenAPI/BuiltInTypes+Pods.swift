extension BuiltInTypes {
  /// What pods are made of.
  static let pods = """
    AWSElasticBlockStoreVolumeSource fsType:string/2 partition:int32/3 readOnly:bool/4 volumeID!:string/1
    Affinity nodeAffinity:NodeAffinity/1 podAffinity:PodAffinity/2 podAntiAffinity:PodAntiAffinity/3
    AppArmorProfile localhostProfile:string type!:string
    AzureDiskVolumeSource cachingMode?:string/3 diskName!:string/1 diskURI!:string/2 fsType?:string/4
      kind?:string/6 readOnly?:bool/5
    AzureFileVolumeSource readOnly:bool/3 secretName!:string/1 shareName!:string/2
    CSIVolumeSource driver!:string/1 fsType?:string/3 nodePublishSecretRef:LocalObjectReference/5
      readOnly?:bool/2 volumeAttributes:{string}/4
    Capabilities add:[string]/1 drop:[string]/2
    CephFSVolumeSource monitors!:[string]/1 path:string/2 readOnly:bool/6 secretFile:string/4
      secretRef:LocalObjectReference/5 user:string/3
    CinderVolumeSource fsType:string/2 readOnly:bool/3 secretRef:LocalObjectReference/4 volumeID!:string/1
    ClusterTrustBundleProjection labelSelector:LabelSelector name:string optional:bool path!:string
      signerName:string
    ConfigMapEnvSource *:LocalObjectReference/1 optional?:bool/2
    ConfigMapKeySelector *:LocalObjectReference/1 key!:string/2 optional?:bool/3
    ConfigMapProjection *:LocalObjectReference/1 items:[KeyToPath]/2 optional?:bool/4
    ConfigMapVolumeSource *:LocalObjectReference/1 defaultMode?:int32/3 items:[KeyToPath]/2 optional?:bool/4
    Container args:[string]/4 command:[string]/3 env:[EnvVar]/7 envFrom:[EnvFromSource]/19 image:string/2
      imagePullPolicy:string/14 lifecycle:Lifecycle/12 livenessProbe:Probe/10 name!:string/1
      ports:[ContainerPort]/6 readinessProbe:Probe/11 resizePolicy:[ContainerResizePolicy]
      resources:ResourceRequirements/8 restartPolicy:string restartPolicyRules:[ContainerRestartRule]
      securityContext:SecurityContext/15 startupProbe:Probe/22 stdin:bool/16 stdinOnce:bool/17
      terminationMessagePath:string/13 terminationMessagePolicy:string/20 tty:bool/18
      volumeDevices:[VolumeDevice]/21 volumeMounts:[VolumeMount]/9 workingDir:string/5
    ContainerPort containerPort!:int32/3 hostIP:string/5 hostPort:int32/2 name:string/1 protocol:string/4
    ContainerResizePolicy resourceName!:string restartPolicy!:string
    ContainerRestartRule action!:string exitCodes:ContainerRestartRuleOnExitCodes
    ContainerRestartRuleOnExitCodes operator!:string values:[int32]
    ContainerState running:ContainerStateRunning/2 terminated:ContainerStateTerminated/3
      waiting:ContainerStateWaiting/1
    ContainerStateRunning startedAt:time/1
    ContainerStateTerminated containerID:string/7 exitCode!:int32/1 finishedAt:time/6 message:string/4
      reason:string/3 signal:int32/2 startedAt:time/5
    ContainerStateWaiting message:string/2 reason:string/1
    ContainerStatus allocatedResources:{quantity} allocatedResourcesStatus:any containerID:string/8
      image!:string/6 imageID!:string/7 lastState:ContainerState/3 name!:string/1 ready!:bool/4
      resources:ResourceRequirements restartCount!:int32/5 started?:bool/9 state:ContainerState/2
      stopSignal:string user:any volumeMounts:any
    DownwardAPIProjection items:[DownwardAPIVolumeFile]/1
    DownwardAPIVolumeFile fieldRef:ObjectFieldSelector/2 mode?:int32/4 path!:string/1
      resourceFieldRef:ResourceFieldSelector/3
    DownwardAPIVolumeSource defaultMode?:int32/2 items:[DownwardAPIVolumeFile]/1
    EmptyDirVolumeSource medium:string/1 sizeLimit?:quantity/2
    EnvFromSource configMapRef:ConfigMapEnvSource/2 prefix:string/1 secretRef:SecretEnvSource/3
    EnvVar name!:string/1 value:string/2 valueFrom:EnvVarSource/3
    EnvVarSource configMapKeyRef:ConfigMapKeySelector/3 fieldRef:ObjectFieldSelector/1
      fileKeyRef:FileKeySelector resourceFieldRef:ResourceFieldSelector/2 secretKeyRef:SecretKeySelector/4
    EphemeralContainer *:EphemeralContainerCommon/1 targetContainerName:string/2
    EphemeralContainerCommon args:[string]/4 command:[string]/3 env:[EnvVar]/7 envFrom:[EnvFromSource]/19
      image:string/2 imagePullPolicy:string/14 lifecycle:Lifecycle/12 livenessProbe:Probe/10 name!:string/1
      ports:[ContainerPort]/6 readinessProbe:Probe/11 resizePolicy:[ContainerResizePolicy]
      resources:ResourceRequirements/8 restartPolicy:string restartPolicyRules:[ContainerRestartRule]
      securityContext:SecurityContext/15 startupProbe:Probe/22 stdin:bool/16 stdinOnce:bool/17
      terminationMessagePath:string/13 terminationMessagePolicy:string/20 tty:bool/18
      volumeDevices:[VolumeDevice]/21 volumeMounts:[VolumeMount]/9 workingDir:string/5
    EphemeralVolumeSource volumeClaimTemplate:PersistentVolumeClaimTemplate/1
    ExecAction command:[string]/1
    FCVolumeSource fsType:string/3 lun?:int32/2 readOnly:bool/4 targetWWNs:[string]/1 wwids:[string]/5
    FileKeySelector key!:string optional:bool path!:string volumeName!:string
    FlexVolumeSource driver!:string/1 fsType:string/2 options:{string}/5 readOnly:bool/4
      secretRef:LocalObjectReference/3
    FlockerVolumeSource datasetName:string/1 datasetUUID:string/2
    GCEPersistentDiskVolumeSource fsType:string/2 partition:int32/3 pdName!:string/1 readOnly:bool/4
    GRPCAction port!:int32 service:string
    GitRepoVolumeSource directory:string/3 repository!:string/1 revision:string/2
    GlusterfsVolumeSource endpoints!:string/1 path!:string/2 readOnly:bool/3
    HTTPGetAction host:string/3 httpHeaders:[HTTPHeader]/5 path:string/1 port!:intstr/2 scheme:string/4
    HTTPHeader name!:string/1 value!:string/2
    HostAlias hostnames:[string]/2 ip:string/1
    HostIP ip!:string
    HostPathVolumeSource path!:string/1 type?:string/2
    ISCSIVolumeSource chapAuthDiscovery:bool/8 chapAuthSession:bool/11 fsType:string/5
      initiatorName?:string/12 iqn!:string/2 iscsiInterface:string/4 lun!:int32/3 portals:[string]/7
      readOnly:bool/6 secretRef:LocalObjectReference/10 targetPortal!:string/1
    ImageVolumeSource pullPolicy:string reference:string
    KeyToPath key!:string/1 mode?:int32/3 path!:string/2
    LabelSelector matchExpressions:[LabelSelectorRequirement]/2 matchLabels:{string}/1
    LabelSelectorRequirement key!:string/1 operator!:string/2 values:[string]/3
    Lifecycle postStart:LifecycleHandler/1 preStop:LifecycleHandler/2 stopSignal:string
    LifecycleHandler exec:ExecAction/1 httpGet:HTTPGetAction/2 sleep:SleepAction tcpSocket:TCPSocketAction/3
    LocalObjectReference name:string/1
    NFSVolumeSource path!:string/2 readOnly:bool/3 server!:string/1
    NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]/2
      requiredDuringSchedulingIgnoredDuringExecution:NodeSelector/1
    NodeSelector nodeSelectorTerms!:[NodeSelectorTerm]/1
    NodeSelectorRequirement key!:string/1 operator!:string/2 values:[string]/3
    NodeSelectorTerm matchExpressions:[NodeSelectorRequirement]/1 matchFields:[NodeSelectorRequirement]/2
    ObjectFieldSelector apiVersion:string/1 fieldPath!:string/2
    PersistentVolumeClaimSpec accessModes:[string]/1 dataSource:TypedLocalObjectReference/7
      dataSourceRef:TypedObjectReference resources:ResourceRequirements/2 selector:LabelSelector/4
      storageClassName?:string/5 volumeAttributesClassName:string volumeMode?:string/6 volumeName:string/3
    PersistentVolumeClaimTemplate metadata:ObjectMeta/1 spec!:PersistentVolumeClaimSpec/2
    PersistentVolumeClaimVolumeSource claimName!:string/1 readOnly:bool/2
    PhotonPersistentDiskVolumeSource fsType:string/2 pdID!:string/1
    Pod metadata:ObjectMeta/1 spec:PodSpec/2 status:PodStatus/3
    PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]/2
      requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]/1
    PodAffinityTerm labelSelector:LabelSelector/1 matchLabelKeys:[string] mismatchLabelKeys:[string]
      namespaceSelector:LabelSelector namespaces:[string]/2 topologyKey!:string/3
    PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]/2
      requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]/1
    PodCertificateProjection certificateChainPath:string credentialBundlePath:string keyPath:string
      keyType!:string maxExpirationSeconds:int32 signerName!:string userAnnotations:{string}
    PodCondition lastProbeTime:time/3 lastTransitionTime:time/4 message:string/6 observedGeneration:int64
      reason:string/5 status!:string/2 type!:string/1
    PodDNSConfig nameservers:[string]/1 options:[PodDNSConfigOption]/3 searches:[string]/2
    PodDNSConfigOption name:string/1 value?:string/2
    PodIP ip:string/1
    PodOS name!:string
    PodReadinessGate conditionType!:string/1
    PodResourceClaim name!:string resourceClaimName:string resourceClaimTemplateName:string
    PodSchedulingGate name!:string
    PodSecurityContext appArmorProfile:AppArmorProfile fsGroup?:int64/5 fsGroupChangePolicy?:string/9
      runAsGroup?:int64/6 runAsNonRoot?:bool/3 runAsUser?:int64/2 seLinuxChangePolicy:string
      seLinuxOptions:SELinuxOptions/1 seccompProfile:SeccompProfile/10 supplementalGroups:[int64]/4
      supplementalGroupsPolicy:string sysctls:[Sysctl]/7 windowsOptions:WindowsSecurityContextOptions/8
    PodSpec activeDeadlineSeconds?:int64/5 affinity:Affinity/18 automountServiceAccountToken?:bool/21
      containers!:[Container]/2 dnsConfig:PodDNSConfig/26 dnsPolicy:string/6 enableServiceLinks?:bool/30
      ephemeralContainers:[EphemeralContainer]/34 hostAliases:[HostAlias]/23 hostIPC:bool/13
      hostNetwork:bool/11 hostPID:bool/12 hostUsers:bool hostname:string/16 hostnameOverride:string
      imagePullSecrets:[LocalObjectReference]/15 initContainers:[Container]/20 nodeName:string/10
      nodeSelector:{string}/7 os:PodOS overhead:{quantity}/32 preemptionPolicy?:string/31 priority?:int32/25
      priorityClassName:string/24 readinessGates:[PodReadinessGate]/28 resourceClaims:[PodResourceClaim]
      resources:ResourceRequirements restartPolicy:string/3 runtimeClassName?:string/29
      schedulerName:string/19 schedulingGates:[PodSchedulingGate] securityContext:PodSecurityContext/14
      serviceAccount:string/9 serviceAccountName:string/8 setHostnameAsFQDN?:bool/35
      shareProcessNamespace?:bool/27 subdomain:string/17 terminationGracePeriodSeconds?:int64/4
      tolerations:[Toleration]/22 topologySpreadConstraints:[TopologySpreadConstraint]/33 volumes:[Volume]/1
    PodStatus allocatedResources:{quantity} conditions:[PodCondition]/2
      containerStatuses:[ContainerStatus]/8 ephemeralContainerStatuses:[ContainerStatus]/13
      extendedResourceClaimStatus:any hostIP:string/5 hostIPs:[HostIP]
      initContainerStatuses:[ContainerStatus]/10 message:string/3 nominatedNodeName:string/11
      observedGeneration:int64 phase:string/1 podIP:string/6 podIPs:[PodIP]/12 qosClass:string/9
      reason:string/4 resize:string resourceClaimStatuses:any resources:ResourceRequirements
      startTime?:time/7
    PodTemplateSpec metadata:ObjectMeta/1 spec:PodSpec/2
    PortworxVolumeSource fsType:string/2 readOnly:bool/3 volumeID!:string/1
    PreferredSchedulingTerm preference!:NodeSelectorTerm/2 weight!:int32/1
    Probe *:ProbeHandler/1 failureThreshold:int32/6 initialDelaySeconds:int32/2 periodSeconds:int32/4
      successThreshold:int32/5 terminationGracePeriodSeconds:int64 timeoutSeconds:int32/3
    ProbeHandler exec:ExecAction/1 grpc:GRPCAction httpGet:HTTPGetAction/2 tcpSocket:TCPSocketAction/3
    ProjectedVolumeSource defaultMode?:int32/2 sources:[VolumeProjection]/1
    QuobyteVolumeSource group:string/5 readOnly:bool/3 registry!:string/1 tenant:string/6 user:string/4
      volume!:string/2
    RBDVolumeSource fsType:string/3 image!:string/2 keyring:string/6 monitors!:[string]/1 pool:string/4
      readOnly:bool/8 secretRef:LocalObjectReference/7 user:string/5
    ResourceClaim name!:string request:string
    ResourceFieldSelector containerName:string/1 divisor:quantity/3 resource!:string/2
    ResourceRequirements claims:[ResourceClaim] limits:{quantity}/1 requests:{quantity}/2
    SELinuxOptions level:string/4 role:string/2 type:string/3 user:string/1
    ScaleIOVolumeSource fsType:string/9 gateway!:string/1 protectionDomain:string/5 readOnly:bool/10
      secretRef!:LocalObjectReference/3 sslEnabled:bool/4 storageMode:string/7 storagePool:string/6
      system!:string/2 volumeName:string/8
    SeccompProfile localhostProfile?:string/2 type!:string/1
    SecretEnvSource *:LocalObjectReference/1 optional?:bool/2
    SecretKeySelector *:LocalObjectReference/1 key!:string/2 optional?:bool/3
    SecretProjection *:LocalObjectReference/1 items:[KeyToPath]/2 optional?:bool/4
    SecretVolumeSource defaultMode?:int32/3 items:[KeyToPath]/2 optional?:bool/4 secretName:string/1
    SecurityContext allowPrivilegeEscalation?:bool/7 appArmorProfile:AppArmorProfile
      capabilities:Capabilities/1 privileged?:bool/2 procMount?:string/9 readOnlyRootFilesystem?:bool/6
      runAsGroup?:int64/8 runAsNonRoot?:bool/5 runAsUser?:int64/4 seLinuxOptions:SELinuxOptions/3
      seccompProfile:SeccompProfile/11 windowsOptions:WindowsSecurityContextOptions/10
    ServiceAccountTokenProjection audience:string/1 expirationSeconds?:int64/2 path!:string/3
    SleepAction seconds!:int64
    StorageOSVolumeSource fsType:string/3 readOnly:bool/4 secretRef:LocalObjectReference/5
      volumeName:string/1 volumeNamespace:string/2
    Sysctl name!:string/1 value!:string/2
    TCPSocketAction host:string/2 port!:intstr/1
    Toleration effect:string/4 key:string/1 operator:string/2 tolerationSeconds?:int64/5 value:string/3
    TopologySpreadConstraint labelSelector:LabelSelector/4 matchLabelKeys:[string] maxSkew!:int32/1
      minDomains:int32 nodeAffinityPolicy:string nodeTaintsPolicy:string topologyKey!:string/2
      whenUnsatisfiable!:string/3
    TypedLocalObjectReference apiGroup?:string/1 kind!:string/2 name!:string/3
    TypedObjectReference apiGroup:string kind!:string name!:string namespace:string
    Volume *:VolumeSource/2 name!:string/1
    VolumeDevice devicePath!:string/2 name!:string/1
    VolumeMount mountPath!:string/3 mountPropagation?:string/5 name!:string/1 readOnly:bool/2
      recursiveReadOnly:string subPath:string/4 subPathExpr:string/6
    VolumeProjection clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection/3
      downwardAPI:DownwardAPIProjection/2 podCertificate:PodCertificateProjection secret:SecretProjection/1
      serviceAccountToken:ServiceAccountTokenProjection/4
    VolumeSource awsElasticBlockStore:AWSElasticBlockStoreVolumeSource/4 azureDisk:AzureDiskVolumeSource/22
      azureFile:AzureFileVolumeSource/18 cephfs:CephFSVolumeSource/14 cinder:CinderVolumeSource/13
      configMap:ConfigMapVolumeSource/19 csi:CSIVolumeSource/28 downwardAPI:DownwardAPIVolumeSource/16
      emptyDir:EmptyDirVolumeSource/2 ephemeral:EphemeralVolumeSource/29 fc:FCVolumeSource/17
      flexVolume:FlexVolumeSource/12 flocker:FlockerVolumeSource/15
      gcePersistentDisk:GCEPersistentDiskVolumeSource/3 gitRepo:GitRepoVolumeSource/5
      glusterfs:GlusterfsVolumeSource/9 hostPath:HostPathVolumeSource/1 image:ImageVolumeSource
      iscsi:ISCSIVolumeSource/8 nfs:NFSVolumeSource/7
      persistentVolumeClaim:PersistentVolumeClaimVolumeSource/10
      photonPersistentDisk:PhotonPersistentDiskVolumeSource/23 portworxVolume:PortworxVolumeSource/24
      projected:ProjectedVolumeSource/26 quobyte:QuobyteVolumeSource/21 rbd:RBDVolumeSource/11
      scaleIO:ScaleIOVolumeSource/25 secret:SecretVolumeSource/6 storageos:StorageOSVolumeSource/27
      vsphereVolume:VsphereVirtualDiskVolumeSource/20
    VsphereVirtualDiskVolumeSource fsType:string/2 storagePolicyID:string/4 storagePolicyName:string/3
      volumePath!:string/1
    WeightedPodAffinityTerm podAffinityTerm!:PodAffinityTerm/2 weight!:int32/1
    WindowsSecurityContextOptions gmsaCredentialSpec?:string/2 gmsaCredentialSpecName?:string/1
      hostProcess:bool runAsUserName?:string/3
    """
}
