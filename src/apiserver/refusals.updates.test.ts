/**
 * Goal: a change that may not be made is refused in upstream's words.
 * Method: every object of the table is made in a cluster without machines, then patched without keeping the result.
 */
import { expect, test } from "vitest";
import { createApiServer } from "#apiserver/app";
import { UPDATES } from "#apiserver/refusals/updates.fixture";
import type { Change } from "#apiserver/refusals/updates.rows.fixture";
import { STATUS_UPDATES } from "#apiserver/refusals/updates.status.fixture";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { RESOURCES } from "#kernel/resources/index";
import { must } from "#kernel/sim/assert";
import { Scene } from "#test/support/scene";

const scene = new Scene({ machines: 0 });
const turns = { run: async <T>(work: Parameters<typeof scene.turn<T>>[0]): Promise<T> => scene.turn(work) };
const app = createApiServer(turns, () => CLUSTER_ADMIN);

async function send(method: string, url: string, type: string, body: object): Promise<string> {
  const headers = { "content-type": type };
  const answer = await app.fetch(new Request(url, { method, headers, body: JSON.stringify(body) }));
  const { message = "", status } = (await answer.json()) as { message?: string; status?: unknown };
  return status === "Failure" ? message.replace(/^\S+ "[^"]*" is invalid: /, "") : "accepted";
}

async function said([made, patch, , subresource = ""]: Change, name: string): Promise<string> {
  const { apiVersion, kind, metadata } = made as { apiVersion: string; kind: string; metadata: object };
  const resource = must(
    RESOURCES.find((one) => one.apiVersion === apiVersion && one.names.kind === kind),
    `${kind} is served`,
  );
  const root = resource.group === "" ? "/api" : "/apis";
  const space = resource.isNamespaced ? "/namespaces/default" : "";
  const url = `http://kubernetes${root}/${apiVersion}${space}/${resource.names.plural}`;
  const first = await send("POST", url, "application/json", { ...made, metadata: { ...metadata, name } });
  expect(first).toBe("accepted");
  const part = subresource === "" ? "" : `/${subresource}`;
  return send("PATCH", `${url}/${name}${part}?dryRun=All`, "application/merge-patch+json", patch);
}

test.each([...UPDATES, ...STATUS_UPDATES].map((change, n) => [n, ...change] as const))(
  "%i: %j %j",
  async (n, ...change) => {
    const text = change[2];
    const answer = await said(change, `u${n}`);
    if (text.endsWith("…")) expect(answer.slice(0, text.length - 1)).toBe(text.slice(0, -1));
    else expect(answer).toBe(text);
  },
);
