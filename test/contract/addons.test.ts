/**
 * Goal: images that manifests need do what is expected of them: the metrics server serves `kubectl top`, the jobs
 * of ingress-nginx make and spread the certificate of its webhook, its controller leads to what Ingresses say.
 * Method: small manifests in the manner of the published ones, applied by kubectl; time is advanced.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster({ nodes: 1 });
  await cluster.kubectlOk(["create", "deployment", "web", "--image=nginx:1.27"]);
  await cluster.kubectlOk(["expose", "deployment", "web", "--port=80"]);
});
afterAll(() => cluster?.delete());

const apply = (text: string) => cluster.kubectlOk(["apply", "-f", "-"], { stdin: text });

test("a metrics server that was installed serves kubectl top, through its own APIService", async () => {
  await apply(`
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system}
spec: {selector: {k8s-app: metrics-server}, ports: [{port: 443, targetPort: https}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-server, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: metrics-server}}
  template:
    metadata: {labels: {k8s-app: metrics-server}}
    spec:
      containers:
      - name: metrics-server
        image: registry.k8s.io/metrics-server/metrics-server:v0.7.2
        args: [--cert-dir=/tmp, --secure-port=10250]
        ports: [{name: https, containerPort: 10250}]
        readinessProbe: {httpGet: {path: /readyz, port: https, scheme: HTTPS}, initialDelaySeconds: 20}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {name: metrics-server, namespace: kube-system}
`);
  await cluster.advance({ by: "2m" });
  expect(await cluster.kubectlOk(["get", "apiservice", "v1beta1.metrics.k8s.io"])).toMatch(
    /kube-system\/metrics-server\s+True/,
  );
  expect(await cluster.kubectlOk(["top", "nodes"])).toMatch(/^node-1\s+\d+m/m);
  expect(await cluster.kubectlOk(["top", "pods", "-l", "app=web"])).toMatch(/^web-\S+\s+\d+m\s+\d+Mi/m);
  expect(await cluster.kubectlOk(["top", "pods", "-l", "app=none"])).not.toContain("web-");
});

const job = (name: string, args: readonly string[]): string => `
apiVersion: batch/v1
kind: Job
metadata: {name: ${name}, namespace: ingress-nginx}
spec:
  template:
    spec:
      restartPolicy: OnFailure
      serviceAccountName: admission
      containers:
      - {name: main, image: "registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.4.4", args: ${JSON.stringify(args)}}
`;

const INGRESS_NGINX = `
apiVersion: v1
kind: Namespace
metadata: {name: ingress-nginx}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: admission, namespace: ingress-nginx}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admission}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: admission, namespace: ingress-nginx}]
---
apiVersion: v1
kind: Service
metadata: {name: controller, namespace: ingress-nginx}
spec: {selector: {app: controller}, ports: [{name: http, port: 80}, {name: webhook, port: 443, targetPort: 8443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: ingress-nginx}
spec:
  selector: {matchLabels: {app: controller}}
  template:
    metadata: {labels: {app: controller}}
    spec:
      containers:
      - name: controller
        image: registry.k8s.io/ingress-nginx/controller:v1.11.2
        args: [/nginx-ingress-controller, "--validating-webhook=:8443"]
        readinessProbe: {httpGet: {path: /healthz, port: 10254}}
        volumeMounts: [{name: certificate, mountPath: /usr/local/certificates, readOnly: true}]
      volumes: [{name: certificate, secret: {secretName: ingress-admission}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: ingress-admission}
webhooks:
- name: validate.nginx.ingress.kubernetes.io
  rules: [{apiGroups: [networking.k8s.io], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [ingresses]}]
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: controller, namespace: ingress-nginx, path: /networking/v1/ingresses}}
`;

test("ingress-nginx: its certificate is made and trusted, its webhook asked, its controller serves", async () => {
  await apply(INGRESS_NGINX);
  const ingress = ["create", "ingress", "web", "--class=nginx", "--rule=shop.example.org/*=web:80"];
  await apply(
    job("create", ["create", "--host=controller", "--namespace=ingress-nginx", "--secret-name=ingress-admission"]),
  );
  await cluster.advance({ by: "1m" });
  expect(await cluster.kubectlOk(["logs", "-n=ingress-nginx", "job/create"])).toContain("created secret");
  expect((await cluster.kubectl(ingress)).stderr).toContain("x509: certificate signed by unknown authority");
  const patch = ["patch", "--webhook-name=ingress-admission", "--namespace=ingress-nginx", "--patch-mutating=false"];
  await apply(job("patch", [...patch, "--secret-name=ingress-admission", "--patch-failure-policy=Fail"]));
  await cluster.advance({ by: "2m" });
  await cluster.kubectlOk(ingress);
  const curl = [
    "run",
    "curl",
    "--image=curlimages/curl",
    "--restart=Never",
    "--",
    "-s",
    "-H",
    "Host: shop.example.org",
  ];
  await cluster.kubectlOk([...curl, "http://controller.ingress-nginx"]);
  await cluster.advance({ by: "1m" });
  expect(await cluster.kubectlOk(["logs", "curl"])).toContain("Welcome to nginx!");
});

test("Argo CD's init container makes the password of its Redis, and ends", async () => {
  await apply(`
apiVersion: v1
kind: Namespace
metadata: {name: argocd}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: admin, namespace: argocd}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects: [{kind: ServiceAccount, name: default, namespace: argocd}]
---
apiVersion: v1
kind: Pod
metadata: {name: redis, namespace: argocd}
spec:
  initContainers:
  - {name: secret-init, image: "quay.io/argoproj/argocd:v3.2.0", command: [argocd, admin, redis-initial-password]}
  containers:
  - name: redis
    image: redis:7.2.11-alpine
    args: [--save, "", --requirepass, $(REDIS_PASSWORD)]
    env: [{name: REDIS_PASSWORD, valueFrom: {secretKeyRef: {name: argocd-redis, key: auth}}}]
`);
  await cluster.advance({ by: "1m" });
  expect(await cluster.kubectlOk(["get", "pod", "redis", "-n=argocd"])).toMatch(/1\/1\s+Running\s+0/);
});

test("a frontend leads to its backend by name; a page is fetched from outside before a server starts", async () => {
  await apply(`
apiVersion: v1
kind: Pod
metadata: {name: backend, labels: {app: hello}}
spec:
  containers: [{name: hello, image: "gcr.io/google-samples/hello-go-gke:1.0", ports: [{name: http, containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: hello}
spec: {selector: {app: hello}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Pod
metadata: {name: frontend}
spec:
  initContainers: [{name: install, image: "busybox:1.28", command: [wget, -O, /tmp/index.html, "http://info.cern.ch"]}]
  containers: [{name: nginx, image: "gcr.io/google-samples/hello-frontend:1.0"}]
`);
  await cluster.advance({ by: "1m" });
  expect(await cluster.kubectlOk(["exec", "frontend", "--", "curl", "-s", "localhost"])).toBe('{"message":"Hello"}');
});
