/// A Deployment of the Go manager on a real hub: created by one `Update` that also owns the
/// server's defaults.
let goManagerDeployment = #"""
  {
   "apiVersion": "apps/v1",
   "kind": "Deployment",
   "metadata": {
    "annotations": {"deployment.kubernetes.io/revision": "1"},
    "creationTimestamp": "2026-11-22T17:08:30Z",
    "generation": 1,
    "labels": {"proxy.open-cluster-management.io/configuration-generation": "1"},
    "managedFields": [
     {
      "apiVersion": "apps/v1",
      "fieldsType": "FieldsV1",
      "fieldsV1": {
       "f:metadata": {
        "f:labels": {".": {}, "f:proxy.open-cluster-management.io/configuration-generation": {}},
        "f:ownerReferences": {".": {}, "k:{\"uid\":\"d50b21dc-4a06-4da1-b421-cd17d4c648cb\"}": {}}
       },
       "f:spec": {
        "f:progressDeadlineSeconds": {},
        "f:replicas": {},
        "f:revisionHistoryLimit": {},
        "f:selector": {},
        "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}},
        "f:template": {
         "f:metadata": {"f:labels": {".": {}, "f:proxy.open-cluster-management.io/addon-name": {}}},
         "f:spec": {
          "f:containers": {
           "k:{\"name\":\"apiserver\"}": {
            ".": {},
            "f:args": {},
            "f:image": {},
            "f:imagePullPolicy": {},
            "f:name": {},
            "f:resources": {
             ".": {},
             "f:limits": {".": {}, "f:cpu": {}, "f:memory": {}},
             "f:requests": {".": {}, "f:cpu": {}, "f:memory": {}}
            },
            "f:terminationMessagePath": {},
            "f:terminationMessagePolicy": {},
            "f:volumeMounts": {
             ".": {},
             "k:{\"mountPath\":\"/etc/ca/\"}": {".": {}, "f:mountPath": {}, "f:name": {}},
             "k:{\"mountPath\":\"/etc/server/\"}": {".": {}, "f:mountPath": {}, "f:name": {}, "f:readOnly": {}},
             "k:{\"mountPath\":\"/etc/tls/\"}": {".": {}, "f:mountPath": {}, "f:name": {}}
            }
           }
          },
          "f:dnsPolicy": {},
          "f:restartPolicy": {},
          "f:schedulerName": {},
          "f:securityContext": {},
          "f:serviceAccount": {},
          "f:serviceAccountName": {},
          "f:terminationGracePeriodSeconds": {},
          "f:volumes": {
           ".": {},
           "k:{\"name\":\"proxy-client\"}": {".": {}, "f:name": {}, "f:secret": {".": {}, "f:defaultMode": {}, "f:secretName": {}}},
           "k:{\"name\":\"proxy-client-ca\"}": {".": {}, "f:name": {}, "f:secret": {".": {}, "f:defaultMode": {}, "f:secretName": {}}},
           "k:{\"name\":\"server\"}": {".": {}, "f:name": {}, "f:secret": {".": {}, "f:defaultMode": {}, "f:secretName": {}}}
          }
         }
        }
       }
      },
      "manager": "addon-manager",
      "operation": "Update",
      "time": "2026-11-22T17:08:30Z"
     },
     {
      "apiVersion": "apps/v1",
      "fieldsType": "FieldsV1",
      "fieldsV1": {
       "f:metadata": {"f:annotations": {".": {}, "f:deployment.kubernetes.io/revision": {}}},
       "f:status": {
        "f:conditions": {
         ".": {},
         "k:{\"type\":\"Available\"}": {
          ".": {},
          "f:lastTransitionTime": {},
          "f:lastUpdateTime": {},
          "f:message": {},
          "f:reason": {},
          "f:status": {},
          "f:type": {}
         },
         "k:{\"type\":\"Progressing\"}": {
          ".": {},
          "f:lastTransitionTime": {},
          "f:lastUpdateTime": {},
          "f:message": {},
          "f:reason": {},
          "f:status": {},
          "f:type": {}
         }
        },
        "f:observedGeneration": {},
        "f:replicas": {},
        "f:terminatingReplicas": {},
        "f:unavailableReplicas": {},
        "f:updatedReplicas": {}
       }
      },
      "manager": "kube-controller-manager",
      "operation": "Update",
      "subresource": "status",
      "time": "2026-11-22T17:08:30Z"
     }
    ],
    "name": "gateway-deployment",
    "namespace": "vela-system",
    "ownerReferences": [
     {
      "apiVersion": "addon.open-cluster-management.io/v1alpha1",
      "kind": "ClusterManagementAddOn",
      "name": "cluster-gateway",
      "uid": "d50b21dc-4a06-4da1-b421-cd17d4c648cb"
     }
    ],
    "resourceVersion": "554",
    "uid": "ba2c0537-9d18-4f28-8823-2c12694e4248"
   },
   "spec": {
    "progressDeadlineSeconds": 600,
    "replicas": 3,
    "revisionHistoryLimit": 10,
    "selector": {"matchLabels": {"proxy.open-cluster-management.io/addon-name": "cluster-gateway"}},
    "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}, "type": "RollingUpdate"},
    "template": {
     "metadata": {"labels": {"proxy.open-cluster-management.io/addon-name": "cluster-gateway"}},
     "spec": {
      "containers": [
       {
        "args": ["--secure-port=9443", "--ocm-integration=true"],
        "image": "oamdev/cluster-gateway:v1.1.11",
        "imagePullPolicy": "IfNotPresent",
        "name": "apiserver",
        "resources": {
         "limits": {"cpu": "500m", "memory": "600Mi"},
         "requests": {"cpu": "100m", "memory": "200Mi"}
        },
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [
         {"mountPath": "/etc/server/", "name": "server", "readOnly": true},
         {"mountPath": "/etc/ca/", "name": "proxy-client-ca"},
         {"mountPath": "/etc/tls/", "name": "proxy-client"}
        ]
       }
      ],
      "dnsPolicy": "ClusterFirst",
      "restartPolicy": "Always",
      "schedulerName": "default-scheduler",
      "securityContext": {},
      "serviceAccount": "cluster-gateway",
      "serviceAccountName": "cluster-gateway",
      "terminationGracePeriodSeconds": 30,
      "volumes": [
       {"name": "server", "secret": {"defaultMode": 420, "secretName": "cluster-gateway-tls-cert"}},
       {"name": "proxy-client-ca", "secret": {"defaultMode": 420, "secretName": "proxy-server-ca"}},
       {"name": "proxy-client", "secret": {"defaultMode": 420, "secretName": "proxy-client"}}
      ]
     }
    }
   },
   "status": {
    "conditions": [
     {
      "lastTransitionTime": "2026-11-22T17:08:30Z",
      "lastUpdateTime": "2026-11-22T17:08:30Z",
      "message": "Deployment does not have minimum availability.",
      "reason": "MinimumReplicasUnavailable",
      "status": "False",
      "type": "Available"
     },
     {
      "lastTransitionTime": "2026-11-22T17:08:30Z",
      "lastUpdateTime": "2026-11-22T17:08:30Z",
      "message": "ReplicaSet \"gateway-deployment-6b8d456c86\" is progressing.",
      "reason": "ReplicaSetUpdated",
      "status": "True",
      "type": "Progressing"
     }
    ],
    "observedGeneration": 1,
    "replicas": 3,
    "terminatingReplicas": 0,
    "unavailableReplicas": 3,
    "updatedReplicas": 3
   }
  }
  """#
