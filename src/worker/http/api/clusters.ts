/**
 * /clusters: make one, look at it, make it anew, delete it, open it with kubectl.
 */
import type { ClusterOptions } from "#kernel/cluster/options";
import { eraseCluster, limitCreation, type OpenedCluster, openCluster } from "#worker/http/api/access";
import { checkFork, clusterChangeSchema, clusterRequestSchema, optionsOf } from "#worker/http/api/cluster-request";
import { addressesOf, kubeconfigOf } from "#worker/http/api/kubeconfig";
import { makeCluster } from "#worker/http/api/make-cluster";
import { type Route, route } from "#worker/http/api/route";
import { clusterSchema, madeClusterSchema } from "#worker/http/api/schemas";
import { contentsOf, needSnapshot } from "#worker/http/api/snapshot-store";

const TAG = "Clusters";
const ID = { id: "The cluster's id" };

const createCluster = route({
  method: "post",
  path: "/clusters",
  tag: TAG,
  summary: "Make a cluster",
  description:
    "It runs when the answer comes: three nodes, unless `nodes` says otherwise. Write `kubeconfig` into a file and " +
    "use kubectl, or open `url` in a browser. With `snapshot` it is a fork: the same objects, clock, containers, " +
    "files and logs under an id and a key of its own.",
  body: clusterRequestSchema,
  example: { name: "hello", nodes: 3, ttl: "8h" },
  success: { status: 201, description: "The cluster, with its key.", schema: madeClusterSchema },
  problems: [400, 404, 413, 422, 429],
  async handle({ c, body }) {
    await limitCreation(c);
    const { name, ttl, clock, snapshot } = body;
    if (snapshot === undefined) {
      return c.json(await makeCluster(c, { name, ttl, options: (seed) => optionsOf(body, seed) }), 201);
    }
    checkFork(body);
    const row = await needSnapshot(c.env, snapshot);
    const from = await contentsOf(c.env, row);
    const options = row.options as unknown as ClusterOptions;
    const made = await makeCluster(c, { name: name ?? row.name, ttl, options: () => options, from });
    const { rate, paused } = clock ?? {};
    if (rate !== undefined || paused !== undefined) {
      await c.env.CLUSTER.getByName(made.id).setClock({
        ...(rate !== undefined && { rate }),
        ...(paused !== undefined && { paused }),
      });
    }
    return c.json(made, 201);
  },
});

/** A cluster as its key's holder sees it. */
function view({ row, key }: OpenedCluster, origin: string): Record<string, unknown> {
  const { id, name, createdAt, expiresAt, options } = row;
  return {
    id,
    name,
    ...addressesOf({ origin, id, key }),
    createdAt: new Date(createdAt).toISOString(),
    ...(expiresAt !== null && { expiresAt: new Date(expiresAt).toISOString() }),
    options,
  };
}

const getCluster = route({
  method: "get",
  path: "/clusters/{id}",
  tag: TAG,
  summary: "Look at a cluster",
  isLocked: true,
  params: ID,
  success: { status: 200, description: "The cluster.", schema: clusterSchema },
  problems: [401, 404],
  async handle({ c, param, origin }) {
    return c.json(view(await openCluster(c, param("id")), origin));
  },
});

const patchCluster = route({
  method: "patch",
  path: "/clusters/{id}",
  tag: TAG,
  summary: "Stop and start components while the cluster runs",
  description: "A component that is stopped is among the faults as `component-stop`; ending that fault starts it too.",
  isLocked: true,
  params: ID,
  body: clusterChangeSchema,
  example: { components: { scheduler: false } },
  success: { status: 200, description: "The cluster.", schema: clusterSchema },
  problems: [400, 401, 404, 413, 422],
  async handle({ c, param, body, origin }) {
    const cluster = await openCluster(c, param("id"));
    await cluster.stub.steer(JSON.stringify(body));
    return c.json(view(cluster, origin));
  },
});

const deleteCluster = route({
  method: "delete",
  path: "/clusters/{id}",
  tag: TAG,
  summary: "Delete a cluster with everything in it",
  isLocked: true,
  params: ID,
  success: { status: 204, description: "It is gone." },
  problems: [401, 404],
  async handle({ c, param }) {
    const { row } = await openCluster(c, param("id"));
    await eraseCluster(c.env, row.id);
    return c.body(null, 204);
  },
});

const resetCluster = route({
  method: "post",
  path: "/clusters/{id}/reset",
  tag: TAG,
  summary: "Make a cluster anew from what it was made of",
  description: "Id, key and addresses stay; objects, containers, files and logs are gone. A fork becomes empty.",
  isLocked: true,
  params: ID,
  success: { status: 200, description: "The cluster.", schema: clusterSchema },
  problems: [401, 404],
  async handle({ c, param, origin }) {
    const cluster = await openCluster(c, param("id"));
    await cluster.stub.destroy();
    await cluster.stub.create(cluster.row.options as unknown as ClusterOptions);
    return c.json(view(cluster, origin));
  },
});

const getKubeconfig = route({
  method: "get",
  path: "/clusters/{id}/kubeconfig",
  tag: TAG,
  summary: "The kubeconfig of a cluster",
  isLocked: true,
  params: ID,
  success: { status: 200, description: "A kubeconfig.", text: "text/yaml" },
  problems: [401, 404],
  async handle({ c, param, origin }) {
    const { row, key } = await openCluster(c, param("id"));
    const text = kubeconfigOf({ origin, id: row.id, key }, row.name, c.env.DRYDOCK_CA);
    return c.body(text, 200, { "content-type": "text/yaml; charset=utf-8" });
  },
});

export const clusterRoutes: readonly Route[] = [
  createCluster,
  getCluster,
  patchCluster,
  deleteCluster,
  resetCluster,
  getKubeconfig,
];
