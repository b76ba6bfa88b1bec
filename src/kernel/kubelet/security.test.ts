/**
 * Goal: what a pod's security context asks for is what its processes find: users, groups, capabilities, parameters.
 * Method: pods on a simulated machine whose shell tells what it sees.
 */
import { expect, test } from "vitest";
import { readLog } from "#kernel/runtime/logs";
import { Bench, podOn, shell } from "#test/support/pods";

/** What the first container of a pod has written. */
function log(bench: Bench, name: string, container = "c"): string {
  const id = (bench.status(name, container)?.containerID ?? "").replace("containerd://", "");
  return readLog(bench.cluster.cells, id, {}).text;
}

test("users, groups and the group of volumes are as the pod says", () => {
  const bench = new Bench({ latency: "none" });
  const line =
    "id; touch /data/demo/f; echo x > /data/demo/g; ls -ld /data/demo; ls -l /data/demo; id -G; cat /data/root";
  const seed = {
    ...shell("echo secret > /data/root; chmod 640 /data/root; ls -ln /data", "seed"),
    securityContext: { runAsUser: 0 },
  };
  bench.create(
    podOn("p", {
      restartPolicy: "Never",
      securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4000] },
      volumes: [
        { name: "v", emptyDir: {} },
        { name: "w", emptyDir: {} },
      ],
      initContainers: [{ ...seed, volumeMounts: [{ name: "w", mountPath: "/data" }] }],
      containers: [
        {
          ...shell(line),
          volumeMounts: [
            { name: "w", mountPath: "/data" },
            { name: "v", mountPath: "/data/demo" },
          ],
        },
      ],
    }),
  );
  bench.settle();
  const lines = log(bench, "p").split("\n");
  expect(lines[0]).toBe("uid=1000 gid=3000 groups=2000,3000,4000");
  expect(lines[1]).toMatch(/^drwxrwsrwx +2 root +2000 /);
  expect(lines[3]).toMatch(/^-rw-r--r-- +1 1000 +2000 /);
  expect(lines[5]).toBe("2000 3000 4000");
  expect(lines[6]).toBe("secret");
  expect(bench.status("p")?.user?.linux).toEqual({ uid: 1000, gid: 3000, supplementalGroups: [2000, 3000, 4000] });
});

test("capabilities, privileges and seccomp stand in /proc, and a dropped one is missed", () => {
  const bench = new Bench({ latency: "none" });
  const look = "grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/1/status; touch /f; chown 1000 /f";
  const containers = [
    shell(look, "plain"),
    { ...shell(look, "more"), securityContext: { capabilities: { add: ["NET_ADMIN", "SYS_TIME"] } } },
    {
      ...shell(look, "less"),
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    },
    { ...shell(look, "all"), securityContext: { privileged: true } },
  ];
  bench.create(podOn("p", { restartPolicy: "Never", containers }));
  bench.settle();
  const status = (mask: string, nnp: number, seccomp: number): string =>
    `CapEff:\t${mask}\nNoNewPrivs:\t${nnp}\nSeccomp:\t${seccomp}\n`;
  expect(log(bench, "p", "plain")).toBe(status("00000000a80425fb", 0, 0));
  expect(log(bench, "p", "more")).toBe(status("00000000aa0435fb", 0, 0));
  expect(log(bench, "p", "less")).toBe(`${status("0000000000000000", 1, 2)}chown: /f: Operation not permitted\n`);
  expect(log(bench, "p", "all")).toBe(status("000001ffffffffff", 0, 0));
});

test("safe kernel parameters are set, others turn the pod away", () => {
  const bench = new Bench({ latency: "none" });
  const containers = [shell("sysctl kernel.shm_rmid_forced; cat /proc/sys/kernel/shm_rmid_forced; sysctl -n nope")];
  const sysctls = [{ name: "kernel.shm_rmid_forced", value: "1" }];
  bench.create(podOn("safe", { restartPolicy: "Never", securityContext: { sysctls }, containers }));
  const unsafe = [{ name: "kernel/msgmax", value: "65536" }];
  bench.create(podOn("unsafe", { securityContext: { sysctls: unsafe }, containers }));
  bench.settle();
  expect(log(bench, "safe")).toBe("kernel.shm_rmid_forced = 1\n1\nsysctl: error: 'nope' is an unknown key\n");
  expect(bench.pod("unsafe")?.status).toMatchObject({
    phase: "Failed",
    reason: "SysctlForbidden",
    message: 'Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted',
  });
});

test("who is not root writes the termination message, and its own token alone", () => {
  const bench = new Bench({ latency: "none" });
  const token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  const c = { ...shell(`echo -n DONE > /dev/log; stat -L -c '%a %u' ${token}; cat ${token} > /dev/null && echo read`) };
  const own = { ...c, terminationMessagePath: "/dev/log", securityContext: { runAsUser: 10_000 } };
  bench.create(podOn("p", { restartPolicy: "Never", containers: [own] }));
  bench.create(podOn("root", { restartPolicy: "Never", containers: [{ ...c, terminationMessagePath: "/dev/log" }] }));
  bench.settle();
  expect(bench.status("p")?.state?.terminated).toMatchObject({ exitCode: 0, message: "DONE" });
  expect(log(bench, "p")).toBe("600 10000\nread\n");
  expect(log(bench, "root")).toBe("644 0\nread\n");
});

test("a file with the setuid bit makes a user root, unless the container may gain no privileges", () => {
  const bench = new Bench({ latency: "none" });
  const image = "registry.k8s.io/e2e-test-images/nonewprivs:1.4";
  const run = (name: string, allowPrivilegeEscalation?: boolean): string => {
    const securityContext = {
      runAsUser: 1000,
      ...(allowPrivilegeEscalation !== undefined && { allowPrivilegeEscalation }),
    };
    bench.create(podOn(name, { restartPolicy: "Never", containers: [{ name: "c", image, securityContext }] }));
    bench.settle();
    return log(bench, name);
  };
  expect(run("unset")).toBe("Effective uid: 0\n");
  expect(run("allowed", true)).toBe("Effective uid: 0\n");
  expect(run("forbidden", false)).toBe("Effective uid: 1000\n");
});

test("links are added by who may administer the network", () => {
  const bench = new Bench({ latency: "none" });
  const run = (name: string, isPrivileged: boolean): string => {
    const line = "ip link add dummy0 type dummy 2>&1; echo $?; ip -o link | grep -c dummy0";
    const containers = [{ ...shell(line), securityContext: { privileged: isPrivileged } }];
    bench.create(podOn(name, { restartPolicy: "Never", containers }));
    bench.settle();
    return log(bench, name);
  };
  expect(run("plain", false)).toBe("ip: RTNETLINK answers: Operation not permitted\n2\n0\n");
  expect(run("privileged", true)).toBe("0\n1\n");
});
