/**
 * What kubeadm leaves in kube-system: CoreDNS, kube-proxy, and the notes it keeps.
 *
 * Models cmd/kubeadm/app/phases/addons and uploadconfig.
 * Leaves out that Services and names need these pods: both are served by the simulator itself.
 */

import { gitVersion } from "#kernel/apimachinery/version";
import type { Client } from "#kernel/registry/client";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { deployments } from "#kernel/resources/apps/deployment";
import { configmaps } from "#kernel/resources/core/configmap";
import { services } from "#kernel/resources/core/service";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { clusterroles } from "#kernel/resources/rbac/clusterrole";
import { clusterrolebindings } from "#kernel/resources/rbac/clusterrolebinding";
import { imageOf } from "#kernel/runtime/images/control-plane";

const NAMESPACE = "kube-system";

/** Creates them all; `member` is the first master, which the notes name as the endpoint. */
export function createAddons(client: Client, member: string): void {
  for (const name of ["coredns", "kube-proxy"])
    client.create(serviceaccounts, { metadata: { name, namespace: NAMESPACE } });
  for (const [name, data] of Object.entries(notes(member))) {
    client.create(configmaps, { metadata: { name, namespace: NAMESPACE }, data });
  }
  createDns(client);
  createProxy(client);
}

const notes = (member: string): Readonly<Record<string, Readonly<Record<string, string>>>> => ({
  "kubeadm-config": {
    ClusterConfiguration:
      "apiVersion: kubeadm.k8s.io/v1beta4\nclusterName: kubernetes\n" +
      `controlPlaneEndpoint: ${member}:6443\nkind: ClusterConfiguration\nkubernetesVersion: ${gitVersion}\n` +
      "networking:\n  dnsDomain: cluster.local\n  podSubnet: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/12\n",
  },
  "kubelet-config": {
    kubelet:
      "apiVersion: kubelet.config.k8s.io/v1beta1\ncgroupDriver: systemd\nclusterDNS:\n- 10.96.0.10\n" +
      "clusterDomain: cluster.local\nkind: KubeletConfiguration\nstaticPodPath: /etc/kubernetes/manifests\n",
  },
  "kube-proxy": {
    "config.conf":
      "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nclusterCIDR: 10.244.0.0/16\nkind: KubeProxyConfiguration\nmode: iptables\n",
  },
  coredns: {
    Corefile:
      ".:53 {\n    errors\n    health {\n       lameduck 5s\n    }\n    ready\n" +
      "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n" +
      "       ttl 30\n    }\n    prometheus :9153\n    forward . /etc/resolv.conf {\n       max_concurrent 1000\n    }\n" +
      "    cache 30 {\n       disable success cluster.local\n       disable denial cluster.local\n    }\n    loop\n    reload\n    loadbalance\n}\n",
  },
});

const CRITICAL = { key: "CriticalAddonsOnly", operator: "Exists" };
const MASTERS = { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" };

const DNS_CONTAINER = {
  name: "coredns",
  image: imageOf("coredns"),
  imagePullPolicy: "IfNotPresent",
  args: ["-conf", "/etc/coredns/Corefile"],
  resources: { limits: { memory: "170Mi" }, requests: { cpu: "100m", memory: "70Mi" } },
  ports: [
    { containerPort: 53, name: "dns", protocol: "UDP" },
    { containerPort: 53, name: "dns-tcp", protocol: "TCP" },
    { containerPort: 9_153, name: "metrics", protocol: "TCP" },
  ],
  livenessProbe: {
    httpGet: { path: "/health", port: 8_080 },
    initialDelaySeconds: 60,
    timeoutSeconds: 5,
    failureThreshold: 5,
  },
  readinessProbe: { httpGet: { path: "/ready", port: 8_181 } },
  volumeMounts: [{ name: "config-volume", mountPath: "/etc/coredns", readOnly: true }],
};

function createDns(client: Client): void {
  const labels = { "k8s-app": "kube-dns" };
  const read = ["list", "watch"];
  client.create(clusterroles, {
    metadata: { name: "system:coredns" },
    rules: [
      { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: read },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
    ],
  });
  bind(client, "system:coredns", "system:coredns", "coredns");
  client.create(services, {
    metadata: {
      name: "kube-dns",
      namespace: NAMESPACE,
      labels: { ...labels, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
      annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" },
    },
    spec: {
      clusterIP: "10.96.0.10",
      selector: labels,
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
        { name: "metrics", port: 9_153, protocol: "TCP", targetPort: 9_153 },
      ],
    },
  });
  client.create(deployments, {
    metadata: { name: "coredns", namespace: NAMESPACE, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: "system-cluster-critical",
          serviceAccountName: "coredns",
          dnsPolicy: "Default",
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [CRITICAL, MASTERS],
          containers: [DNS_CONTAINER],
          volumes: [
            { name: "config-volume", configMap: { name: "coredns", items: [{ key: "Corefile", path: "Corefile" }] } },
          ],
        },
      },
    },
  });
}

function createProxy(client: Client): void {
  const labels = { "k8s-app": "kube-proxy" };
  bind(client, "kubeadm:node-proxier", "system:node-proxier", "kube-proxy");
  client.create(daemonsets, {
    metadata: { name: "kube-proxy", namespace: NAMESPACE, labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: "RollingUpdate" },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: "system-node-critical",
          serviceAccountName: "kube-proxy",
          hostNetwork: true,
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [{ operator: "Exists" }],
          containers: [
            {
              name: "kube-proxy",
              image: imageOf("kube-proxy"),
              imagePullPolicy: "IfNotPresent",
              command: [
                "/usr/local/bin/kube-proxy",
                "--config=/var/lib/kube-proxy/config.conf",
                "--hostname-override=$(NODE_NAME)",
              ],
              env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
              securityContext: { privileged: true },
              volumeMounts: [{ name: "kube-proxy", mountPath: "/var/lib/kube-proxy" }],
            },
          ],
          volumes: [{ name: "kube-proxy", configMap: { name: "kube-proxy" } }],
        },
      },
    },
  });
}

function bind(client: Client, name: string, role: string, account: string): void {
  client.create(clusterrolebindings, {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name: account, namespace: NAMESPACE }],
  });
}
