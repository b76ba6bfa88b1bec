/**
 * Goal: containers start, run on in virtual time, take signals and end as under containerd; a restart leaves no trace.
 * Method: start specs in a world with a clock to turn, wake them when they want to be woken, read record and log.
 */
import { expect, test } from "vitest";
import { CONTAINERS } from "#kernel/runtime/container";
import { execInContainer, listens, removeContainer, signalContainer, startContainer } from "#kernel/runtime/containers";
import { endExec, feedExec, startExec, wakeExec } from "#kernel/runtime/exec";
import { writeFiles } from "#kernel/runtime/files/volume";
import { log, pass, record, restarted, START, script, spec, testWorld } from "#kernel/runtime/world.fixture";

const sh = (text: string) => ({ command: ["sh", "-c", text] });

test("a loop goes on through a restart with no gap and no double", () => {
  const text = "i=0; while true; do i=$((i+1)); echo tick $i $(date +%S); sleep 5; done";
  const straight = testWorld();
  startContainer(straight, spec("busybox", sh(text)));
  pass(straight, 60_000);
  let broken = testWorld();
  startContainer(broken, spec("busybox", sh(text)));
  for (const ms of [7_000, 11_000, 1_000, 41_000]) {
    pass(broken, ms);
    broken = restarted(broken);
  }
  expect(log(broken)).toBe(log(straight));
  expect(log(broken).split("\n").slice(0, 3)).toEqual(["tick 1 00", "tick 2 05", "tick 3 10"]);
  expect(broken.cells.all()).toEqual(JSON.parse(JSON.stringify(straight.cells.all())));
});

test("pipes, functions, traps and background jobs survive a restart in the middle", () => {
  const text =
    "trap 'echo bye; exit 3' TERM; f() { for n in a b; do sleep 2; echo $1$n; done; }; f x | while read l; do echo got $l; done; " +
    "(sleep 3; echo bg) & wait; x=$(sleep 4; echo late); echo $x; while :; do sleep 1; done";
  let world = testWorld();
  startContainer(world, spec("busybox", sh(text)));
  for (let n = 0; n < 15; n += 1) {
    pass(world, 1_000);
    world = restarted(world);
  }
  expect(log(world)).toBe("got xa\ngot xb\nbg\nlate\n");
  signalContainer(world, "c1", "SIGTERM");
  pass(world, 1_000);
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 3, reason: "Error" });
  expect(log(world)).toBe("got xa\ngot xb\nbg\nlate\nbye\n");
});

test("what a container exits with", () => {
  const cases: [string[], object][] = [
    [["true"], { exitCode: 0, reason: "Completed", finishedAt: START }],
    [["false"], { exitCode: 1, reason: "Error" }],
    [["sh", "-c", "exit 42"], { exitCode: 42, reason: "Error" }],
    [["sh", "-c", "nosuch"], { exitCode: 127, reason: "Error" }],
  ];
  for (const [command, end] of cases) {
    const world = testWorld();
    expect(startContainer(world, spec("busybox", { command }))).toMatchObject({ state: "exited", ...end });
  }
});

test("a command that is not there", () => {
  const message = (command: string[], image = "busybox") => {
    const world = testWorld();
    const ended = startContainer(world, spec(image, { command }));
    expect(ended).toMatchObject({ state: "exited", exitCode: 128, reason: "StartError" });
    return ended.terminationMessage?.replace(/^.*container init: /, "");
  };
  expect(message(["foo"])).toBe('exec: "foo": executable file not found in $PATH');
  expect(message(["/bin/foo"])).toBe('exec: "/bin/foo": stat /bin/foo: no such file or directory');
  expect(message(["/etc"])).toBe('exec: "/etc": is a directory');
  expect(message(["/etc/passwd"])).toBe('exec: "/etc/passwd": permission denied');
  expect(message(["sh"], "registry.k8s.io/pause:3.10")).toBe('exec: "sh": executable file not found in $PATH');
});

test("PID 1 ignores signals it has no handler for, but not SIGKILL", () => {
  const world = testWorld();
  startContainer(world, spec("busybox", { command: ["sleep", "3600"] }));
  expect(record(world).wakeAt).toBe(START + 3_600_000);
  expect(signalContainer(world, "c1", "SIGTERM").state).toBe("running");
  expect(signalContainer(world, "c1", "SIGKILL")).toMatchObject({ state: "exited", exitCode: 137, signal: 9 });
});

test("files: mounts are shared, read-only ones refuse, the termination message is read", () => {
  const world = testWorld();
  writeFiles(world, "cm", { "..data/key": { text: "value" }, key: { link: "..data/key" } });
  const mounts = [
    { path: "/etc/config", isReadOnly: true, volume: "cm" },
    { path: "/data", isReadOnly: false, volume: "shared" },
    { path: "/one", isReadOnly: true, volume: "cm", subPath: "..data/key" },
  ];
  startContainer(
    world,
    spec("busybox", { ...sh("cat /etc/config/key /one; ls -a /etc/config; echo a > /etc/config/x"), mounts }),
  );
  expect(log(world)).toBe("valuevalue.\n..\n..data\nkey\nsh: can't create /etc/config/x: Read-only file system\n");
  startContainer(world, spec("busybox", { id: "c2", ...sh("echo hi > /data/f; sleep 100"), mounts }));
  startContainer(
    world,
    spec("alpine", { id: "c3", ...sh("cat /data/f; echo why > /dev/termination-log; exit 1"), mounts }),
  );
  expect(log(world, "c3")).toBe("hi\n");
  expect(record(world, "c3")).toMatchObject({ exitCode: 1, terminationMessage: "why\n" });
  removeContainer(world, "c3");
  expect(world.cells.get(CONTAINERS, "c3")).toBeUndefined();
  expect(world.cells.all().filter(({ id }) => id.includes("c3"))).toEqual([]);
});

test("an exec runs to its end at once and tells how long it would have slept", () => {
  const world = testWorld();
  startContainer(world, spec("busybox", { command: ["sleep", "infinity"] }));
  expect(execInContainer(world, "c1", ["sh", "-c", "sleep 10; echo done; exit 2"])).toEqual({
    stdout: "done\n",
    stderr: "",
    exitCode: 2,
    elapsedMs: 10_000,
  });
  expect(execInContainer(world, "c1", ["cat"], { stdin: "given" }).stdout).toBe("given");
  expect(execInContainer(world, "c1", ["nope"])).toMatchObject({
    exitCode: 126,
    startError: expect.stringContaining("not found"),
  });
  expect(execInContainer(world, "c1", ["sh", "-c", "while :; do :; done"]).exitCode).toBe(137);
  expect(record(world).state).toBe("running");
});

test("a terminal session: prompt, echo, interrupt, end", () => {
  const world = testWorld();
  startContainer(world, spec("busybox", { command: ["sleep", "infinity"] }));
  const opened = startExec(world, "c1", ["sh"], { stdin: true, tty: true });
  if (!("session" in opened)) throw new Error(opened.startError);
  const { session } = opened;
  expect(wakeExec(world, "c1", session).stdout).toBe("/ # ");
  expect(feedExec(world, "c1", session, { text: "ecx\u007fho hi\r" }).stdout).toBe("ecx\b \bho hi\r\nhi\r\n/ # ");
  expect(feedExec(world, "c1", session, { text: "sleep 100\r" }).stdout).toBe("sleep 100\r\n");
  const after = restarted(world);
  expect(feedExec(after, "c1", session, { text: "\u0003" }).stdout).toBe("^C\r\n/ # ");
  expect(feedExec(after, "c1", session, { text: "exit 5\r" })).toMatchObject({ exitCode: 5 });
  const second = startExec(after, "c1", ["cat"], { stdin: true });
  if (!("session" in second)) throw new Error(second.startError);
  expect(feedExec(after, "c1", second.session, { text: "a\n" }).stdout).toBe("a\n");
  expect(feedExec(after, "c1", second.session, { text: "", isEnd: true })).toMatchObject({ exitCode: 0 });
  endExec(after, "c1", session);
});

test("a runaway loop uses up its budget and waits longer each time", () => {
  const world = testWorld();
  startContainer(world, spec("busybox", sh("while :; do :; done")));
  const first = record(world).wakeAt ?? 0;
  expect(first).toBeGreaterThan(START);
  pass(world, 600_000);
  const wakes = (record(world).wakeAt ?? 0) - world.now;
  expect(wakes).toBeGreaterThan(first - START);
});

test("a fork bomb ends at the limit of processes", () => {
  const { status } = script("f() { f | f & }; f; wait");
  expect([0, 2, 137]).toContain(status);
});

test("tools reach the network of the pod, and its own ports", () => {
  const net = {
    resolve: (_: unknown, name: string) => (name.startsWith("web") ? ["10.96.0.10"] : []),
    http: () => ({ status: 200, headers: { "content-type": "text/plain" }, body: "page\n" }),
    connect: () => "open" as const,
  };
  expect(script("wget -qO- http://web:8080/x", "busybox", net)).toEqual({ out: "page\n", err: "", status: 0 });
  expect(script("wget -qO- http://nope/", "busybox", net).err).toBe("wget: bad address 'nope'\n");
  expect(script("curl -s -o /dev/null -w '%{http_code}' web", "nginx", net).out).toBe("200");
  expect(script("curl nope", "nginx", net)).toMatchObject({
    err: "curl: (6) Could not resolve host: nope\n",
    status: 6,
  });
  expect(script("nslookup web | tail -3", "busybox", net).out).toContain("Address: 10.96.0.10\n");
  expect(script("nc -z web 80 && echo open", "busybox", net).out).toBe("open\n");
});

test("two servers cannot listen on one port", () => {
  const world = testWorld();
  startContainer(world, spec("nginx", { ports: [] }));
  expect(listens(world, "c1", 80)).toBe(true);
  expect(execInContainer(world, "c1", ["nginx", "-g", "daemon off;"]).stderr).toContain("98: Address already in use");
});

test("dash and bash complain in their own words", () => {
  expect(script("nope", "debian").err).toBe("sh: 1: nope: not found\n");
  expect(script("bash -c 'nope'", "debian").err).toBe("bash: line 1: nope: command not found\n");
  expect(script("bash -c 'x=(1 2); echo ${x[1]}'", "debian").out).toBe("2\n");
  expect(script("x=(1 2); echo", "debian").status).not.toBe(0);
  expect(
    script(
      "bash -c '[[ abc == a* ]] && echo yes; ((1+1)) && echo two; for ((i=0;i<2;i++)); do echo $i; done'",
      "debian",
    ).out,
  ).toBe("yes\ntwo\n0\n1\n");
  expect(script("ls /nope", "debian").err).toBe("ls: cannot access '/nope': No such file or directory\n");
});
