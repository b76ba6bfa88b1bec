/**
 * ifconfig, netstat: addresses and who listens.
 */
import type { Command } from "#kernel/runtime/shell/commands/command";
import { hardwareAddress } from "#kernel/runtime/shell/commands/ip";

export const ifconfig: Command = {
  name: "ifconfig",
  comesWith: "busybox",
  step(task) {
    const address = task.record.podIP;
    task.print(
      `eth0      Link encap:Ethernet  HWaddr ${hardwareAddress(address).toUpperCase()}  \n          inet addr:${address}  Bcast:${address.replace(/\.\d+$/, ".255")}  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n` +
        `lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n`,
    );
    return 0;
  },
};

export const netstat: Command = {
  name: "netstat",
  comesWith: "busybox",
  step(task) {
    task.print(
      "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       \n",
    );
    for (const { listening = [], listeningUdp = [] } of Object.values(task.sandbox.look.processes)) {
      for (const port of listening)
        task.print(`tcp        0      0 ${`0.0.0.0:${port}`.padEnd(23)} 0.0.0.0:*               LISTEN      \n`);
      for (const port of listeningUdp)
        task.print(`udp        0      0 ${`0.0.0.0:${port}`.padEnd(23)} 0.0.0.0:*                           \n`);
    }
    return 0;
  },
};
