/**
 * `http`: what a machine outside the cluster gets at an address, or at a Service's own way in.
 *
 * Asked several times it can see several pods, or several versions, answer.
 */
import { z } from "zod";
import { countSchema, countText, isCount } from "#classroom/checks/compare";
import { checkKind, failed, passed, type Verdict } from "#classroom/checks/verdict";
import type { Service } from "#kernel/api/types.gen";
import type { Cluster } from "#kernel/cluster/cluster";
import { outsideHttp } from "#kernel/network/outside";
import { worldOf } from "#kernel/network/world-of";
import { nodes } from "#kernel/resources/core/node";
import { services } from "#kernel/resources/core/service";
import type { HttpResponse } from "#kernel/runtime/world";

const schema = z.strictObject({
  type: z.literal("http"),
  /** A name or an address as seen from outside; or `service`. */
  host: z.string().min(1).max(253).optional(),
  /** The Service's load balancer, or its port on a node. */
  service: z.strictObject({ namespace: z.string().optional(), name: z.string().min(1) }).optional(),
  port: z.int().min(1).max(65_535).optional(),
  path: z.string().startsWith("/").max(2_000).optional(),
  status: z.int().min(100).max(599).optional(),
  /** Texts that every answer must contain. */
  contains: z.array(z.string().min(1)).max(20).optional(),
  /** How often to ask; 1 by default. */
  times: z.int().min(1).max(200).optional(),
  /** How many different answers must come. */
  versions: countSchema.optional(),
});

type HttpCheck = z.infer<typeof schema>;

export const httpCheck = checkKind(schema, (cluster, wanted) => {
  const place = placeOf(cluster, wanted);
  if ("passed" in place) return place;
  const { host, port } = place;
  const url = `http://${host}:${port}${wanted.path ?? "/"}`;
  const bodies = new Set<string>();
  for (let n = 0; n < (wanted.times ?? 1); n += 1) {
    const { admin: client, now, entropy, cells } = cluster;
    const request = { method: "GET", path: wanted.path ?? "/", headers: {}, body: "" };
    const answer = outsideHttp(worldOf({ client, now, entropy, cells }), host, port, request);
    if ("reason" in answer)
      return failed(`${url}: 응답이 없습니다: ${answer.reason}`, `${url}: no answer: ${answer.reason}`);
    const wrong = objection(url, answer, wanted);
    if (wrong !== undefined) return wrong;
    bodies.add(answer.body);
  }
  if (wanted.versions !== undefined && !isCount(bodies.size, wanted.versions)) {
    const { ko, en } = countText(wanted.versions);
    return failed(
      `${url}: 서로 다른 응답이 ${bodies.size}가지, 기대하는 수는 ${ko}입니다.`,
      `${url}: ${bodies.size} different answers, expected ${en}.`,
    );
  }
  return passed(`${url}: 기대한 응답입니다.`, `${url} answers as expected.`);
});

function objection(url: string, { status, body }: HttpResponse, wanted: HttpCheck): Verdict | undefined {
  const expected = wanted.status ?? 200;
  if (status !== expected) {
    return failed(
      `${url}: 현재 상태 코드 ${status}, 기대하는 코드는 ${expected}입니다.`,
      `${url}: status ${status}, expected ${expected}.`,
    );
  }
  const missing = (wanted.contains ?? []).find((text) => !body.includes(text));
  if (missing === undefined) return undefined;
  return failed(`${url}: 응답에 "${missing}" 문구가 없습니다.`, `${url}: the answer does not contain "${missing}".`);
}

function placeOf(cluster: Cluster, { host, service, port }: HttpCheck): { host: string; port: number } | Verdict {
  if (service === undefined) return { host: host ?? "localhost", port: port ?? 80 };
  const key = { namespace: service.namespace ?? "default", name: service.name };
  const found = cluster.admin.get(services, key);
  if (found === undefined) {
    return failed(
      `Service ${key.namespace}/${key.name}: 아직 없습니다.`,
      `Service ${key.namespace}/${key.name} does not exist.`,
    );
  }
  return wayIn(cluster, found, port);
}

function wayIn(
  cluster: Cluster,
  { metadata, spec, status }: Service,
  port: number | undefined,
): ReturnType<typeof placeOf> {
  const chosen = spec?.ports?.find((one) => port === undefined || one.port === port);
  const [ingress] = status?.loadBalancer?.ingress ?? [];
  if (ingress?.ip !== undefined && chosen !== undefined) return { host: ingress.ip, port: chosen.port };
  const [node] = cluster.admin.list(nodes);
  const address = node?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
  if (chosen?.nodePort !== undefined && address !== undefined) return { host: address, port: chosen.nodePort };
  const type = spec?.type ?? "ClusterIP";
  return failed(
    `Service ${metadata.name}: 현재 종류는 ${type}이고 밖에서 들어올 길이 없습니다. LoadBalancer나 NodePort를 기대합니다.`,
    `Service ${metadata.name} is of type ${type} and has no way in from outside; expected LoadBalancer or NodePort.`,
  );
}
