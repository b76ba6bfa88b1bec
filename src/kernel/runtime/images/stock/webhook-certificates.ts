/**
 * Certificates of webhooks: what makes them, and what writes the authority into the configurations that must trust it.
 *
 * Models ingress-nginx's kube-webhook-certgen, and of cert-manager the webhook's own authority and the cainjector.
 * Leaves out renewal, and serving certificates signed by another: each is its own authority.
 */
import { bytesOfHex, keyPairFrom } from "#kernel/apimachinery/jwt/p256";
import { serialFrom } from "#kernel/resources/certificates/authority";
import { authorityCertificate } from "#kernel/resources/certificates/x509";
import { encodeBytes, encodeText } from "#kernel/resources/core/base64";
import { goFlag } from "#kernel/runtime/images/http-echo";
import { askApi, type Told } from "#kernel/runtime/images/stock/in-cluster";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

const YEAR_MS = 365 * 24 * 3_600_000;

/** A certificate that is its own authority, and its key, in PEM. */
function selfSigned(task: Task, name: string): { readonly certificate: string; readonly key: string } {
  const key = keyPairFrom(task.world.entropy.hex(64));
  const terms = { serial: serialFrom(bytesOfHex(key.x)), notBefore: task.now, notAfter: task.now + 100 * YEAR_MS };
  // SEC 1: version 1, the private number, the curve P-256.
  const der = bytesOfHex(`30310201010420${key.d.padStart(64, "0")}a00a06082a8648ce3d030107`);
  const lines = encodeBytes(der).match(/.{1,64}/g) ?? [];
  return {
    certificate: authorityCertificate({ key, name }, terms),
    key: `-----BEGIN EC PRIVATE KEY-----\n${lines.join("\n")}\n-----END EC PRIVATE KEY-----\n`,
  };
}

const ADMISSION = "/apis/admissionregistration.k8s.io/v1";
const say = (task: Task, msg: string, level = "info"): void =>
  void task.complain(
    `${JSON.stringify({ level, msg, time: new Date(task.now).toISOString().replace(/\.\d+/, "") })}\n`,
  );

const messageOf = ({ told }: { readonly told: Told }): string => String(told["message"] ?? "");
const dataOf = (secret: Told, key: string): string | undefined =>
  (secret["data"] as Readonly<Record<string, string>> | undefined)?.[key];

/** Writes an authority into every webhook of a configuration. */
function trust(task: Task, path: string, caBundle: string, policy?: string): { status: number; told: Told } {
  const found = askApi(task, "GET", path);
  if (found.status !== 200) return found;
  const webhooks = (found.told["webhooks"] ?? []) as readonly { readonly clientConfig: object }[];
  const isSame = webhooks.every((one) => (one.clientConfig as { caBundle?: string }).caBundle === caBundle);
  if (isSame && policy === undefined) return found;
  return askApi(task, "PUT", path, {
    ...found.told,
    webhooks: webhooks.map((one) => ({
      ...one,
      ...(policy === undefined ? {} : { failurePolicy: policy }),
      clientConfig: { ...one.clientConfig, caBundle },
    })),
  });
}

function create(task: Task): number {
  const [namespace, name] = [goFlag(task.argv, "namespace") ?? "", goFlag(task.argv, "secret-name") ?? ""];
  const host = goFlag(task.argv, "host") ?? "";
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const found = askApi(task, "GET", `${path}/${name}`);
  if (found.status === 200) {
    say(task, "secret already exists");
    return 0;
  }
  const { certificate, key } = selfSigned(task, host.split(",")[0] ?? "");
  const names = [goFlag(task.argv, "cert-name") ?? "cert", goFlag(task.argv, "key-name") ?? "key"] as const;
  const data = { ca: certificate, [names[0]]: certificate, [names[1]]: key };
  const made = askApi(task, "POST", path, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    data: Object.fromEntries(Object.entries(data).map(([field, text]) => [field, encodeText(text)])),
  });
  say(task, made.status === 201 ? "created secret" : messageOf(made), made.status === 201 ? "info" : "fatal");
  return made.status === 201 ? 0 : 1;
}

function patch(task: Task): number {
  const [namespace, name] = [goFlag(task.argv, "namespace") ?? "", goFlag(task.argv, "secret-name") ?? ""];
  const secret = askApi(task, "GET", `/api/v1/namespaces/${namespace}/secrets/${name}`);
  const ca = dataOf(secret.told, "ca");
  if (ca === undefined) {
    say(task, `no secret with '${name}' in '${namespace}'`, "fatal");
    return 1;
  }
  const webhook = goFlag(task.argv, "webhook-name") ?? "";
  const isOff = (flag: string): boolean => goFlag(task.argv, flag) === "false";
  for (const [kind, isAsked] of [
    ["validatingwebhookconfigurations", !isOff("patch-validating")],
    ["mutatingwebhookconfigurations", !isOff("patch-mutating")],
  ] as const) {
    if (!isAsked) continue;
    const done = trust(task, `${ADMISSION}/${kind}/${webhook}`, ca, goFlag(task.argv, "patch-failure-policy"));
    if (done.status === 200) continue;
    say(task, messageOf(done), "fatal");
    return 1;
  }
  say(task, "Patched hook(s)");
  return 0;
}

/** `create` makes the Secret, `patch` makes the configurations trust it. */
export const certgen: Program<never> = {
  name: "kube-webhook-certgen",
  use: { memoryBytes: 8 * 2 ** 20 },
  step(task) {
    const verb = task.argv[1];
    if (verb === "create") return create(task);
    if (verb === "patch") return patch(task);
    if (verb === "version") return 0;
    task.complain(`Error: unknown command "${verb ?? ""}" for "kube-webhook-certgen"\n`);
    return 1;
  },
};

/** cert-manager's webhook keeps its authority in a Secret. True = it is there. */
export function keepAuthority(task: Task): boolean {
  const namespace = goFlag(task.argv, "dynamic-serving-ca-secret-namespace") ?? task.record.namespace;
  const name = goFlag(task.argv, "dynamic-serving-ca-secret-name") ?? "cert-manager-webhook-ca";
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const { status } = askApi(task, "GET", `${path}/${name}`);
  if (status === 200) return true;
  const { certificate, key } = selfSigned(task, name);
  const made = askApi(task, "POST", path, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, annotations: { "cert-manager.io/allow-direct-injection": "true" } },
    data: { "ca.crt": encodeText(certificate), "tls.crt": encodeText(certificate), "tls.key": encodeText(key) },
  });
  return made.status === 201;
}

const FROM_SECRET = "cert-manager.io/inject-ca-from-secret";

/** Writes the authorities that annotations name into the configurations. False = one is not there yet. */
export function injectAuthorities(task: Task): boolean {
  let isWhole = true;
  for (const kind of ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]) {
    const list = askApi(task, "GET", `${ADMISSION}/${kind}`);
    for (const { metadata } of (list.told["items"] ?? []) as readonly Told[]) {
      const from = metadata?.annotations?.[FROM_SECRET];
      if (from === undefined) continue;
      const [namespace = "", name = ""] = from.split("/");
      const secret = askApi(task, "GET", `/api/v1/namespaces/${namespace}/secrets/${name}`);
      const ca = dataOf(secret.told, "ca.crt");
      if (ca === undefined) isWhole = false;
      else trust(task, `${ADMISSION}/${kind}/${metadata?.name}`, ca);
    }
  }
  return isWhole;
}
