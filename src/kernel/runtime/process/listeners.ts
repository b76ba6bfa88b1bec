/**
 * Ports that processes of a container listen on.
 */
import type { Computer, Process } from "#kernel/runtime/process/process";
import type { Transport } from "#kernel/runtime/world";

/** Where a process, and the record of its container, keep the ports of each protocol. */
export const PORTS_OF = { TCP: "listening", UDP: "listeningUdp", SCTP: "listeningSctp" } as const;

/** The process that listens on a port. */
export function listenerOf({ processes }: Computer, port: number, protocol: Transport): Process | undefined {
  for (const pid in processes) {
    const process = processes[pid];
    if (process?.[PORTS_OF[protocol]]?.includes(port) === true) return process;
  }
  return undefined;
}

/** All ports that are listened on, as the container's record shows them. */
export interface ListeningPorts {
  readonly listening: readonly number[];
  readonly listeningUdp?: readonly number[];
  readonly listeningSctp?: readonly number[];
}

/** The ports of all processes together. */
export function listeningPorts({ processes }: Computer): ListeningPorts {
  const all = Object.values(processes);
  const listeningUdp = all.flatMap((process) => process.listeningUdp ?? []);
  const listeningSctp = all.flatMap((process) => process.listeningSctp ?? []);
  return {
    listening: all.flatMap((process) => process.listening ?? []),
    ...(listeningUdp.length > 0 && { listeningUdp }),
    ...(listeningSctp.length > 0 && { listeningSctp }),
  };
}
