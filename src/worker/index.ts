/**
 * The Worker: the door every request comes through. It composes the routes and knows nothing else.
 */
import { Hono } from "hono";
import type { Env, WorkerEnv } from "#worker/env";
import { sweepExpired } from "#worker/http/api/access";
import { apiRoute } from "#worker/http/api/api";
import { healthRoute } from "#worker/http/health";
import { kubernetesRoute } from "#worker/http/kubernetes";
import { outsideRoute } from "#worker/http/outside";
import { pagesRoute } from "#worker/http/pages";
import { requestLine } from "#worker/http/request-line";

export { ClusterObject } from "#worker/cluster-object";

const app = new Hono<WorkerEnv>();

app.route("/", healthRoute);
app.route("/", kubernetesRoute);
app.route("/", apiRoute);
app.route("/", outsideRoute);
app.route("/", pagesRoute);

export default {
  async fetch(request, env, context) {
    const since = Date.now();
    const answer = await app.fetch(request, env, context);
    if (env.DRYDOCK_LOG !== undefined) console.log(requestLine(request, answer.status, Date.now() - since));
    return answer;
  },
  scheduled: (_event, env, context) => context.waitUntil(sweepExpired(env)),
} satisfies ExportedHandler<Env>;
