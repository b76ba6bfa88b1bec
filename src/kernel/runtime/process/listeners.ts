/**
 * Ports that processes of a container listen on.
 */
import type { Computer, Process } from "#kernel/runtime/process/process";
import type { Transport } from "#kernel/runtime/world";

/** The process that listens on a port. */
export function listenerOf({ processes }: Computer, port: number, protocol: Transport): Process | undefined {
  for (const pid in processes) {
    const process = processes[pid];
    const ports = protocol === "UDP" ? process?.listeningUdp : process?.listening;
    if (ports?.includes(port) === true) return process;
  }
  return undefined;
}

/** All ports that are listened on, as the container's record shows them. */
export function listeningPorts({ processes }: Computer): {
  readonly listening: readonly number[];
  readonly listeningUdp?: readonly number[];
} {
  const all = Object.values(processes);
  const listeningUdp = all.flatMap((process) => process.listeningUdp ?? []);
  return {
    listening: all.flatMap((process) => process.listening ?? []),
    ...(listeningUdp.length > 0 && { listeningUdp }),
  };
}
