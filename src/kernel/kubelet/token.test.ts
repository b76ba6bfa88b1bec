/**
 * Goal: the token a pod finds opens the cluster as the pod's account, stays fresh, and stays behind in no snapshot.
 * Method: read it in the container, let time pass, fork the cluster; ask the authenticator each time.
 */
import { expect, test } from "vitest";
import type { ServiceAccountTokenProjection } from "#kernel/api/types.gen";
import { readToken } from "#kernel/apimachinery/jwt/jwt";
import type { Cluster } from "#kernel/cluster/cluster";
import { exportCluster, importCluster } from "#kernel/cluster/snapshot";
import { worldOf } from "#kernel/network/world-of";
import { authenticateToken } from "#kernel/resources/authentication/token.claims";
import { execInContainer } from "#kernel/runtime/containers";
import { Bench, podOn, shell } from "#test/support/pods";

const USUAL = "/var/run/secrets/kubernetes.io/serviceaccount/token";

function read({ admin: client, entropy, cells, now }: Cluster, id: string, path = USUAL): string {
  return execInContainer(worldOf({ client, entropy, cells, now }), id, ["cat", path]).stdout;
}

function benchWith(token: ServiceAccountTokenProjection): { bench: Bench; id: string } {
  const bench = new Bench({ latency: "none" });
  const volumes = [{ name: "v", projected: { sources: [{ serviceAccountToken: token }] } }];
  const volumeMounts = [{ name: "v", mountPath: "/v" }];
  bench.create(podOn("p", { volumes, containers: [{ ...shell("sleep 3600000"), volumeMounts }] }));
  return { bench, id: bench.status("p")?.containerID?.replace("containerd://", "") ?? "" };
}

const userOf = ({ registry }: Cluster, token: string, audience?: string): string => {
  const found = authenticateToken(registry, token, audience === undefined ? undefined : [audience]);
  return "user" in found ? found.user.name : found.problem;
};

test("the usual token is the account's, bound to pod and node, good for a year", () => {
  const { bench, id } = benchWith({ path: "t" });
  const token = read(bench.cluster, id);
  const found = authenticateToken(bench.cluster.registry, token);
  expect(found).toMatchObject({
    user: {
      name: "system:serviceaccount:default:default",
      extra: {
        "authentication.kubernetes.io/node-name": ["node-1"],
        "authentication.kubernetes.io/pod-name": ["p"],
        "authentication.kubernetes.io/pod-uid": [bench.pod("p")?.metadata.uid],
      },
    },
  });
  bench.pass(300 * 24 * 3600);
  expect(userOf(bench.cluster, token)).toBe("system:serviceaccount:default:default");
  bench.delete("p", 0);
  expect(userOf(bench.cluster, token)).toBe("[invalid bearer token, service account token has been invalidated]");
});

test("a token of its own audience and time is renewed before it ends", () => {
  const { bench, id } = benchWith({ path: "t", audience: "vault", expirationSeconds: 600 });
  const first = read(bench.cluster, id, "/v/t");
  expect(userOf(bench.cluster, first, "vault")).toBe("system:serviceaccount:default:default");
  expect(userOf(bench.cluster, first)).toContain("is invalid for the target audiences");
  bench.pass(570);
  const second = read(bench.cluster, id, "/v/t");
  expect(readToken(second)?.claims["jti"]).not.toBe(readToken(first)?.claims["jti"]);
  bench.pass(200);
  expect(userOf(bench.cluster, first, "vault")).toBe("[invalid bearer token, service account token has expired]");
  expect(userOf(bench.cluster, second, "vault")).toBe("system:serviceaccount:default:default");
});

test("a snapshot holds no signature; in a fork the same file is signed with the fork's key", () => {
  const { bench, id } = benchWith({ path: "t" });
  const { cluster } = bench;
  const here = read(cluster, id);
  const value = exportCluster(cluster);
  expect(JSON.stringify(value)).not.toContain(here.split(".")[2]);
  expect(value.cells.some(({ room }) => room === "keys")).toBe(false);
  const fork = importCluster(value, cluster.now, "another secret");
  const there = read(fork, id);
  expect([userOf(cluster, here), userOf(fork, there)]).toEqual(Array(2).fill("system:serviceaccount:default:default"));
  expect([userOf(cluster, there), userOf(fork, here)]).toEqual(Array(2).fill("invalid bearer token"));
});
