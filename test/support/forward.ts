/**
 * Ports forwarded by the real kubectl.
 */
import type { ChildProcess } from "node:child_process";
import type { TestCluster } from "#test/support/cluster";
import { startKubectl } from "#test/support/kubectl";

/** A port that leads into the cluster. */
export interface Forward {
  readonly child: ChildProcess;
  readonly port: number;
  /** What kubectl says on its error output, once it has ended. */
  readonly ended: Promise<string>;
}

/** Starts a port-forward; rejects with what kubectl says if it ends instead. */
export async function forward(cluster: TestCluster, target: string, port: number): Promise<Forward> {
  const child = startKubectl(cluster, ["port-forward", target, `:${port}`]);
  let errors = "";
  child.stderr?.on("data", (data: Buffer) => (errors += String(data)));
  const ended = new Promise<string>((resolve) => child.once("exit", () => resolve(errors)));
  const local = await new Promise<number>((resolve, reject) => {
    child.stdout?.on("data", (data: Buffer) => {
      const [, found] = /127\.0\.0\.1:(\d+) ->/.exec(String(data)) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
    child.once("exit", () => reject(new Error(errors)));
  });
  return { child, port: local, ended };
}
