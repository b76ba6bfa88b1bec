/**
 * Argo CD: one image whose programs are called by name, and the Secrets they make.
 *
 * Leaves out delivery: no application is synced.
 */
import { encodeText } from "#kernel/resources/core/base64";
import type { Addon } from "#kernel/runtime/images/stock/addon";
import { askApi } from "#kernel/runtime/images/stock/in-cluster";
import { asJson, front, isoDate } from "#kernel/runtime/images/stock/stock";
import type { Task } from "#kernel/runtime/process/task";

/** How the log of its programs starts. */
export const argo = (task: Task): string =>
  `time="${isoDate(task).replace(/\.\d+/, "")}" level=info msg="Argo CD is starting" namespace=${task.record.namespace}\n`;
const argoPath = (name: string): string => `/usr/local/bin/${name}`;

/** Makes a Secret unless it is there. */
function keepSecret(task: Task, name: string, data: Readonly<Record<string, string>>): boolean {
  const { namespace } = task.record;
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  if (askApi(task, "GET", `${path}/${name}`).status === 200) return true;
  const encoded = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encodeText(text)]));
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, type: "Opaque", data: encoded };
  return askApi(task, "POST", path, secret).status === 201;
}

/** The secrets its parts make for one another and for who installed it. */
function makeSecrets(task: Task): boolean {
  if (task.argv.includes("redis-initial-password")) {
    return keepSecret(task, "argocd-redis", { auth: task.world.entropy.hex(16) });
  }
  if (!/argocd-server$/.test(task.argv[0] ?? "")) return true;
  return keepSecret(task, "argocd-initial-admin-secret", { password: task.world.entropy.hex(16) });
}

/** What Argo CD's parts listen on, by the name under which one program is called. */
export const ARGO: Addon = {
  repositories: ["quay.io/argoproj/argocd", "docker.io/argoproj/argocd"],
  programs: {
    [argoPath("argocd")]: [],
    [argoPath("argocd-server")]: [{ port: 8080, flag: "port" }, 8083],
    [argoPath("argocd-repo-server")]: [{ port: 8081, flag: "port" }, 8084],
    [argoPath("argocd-application-controller")]: [8082],
    [argoPath("argocd-applicationset-controller")]: [7000, 8080],
    [argoPath("argocd-notifications")]: [9001],
    [argoPath("argocd-dex")]: [],
    [argoPath("argocd-commit-server")]: [8086, 8087],
  },
  user: 999,
  flavor: "gnu",
  tools: ["+bash", "+curl"],
  megabytes: 180,
  takes: [60, 4, 3],
  entrypoint: ["/usr/bin/tini", "--"],
  style: argo,
  acts: makeSecrets,
  answers: { "/": front("Argo CD", "Let's get stuff deployed!"), "/api/version": asJson({ Version: "v3.2.0" }) },
};
