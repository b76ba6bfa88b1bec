/**
 * agnhost netexec over UDP: a datagram names a command, the answer is one datagram.
 *
 * Models startUDPServer of test/images/agnhost/netexec.
 */
import { goDate } from "#kernel/runtime/images/go";
import type { TcpInput } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

/** The answer to `hostname`, `echo TEXT`, `clientip` and the like; undefined if it says nothing. */
export function answerDatagram(task: Task, { text, remoteAddress }: TcpInput): string | undefined {
  const received = text.trim();
  const [command = "", ...words] = received.split(/\s+/);
  switch (command.toLowerCase()) {
    case "hostname":
      task.complain(`${goDate(task.now)} Sending udp hostName response\n`);
      return task.record.hostname;
    case "echo":
      task.complain(`${goDate(task.now)} Echoing ${words.join(" ")} to UDP client ${remoteAddress}:40000\n`);
      return words.join(" ");
    case "clientip":
      task.complain(`${goDate(task.now)} Sending clientip back to UDP client ${remoteAddress}:40000\n`);
      return `${remoteAddress}:40000`;
    default:
      if (received !== "") task.complain(`${goDate(task.now)} Unknown UDP command received: ${received}\n`);
      return undefined;
  }
}
