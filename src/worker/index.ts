/**
 * The Worker: the door every request comes through. It composes the routes and knows nothing else.
 */
import { Hono } from "hono";
import type { Env, WorkerEnv } from "#worker/env";
import { healthRoute } from "#worker/http/health";
import { kubernetesRoute } from "#worker/http/kubernetes";

export { ClusterObject } from "#worker/cluster-object";

const app = new Hono<WorkerEnv>();

app.route("/", healthRoute);
app.route("/", kubernetesRoute);

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
