/**
 * ServiceAccount: every pod runs as an account of its namespace and finds that account's token in a volume.
 *
 * Models plugin/pkg/admission/serviceaccount.
 * Leaves out the rules for mirror pods: no simulated machine has static pods.
 */
import { refusal } from "#kernel/admission/refusal";
import type { Container, Pod, ServiceAccount, Volume } from "#kernel/api/types.gen";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { pods } from "#kernel/resources/core/pod";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import type { Entropy } from "#kernel/sim/entropy";

const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX = "kube-api-access-";
const ENFORCE_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets";

/** An hour, and seven seconds by which the kubelet tells its own tokens. */
const TOKEN_SECONDS = 3607;

export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === pods.bucket && subresource === "" && operation === "CREATE",

  admit(request, client) {
    const pod = request.object as Pod;
    const { spec } = pod;
    const name = spec.serviceAccountName || "default";
    spec.serviceAccountName = name;
    // The old name of the field always says the same.
    spec.serviceAccount = name;
    const account = client.get(serviceaccounts, { namespace: request.namespace, name });
    if (account === undefined) {
      const whose = `${request.namespace}/${name}`;
      throw refusal(request, `error looking up service account ${whose}: serviceaccount "${name}" not found`);
    }
    if (wantsToken(account, pod)) mountToken(pod, client.registry.entropy);
    if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
      spec.imagePullSecrets = [...(account.imagePullSecrets ?? [])];
    }
  },

  validate(request, client) {
    const pod = request.object as Pod;
    const name = pod.spec.serviceAccountName ?? "";
    const account = client.get(serviceaccounts, { namespace: request.namespace, name });
    if (account === undefined || !isTrue(account.metadata.annotations?.[ENFORCE_MOUNTABLE])) return;
    const problem = unmountable(pod, account);
    if (problem !== undefined) throw refusal(request, problem);
  },
};

/** The pod decides, then the account; unless one says no there is a token. */
const wantsToken = (account: ServiceAccount, { spec }: Pod): boolean =>
  spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;

function mountToken({ spec }: Pod, entropy: Entropy): void {
  const present = spec.volumes?.find(
    ({ name, projected }) => projected !== undefined && name.startsWith(VOLUME_PREFIX),
  );
  const name = present?.name ?? VOLUME_PREFIX + entropy.suffix();
  let isNeeded = false;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (container.volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH) === true) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
    isNeeded = true;
  }
  if (isNeeded && present === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

/** The token, the certificate that the API server shows, and the namespace, each a file. */
function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
        { configMap: { items: [{ key: "ca.crt", path: "ca.crt" }], name: "kube-root-ca.crt" } },
        {
          downwardAPI: {
            items: [{ fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" }, path: "namespace" }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}

/** As Go's strconv.ParseBool reads it. */
const isTrue = (text: string | undefined): boolean => ["1", "t", "T", "true", "TRUE", "True"].includes(text ?? "");

/** What the pod refers to that its account does not; undefined if there is nothing. */
function unmountable(
  { spec }: Pod,
  { metadata, secrets = [], imagePullSecrets = [] }: ServiceAccount,
): string | undefined {
  const mountable = new Set(secrets.map(({ name }) => name));
  const because = `is not allowed because service account ${metadata.name} does not reference that`;
  for (const { secret } of spec.volumes ?? []) {
    if (secret === undefined || mountable.has(secret.secretName)) continue;
    return `volume with secret.secretName="${secret.secretName}" ${because} secret`;
  }
  const kinds: readonly (readonly [string, readonly Container[]])[] = [
    ["init container", spec.initContainers ?? []],
    ["container", spec.containers],
  ];
  for (const [kind, containers] of kinds) {
    for (const container of containers) {
      const env = container.env?.find(({ valueFrom }) => isForeign(valueFrom?.secretKeyRef, mountable));
      if (env === undefined) continue;
      const secret = env.valueFrom?.secretKeyRef?.name;
      const where = `${kind} ${container.name} with envVar ${env.name}`;
      return `${where} referencing secret.secretName="${secret}" ${because} secret`;
    }
  }
  const pullable = new Set(imagePullSecrets.map(({ name }) => name));
  const index = (spec.imagePullSecrets ?? []).findIndex(({ name }) => !pullable.has(name));
  if (index < 0) return undefined;
  return `imagePullSecrets[${index}].name="${spec.imagePullSecrets?.[index]?.name}" ${because} imagePullSecret`;
}

const isForeign = (ref: { readonly name?: string } | undefined, known: ReadonlySet<string | undefined>): boolean =>
  ref !== undefined && !known.has(ref.name);
