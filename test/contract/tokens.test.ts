/**
 * Goal: a token opens its own cluster, for as long as it should, and nothing else; one cluster's keys open no other.
 * Method: tokens of every sort made with the real kubectl, used with it, forged, outlived, and taken to other clusters.
 */
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account, makeAccounts, opened, tokenOf } from "#test/support/accounts";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";
import { kubectl, kubectlOk } from "#test/support/kubectl";
import { TestServer } from "#test/support/server";

let cluster: TestCluster;
let other: TestCluster;
beforeAll(async () => {
  [cluster, other] = await Promise.all([newCluster({ nodes: 1 }), newCluster({ nodes: 0 })]);
  await makeAccounts(cluster);
});
afterAll(() => Promise.all([cluster, other].map((one) => one?.delete())));

test("tokens: audiences, time, what they are bound to, and who can verify them", async () => {
  const token = await tokenOf(cluster, "reader", "--audience=vault", "--duration=10m");
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  expect(claims).toMatchObject({
    aud: ["vault"],
    iss: "https://kubernetes.default.svc.cluster.local",
    sub: account("reader"),
    "kubernetes.io": { namespace: "dev", serviceaccount: { name: "reader" } },
  });
  expect(Number(claims["exp"]) - Number(claims["iat"])).toBe(600);
  const { keys } = await okJson<{ keys: { kid: string }[] }>(await cluster.api("/openid/v1/jwks"));
  const key = createPublicKey({ key: keys[0] as never, format: "jwk" });
  const signed = Buffer.from(signature, "base64url");
  expect(verify("sha256", Buffer.from(`${header}.${payload}`), { key, dsaEncoding: "ieee-p1363" }, signed)).toBe(true);
  const about = await okJson<{ issuer: string }>(await cluster.api("/.well-known/openid-configuration"));
  expect(about.issuer).toBe(claims["iss"]);
  // It is for somebody else, not for the API server.
  expect((await kubectl(opened(cluster, token), ["get", "pods", "-n", "dev"])).stderr).toContain(
    "You must be logged in to the server",
  );
  const short = await cluster.kubectl(["create", "token", "reader", "-n", "dev", "--duration=1m"]);
  expect(short.stderr).toContain("may not specify a duration less than 10 minutes");
  const review = await okJson<{ status: Record<string, unknown> }>(
    await cluster.api("/apis/authentication.k8s.io/v1/tokenreviews", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ spec: { token, audiences: ["vault", "x"] } }),
    }),
  );
  expect(review.status).toMatchObject({
    authenticated: true,
    audiences: ["vault"],
    user: { username: account("reader") },
  });
});

test("a token ends with its time, its account, and what it is bound to", async () => {
  const yaml = `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: dev}, spec: {containers: [{name: c, image: nginx}]}}`;
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: yaml });
  await cluster.kubectlOk(["create", "sa", "brief", "-n", "dev"]);
  const whoami = (token: string) => kubectl(opened(cluster, token), ["auth", "whoami"]);
  const [plain, bound] = await Promise.all([
    tokenOf(cluster, "brief"),
    cluster.kubectlOk(["create", "token", "default", "-n", "dev", "--bound-object-kind=Pod", "--bound-object-name=p"]),
  ]);
  expect((await whoami(plain)).code).toBe(0);
  expect((await whoami(bound.trim())).stdout).toContain("authentication.kubernetes.io/pod-name");
  await cluster.kubectlOk(["delete", "sa", "brief", "-n", "dev"]);
  await cluster.kubectlOk(["delete", "pod", "p", "-n", "dev", "--force", "--grace-period=0"]);
  expect((await whoami(plain)).stderr).toContain("You must be logged in to the server");
  expect((await whoami(bound.trim())).stderr).toContain("You must be logged in to the server");
  const late = await tokenOf(cluster, "reader", "--duration=10m");
  await cluster.advance({ by: "12m" });
  expect((await whoami(late)).stderr).toContain("You must be logged in to the server");
});

test("a token Secret is filled, opens the cluster, and goes with its account", async () => {
  const secret = `{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token,
    metadata: {name: t, namespace: dev, annotations: {kubernetes.io/service-account.name: legacy}}}`;
  await cluster.kubectlOk(["create", "sa", "legacy", "-n", "dev"]);
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: secret });
  const json = JSON.parse(await cluster.kubectlOk(["get", "secret", "t", "-n", "dev", "-o", "json"]));
  expect(Object.keys(json.data).sort()).toEqual(["ca.crt", "namespace", "token"]);
  const token = Buffer.from(json.data.token, "base64").toString();
  expect((await kubectl(opened(cluster, token), ["auth", "whoami"])).stdout).toContain(account("legacy"));
  await cluster.kubectlOk(["delete", "sa", "legacy", "-n", "dev"]);
  expect((await cluster.kubectl(["get", "secret", "t", "-n", "dev"])).stderr).toContain("not found");
  expect((await kubectl(opened(cluster, token), ["auth", "whoami"])).stderr).toContain(
    "You must be logged in to the server",
  );
});

test("another cluster's key and tokens open nothing here", async () => {
  const token = await tokenOf(cluster, "editor");
  for (const credential of [other.key, token]) {
    const at = credential === other.key ? cluster : other;
    const { origin } = new URL(at.server);
    const bearer = await fetch(`${origin}/k/${at.id}/api/v1/pods`, {
      headers: { authorization: `Bearer ${credential}` },
    });
    const inPath = await fetch(`${origin}/k/${at.id}.${credential}/api/v1/pods`);
    expect([bearer.status, inPath.status]).toEqual([401, 401]);
  }
  const forged = token.replace(/\.[^.]+$/, `.${"A".repeat(86)}`);
  expect((await kubectl(opened(cluster, forged), ["get", "pods"])).stderr).toContain(
    "You must be logged in to the server",
  );
  const headers = { "x-drydock-token": "", "x-drydock-check": "true", "impersonate-user": "system:admin" };
  const tricked = await fetch(`${new URL(cluster.server).origin}/k/${cluster.id}.${token}/api/v1/nodes`, { headers });
  expect(tricked.status).toBe(403);
  const nowhere = await fetch(`${new URL(cluster.server).origin}/k/nosuchcluster.${token}/api/v1/nodes`);
  expect(nowhere.status).toBe(401);
});

test("a fork has a key of its own: what the original signed does not open it, nor the other way round", async () => {
  const secret = `{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token,
    metadata: {name: kept, namespace: dev, annotations: {kubernetes.io/service-account.name: editor}}}`;
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: secret });
  const snapshot = await okJson<{ id: string }>(await cluster.call("POST", "/snapshots", {}));
  const fork = await newCluster({ snapshot: snapshot.id });
  const read = async (one: TestCluster): Promise<string> => {
    const text = await one.kubectlOk(["get", "secret", "kept", "-n", "dev", "-o", "jsonpath={.data.token}"]);
    return Buffer.from(text, "base64").toString();
  };
  const [here, there] = [await read(cluster), await read(fork)];
  expect(here).not.toBe(there);
  expect((await kubectl(opened(cluster, here), ["auth", "whoami"])).code).toBe(0);
  expect((await kubectl(opened(fork, there), ["auth", "whoami"])).code).toBe(0);
  expect((await kubectl(opened(cluster, there), ["auth", "whoami"])).stderr).toContain(
    "You must be logged in to the server",
  );
  expect((await kubectl(opened(fork, here), ["auth", "whoami"])).stderr).toContain(
    "You must be logged in to the server",
  );
  await fork.delete();
});

test("over https the token is the bearer, as kubectl sends it", async () => {
  const server = await TestServer.start({ isHttps: true });
  try {
    const ca = readFileSync(join(server.dataDir, "certificate/ca.pem"), "utf8");
    const made = await new Promise<string>((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const call = request(`${server.origin}/api/v1/clusters`, { ca, method: "POST", headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("end", () => resolve(text));
      });
      call.on("error", reject);
      call.end('{"nodes":0}');
    });
    const { kubeconfig, key } = JSON.parse(made) as { kubeconfig: string; key: string };
    const token = (await kubectlOk({ kubeconfig }, ["create", "token", "default"])).trim();
    const account = { kubeconfig: kubeconfig.replaceAll(key, token) };
    expect(account.kubeconfig).toContain(`token: ${token}`);
    expect((await kubectl(account, ["auth", "whoami"])).stdout).toContain("system:serviceaccount:default:default");
    expect((await kubectl(account, ["get", "pods"])).stderr).toContain('cannot list resource "pods"');
  } finally {
    await server.stop();
  }
});
