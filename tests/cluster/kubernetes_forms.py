"""The forms of the Kubernetes objects in examples/cluster/deploy: those members that it uses."""

LABELS = {'*': 'text'}
METADATA = {'name!': 'text', 'labels': LABELS, 'namespace': 'text'}
SELECTOR = {'matchLabels!': LABELS}
QUANTITIES = {'cpu': 'text', 'memory': 'text', 'storage': 'text'}
PROBE = {'httpGet': {'path!': 'text', 'port!': 'text'}, 'exec': {'command!': ['text']},
         'periodSeconds': 'number', 'timeoutSeconds': 'number', 'failureThreshold': 'number'}
ENVIRONMENT = {'name!': 'text', 'value': 'text',
               'valueFrom': {'fieldRef': {'fieldPath!': {'metadata.name', 'status.podIP'}},
                             'secretKeyRef': {'name!': 'text', 'key!': 'text'}}}
CONTAINER = {
    'name!': 'text', 'image!': 'text', 'command': ['text'], 'args': ['text'],
    'env': [ENVIRONMENT], 'envFrom': [{'configMapRef!': {'name!': 'text'}}],
    'ports!': [{'name!': 'text', 'containerPort!': 'number'}],
    'startupProbe': PROBE, 'readinessProbe!': PROBE, 'livenessProbe!': PROBE,
    'lifecycle': {'preStop!': {'exec!': {'command!': ['text']}}},
    'resources!': {'requests!': QUANTITIES, 'limits!': QUANTITIES},
    'securityContext!': {'allowPrivilegeEscalation!': 'truth', 'readOnlyRootFilesystem!': 'truth',
                         'capabilities!': {'drop!': ['text']}},
    'volumeMounts': [{'name!': 'text', 'mountPath!': 'text'}],
}
AFFINITY = {'podAntiAffinity!': {'preferredDuringSchedulingIgnoredDuringExecution!': [
    {'weight!': 'number',
     'podAffinityTerm!': {'topologyKey!': 'text', 'labelSelector!': SELECTOR}}]}}
POD = {
    'metadata!': {'labels!': LABELS},
    'spec!': {
        'automountServiceAccountToken!': 'truth', 'terminationGracePeriodSeconds!': 'number',
        'securityContext!': {'runAsNonRoot!': 'truth', 'runAsUser!': 'number',
                             'runAsGroup!': 'number', 'fsGroup!': 'number',
                             'seccompProfile!': {'type!': {'RuntimeDefault'}}},
        'affinity': AFFINITY, 'containers!': [CONTAINER],
        'volumes': [{'name!': 'text', 'emptyDir': {}, 'configMap': {'name!': 'text'},
                     'persistentVolumeClaim': {'claimName!': 'text'}}]},
}
CLAIM = {'accessModes!': [{'ReadWriteOnce', 'ReadWriteMany'}],
         'resources!': {'requests!': QUANTITIES}}
PEER = {'podSelector!': {'matchLabels': LABELS, 'matchExpressions': [
    {'key!': 'text', 'operator!': {'In'}, 'values!': ['text']}]}}
POLICY_PORTS = [{'port!': 'number', 'protocol': {'TCP', 'UDP'}}]


def form(version, kind, **members):
    return {'apiVersion!': {version}, 'kind!': {kind}, 'metadata!': METADATA,
            **{name + '!': inner for name, inner in members.items()}}


KINDS = {
    'Namespace': form('v1', 'Namespace'),
    'Service': form('v1', 'Service', spec={
        'selector!': LABELS, 'clusterIP': {'None'}, 'publishNotReadyAddresses': 'truth',
        'ports!': [{'name!': 'text', 'port!': 'number', 'targetPort': 'text'}]}),
    'PersistentVolumeClaim': form('v1', 'PersistentVolumeClaim', spec=CLAIM),
    'Deployment': form('apps/v1', 'Deployment', spec={
        'replicas': 'number', 'selector!': SELECTOR, 'template!': POD,
        'strategy!': {'rollingUpdate!': {'maxUnavailable!': 'number', 'maxSurge!': 'number'}}}),
    'StatefulSet': form('apps/v1', 'StatefulSet', spec={
        'serviceName!': 'text', 'replicas!': 'number', 'podManagementPolicy': {'Parallel'},
        'selector!': SELECTOR, 'template!': POD,
        'volumeClaimTemplates': [{'metadata!': METADATA, 'spec!': CLAIM}]}),
    'PodDisruptionBudget': form('policy/v1', 'PodDisruptionBudget', spec={
        'maxUnavailable!': 'number', 'selector!': SELECTOR}),
    'HorizontalPodAutoscaler': form('autoscaling/v2', 'HorizontalPodAutoscaler', spec={
        'scaleTargetRef!': {'apiVersion!': {'apps/v1'}, 'kind!': {'Deployment'}, 'name!': 'text'},
        'minReplicas!': 'number', 'maxReplicas!': 'number',
        'metrics!': [{'type!': {'Resource'}, 'resource!': {
            'name!': {'cpu'},
            'target!': {'type!': {'Utilization'}, 'averageUtilization!': 'number'}}}]}),
    'NetworkPolicy': form('networking.k8s.io/v1', 'NetworkPolicy', spec={
        **PEER, 'policyTypes!': [{'Ingress', 'Egress'}],
        'ingress': [{'from': [PEER], 'ports!': POLICY_PORTS}],
        'egress': [{'to': [PEER], 'ports!': POLICY_PORTS}]}),
    'Kustomization': {
        'apiVersion!': {'kustomize.config.k8s.io/v1beta1'}, 'kind!': {'Kustomization'},
        'namespace!': 'text', 'labels!': [{'pairs!': LABELS}], 'resources!': ['text'],
        'configMapGenerator!': [{'name!': 'text', 'files': ['text'], 'literals': ['text']}],
        'secretGenerator!': [{'name!': 'text', 'files!': ['text']}],
        'images!': [{'name!': 'text', 'newName': 'text', 'newTag!': 'text'}]},
}
