/**
 * Goal: what is not right is refused in upstream's words, whatever the kind, and nothing is taken and then ignored.
 * Method: every row of the tables is sent to the whole API server of a cluster without machines, to be read strictly.
 */
import { expect, test } from "vitest";
import { createApiServer } from "#apiserver/app";
import { ADMISSION } from "#apiserver/refusals/admission.fixture";
import { AGGREGATION } from "#apiserver/refusals/aggregation.fixture";
import { CLUSTER } from "#apiserver/refusals/cluster.fixture";
import { CONTROL } from "#apiserver/refusals/control.fixture";
import { CORE } from "#apiserver/refusals/core.fixture";
import { POD_PARTS } from "#apiserver/refusals/pod-parts.fixture";
import { PODS } from "#apiserver/refusals/pods.fixture";
import type { Row } from "#apiserver/refusals/rows.fixture";
import { SERVICES } from "#apiserver/refusals/services.fixture";
import { STORAGE } from "#apiserver/refusals/storage.fixture";
import { WORKLOADS } from "#apiserver/refusals/workloads.fixture";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { RESOURCES } from "#kernel/resources/index";
import { must } from "#kernel/sim/assert";
import { Scene } from "#test/support/scene";

const scene = new Scene({ machines: 0 });
const turns = { run: async <T>(work: Parameters<typeof scene.turn<T>>[0]): Promise<T> => scene.turn(work) };
const app = createApiServer(turns, () => CLUSTER_ADMIN);

/** What the server says of a manifest, without the words every refusal begins with. */
async function said(manifest: Row[0]): Promise<string> {
  const { apiVersion, kind } = manifest as { apiVersion: string; kind: string };
  const resource = must(
    RESOURCES.find((one) => one.apiVersion === apiVersion && one.names.kind === kind),
    `${kind} is served`,
  );
  const root = resource.group === "" ? "/api" : "/apis";
  const space = resource.isNamespaced ? "/namespaces/default" : "";
  const url = `http://kubernetes${root}/${apiVersion}${space}/${resource.names.plural}?fieldValidation=Strict&dryRun=All`;
  const headers = { "content-type": "application/json" };
  const answer = await app.fetch(new Request(url, { method: "POST", headers, body: JSON.stringify(manifest) }));
  const { message = "", status } = (await answer.json()) as { message?: string; status?: unknown };
  return status === "Failure" ? message.replace(/^\S+ "[^"]*" is invalid: /, "") : "accepted";
}

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  ADMISSION,
  CORE,
  SERVICES,
  STORAGE,
  PODS,
  POD_PARTS,
  WORKLOADS,
  CLUSTER,
  CONTROL,
  AGGREGATION,
};

for (const [name, rows] of Object.entries(TABLES)) {
  test.each(rows.map((row, n) => [n, ...row] as const))(`${name} %i: %j`, async (_n, manifest, text) => {
    expect(await said(manifest)).toBe(text);
  });
}
