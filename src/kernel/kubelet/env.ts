/**
 * The environment of a container: its own variables from every source, and those of the Services around it.
 *
 * Models makeEnvironmentVariables of pkg/kubelet/kubelet_pods.go, pkg/kubelet/envvars and
 * third_party/forked/golang/expansion.
 */
import type { Container, EnvVar, EnvVarSource, FileKeySelector, Service } from "#kernel/api/types.gen";
import { decodeBase64 } from "#kernel/kubelet/base64";
import { containerResource, podField } from "#kernel/kubelet/downward";
import type { Member, PodWork } from "#kernel/kubelet/pod-work";
import { volumeId } from "#kernel/kubelet/volumes";
import { configmaps } from "#kernel/resources/core/configmap";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import { textOf, treeOf } from "#kernel/runtime/files/volume";

type Environment = Record<string, string>;

/** Either the environment, or why the container's configuration cannot be made (CreateContainerConfigError). */
export type EnvironmentOrProblem = { readonly env: Environment } | { readonly problem: string };

/** What is being put together, and what was missing on the way. */
interface Gathering {
  readonly work: PodWork;
  readonly container: Container;
  readonly env: Environment;
  readonly services: Readonly<Environment>;
  readonly problems: string[];
}

/** Puts together what a container's process finds in its environment. The first source that is missing is named. */
export function environmentOf(work: PodWork, member: Member): EnvironmentOrProblem {
  const container = member.container as Container;
  const gathering: Gathering = { work, container, env: {}, services: serviceVariables(work), problems: [] };
  const { env, services, problems } = gathering;
  takeSources(gathering);
  for (const variable of container.env ?? []) {
    const value = valueFor(gathering, variable);
    if (value !== undefined) env[variable.name] = value;
  }
  const [problem] = problems;
  if (problem !== undefined) return { problem };
  for (const name in services) env[name] ??= services[name] ?? "";
  return { env };
}

function takeSources(gathering: Gathering): void {
  const { container, env } = gathering;
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef !== undefined) {
      const data = configMapData(gathering, configMapRef.name ?? "", configMapRef.optional === true);
      for (const key in data) env[prefix + key] = data[key] ?? "";
    }
    if (secretRef !== undefined) {
      const data = secretData(gathering, secretRef.name ?? "", secretRef.optional === true);
      for (const key in data) env[prefix + key] = decodeBase64(data[key] ?? "");
    }
  }
}

type Data = Readonly<Record<string, string>> | undefined;

function configMapData({ work, problems }: Gathering, name: string, isOptional: boolean): Data {
  const found = work.context.client.get(configmaps, { namespace: work.key.namespace, name });
  if (found === undefined && !isOptional) problems.push(`configmap "${name}" not found`);
  return found === undefined ? undefined : (found.data ?? {});
}

function secretData({ work, problems }: Gathering, name: string, isOptional: boolean): Data {
  const found = work.context.client.get(secrets, { namespace: work.key.namespace, name });
  if (found === undefined && !isOptional) problems.push(`secret "${name}" not found`);
  return found === undefined ? undefined : (found.data ?? {});
}

function valueFor(gathering: Gathering, { value, valueFrom }: EnvVar): string | undefined {
  if (valueFrom !== undefined) return fromSource(gathering, valueFrom);
  const { env, services } = gathering;
  return expand(value ?? "", (name) => env[name] ?? services[name]);
}

function fromSource(gathering: Gathering, source: EnvVarSource): string | undefined {
  const { work, container, problems } = gathering;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  const place = work.key.namespace;
  if (fieldRef !== undefined) return podField(work, fieldRef.fieldPath);
  if (resourceFieldRef !== undefined) return containerResource(work, container, resourceFieldRef);
  if (configMapKeyRef !== undefined) {
    const { name = "", key, optional = false } = configMapKeyRef;
    const value = configMapData(gathering, name, optional)?.[key];
    if (value === undefined && !optional) problems.push(`couldn't find key ${key} in ConfigMap ${place}/${name}`);
    return value;
  }
  if (secretKeyRef !== undefined) {
    const { name = "", key, optional = false } = secretKeyRef;
    const value = secretData(gathering, name, optional)?.[key];
    if (value === undefined && !optional) problems.push(`couldn't find key ${key} in Secret ${place}/${name}`);
    return value === undefined ? undefined : decodeBase64(value);
  }
  return fileKeyRef === undefined ? undefined : fromFile(gathering, fileKeyRef);
}

/** A variable out of a file that an init container left in an emptyDir: lines of `KEY=VALUE`. */
function fromFile(
  { work, problems }: Gathering,
  { volumeName, path, key, optional }: FileKeySelector,
): string | undefined {
  const volume = work.pod.spec.volumes?.find(({ name }) => name === volumeName);
  const id = volume === undefined ? undefined : volumeId(work.cell, volume);
  const { cells } = work.context;
  const node = id === undefined ? undefined : treeOf(cells, id).nodes[path.replace(/^\/+/, "")];
  const isOptional = optional === true;
  if (id === undefined || node?.kind !== "file") {
    if (!isOptional) problems.push(`failed to read environment variable file "${path}": no such file or directory`);
    return undefined;
  }
  for (const line of textOf(cells, id, node).split("\n")) {
    const match = /^\s*(?:export\s+)?([^#=\s][^=\s]*)\s*=\s*(?:'([^']*)'|"([^"]*)"|(.*?))\s*$/.exec(line);
    if (match?.[1] === key) return match[2] ?? match[3] ?? match[4] ?? "";
  }
  if (!isOptional) problems.push(`environment variable key "${key}" not found in file "${path}"`);
  return undefined;
}

/** Replaces `$(NAME)` by what is known of it; `$$` is a plain `$`, an unknown name stays as it is written. */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    return lookUp(name) ?? whole;
  });
}

/** What `docker --link` once made of every Service: `WEB_SERVICE_HOST`, `WEB_PORT_80_TCP_ADDR` ... */
function serviceVariables({ context: { client }, pod, key }: PodWork): Environment {
  const found = new Map<string, Service>();
  const master = client.get(services, { namespace: "default", name: "kubernetes" });
  if (master !== undefined) found.set("kubernetes", master);
  if (pod.spec.enableServiceLinks !== false) {
    for (const service of client.list(services, { namespace: key.namespace })) {
      const { name } = service.metadata;
      if (key.namespace === "default" || name !== "kubernetes") found.set(name, service);
    }
  }
  const env: Environment = {};
  for (const [name, service] of found) addService(env, name, service);
  return env;
}

function addService(env: Environment, name: string, { spec }: Service): void {
  const ip = spec.clusterIP ?? "";
  const ports = spec.ports ?? [];
  const first = ports[0];
  if (ip === "" || ip === "None" || first === undefined) return;
  const prefix = name.toUpperCase().replaceAll("-", "_");
  env[`${prefix}_SERVICE_HOST`] = ip;
  env[`${prefix}_SERVICE_PORT`] = String(first.port);
  for (const { name: port, port: number } of ports) {
    if (port) env[`${prefix}_SERVICE_PORT_${port.toUpperCase().replaceAll("-", "_")}`] = String(number);
  }
  for (const [n, { protocol = "TCP", port }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${ip}:${port}`;
    if (n === 0) env[`${prefix}_PORT`] = url;
    const base = `${prefix}_PORT_${port}_${protocol}`;
    env[base] = url;
    env[`${base}_PROTO`] = protocol.toLowerCase();
    env[`${base}_PORT`] = String(port);
    env[`${base}_ADDR`] = ip;
  }
}
