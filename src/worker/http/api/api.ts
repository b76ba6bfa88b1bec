/**
 * Our own HTTP API: its routes, the document that describes them, and how its errors look.
 */
import { clockRoutes } from "#worker/http/api/clock";
import { clusterRoutes } from "#worker/http/api/clusters";
import { docsPage } from "#worker/http/api/docs";
import { explainRoutes } from "#worker/http/api/explain";
import { faultRoutes } from "#worker/http/api/faults";
import { labRoutes } from "#worker/http/api/labs";
import { nodeRoutes } from "#worker/http/api/nodes";
import { notFound, problemResponse } from "#worker/http/api/problem";
import { type ApiApp, newApiApp } from "#worker/http/api/route";
import { snapshotRoutes } from "#worker/http/api/snapshots";
import { trafficRoutes } from "#worker/http/api/traffic";

const ROUTES = [
  ...clusterRoutes,
  ...clockRoutes,
  ...snapshotRoutes,
  ...explainRoutes,
  ...faultRoutes,
  ...trafficRoutes,
  ...nodeRoutes,
  ...labRoutes,
];

const INFO = {
  openapi: "3.1.0",
  info: {
    title: "Drydock",
    version: "1",
    description:
      "Kubernetes clusters without computers. A cluster is made by one call and opened by its own key; its " +
      "Kubernetes API is at `server`. Lists answer `{items, next?}`; errors are problem documents (RFC 9457).",
  },
} as const;

/** The app below /api. */
export const apiRoute: ApiApp = newApiApp();

const v1 = newApiApp();
v1.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
for (const one of ROUTES) one.mount(v1);
v1.onError(problemResponse);

const documentOf = (origin: string) => v1.getOpenAPI31Document({ ...INFO, servers: [{ url: origin }] });

apiRoute.get("/api/openapi.json", (c) => c.json(documentOf(new URL(c.req.url).origin)));
apiRoute.get("/api/docs", (c) => c.html(docsPage(documentOf(new URL(c.req.url).origin))));
apiRoute.route("/api/v1", v1);
apiRoute.all("/api/*", () => notFound("There is nothing at this path; see /api/docs.").response);
