/**
 * ip, ifconfig, netstat: addresses, routes and who listens.
 */
import type { Command } from "#kernel/runtime/shell/commands/command";

export const ip: Command = {
  name: "ip",
  comesWith: "busybox",
  step(task) {
    const [what = ""] = task.argv.slice(1).filter((arg) => !arg.startsWith("-"));
    const address = task.record.podIP;
    if (/^r/.test(what)) {
      const gateway = address.replace(/\.\d+$/, ".1");
      task.print(`default via ${gateway} dev eth0 \n`);
    } else {
      task.print(
        `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n` +
          `2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue \n    link/ether ${mac(address)} brd ff:ff:ff:ff:ff:ff\n    inet ${address}/24 brd ${address.replace(/\.\d+$/, ".255")} scope global eth0\n       valid_lft forever preferred_lft forever\n`,
      );
    }
    return 0;
  },
};

function mac(address: string): string {
  return `0a:58:${address
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":")}`;
}

export const ifconfig: Command = {
  name: "ifconfig",
  comesWith: "busybox",
  step(task) {
    const address = task.record.podIP;
    task.print(
      `eth0      Link encap:Ethernet  HWaddr ${mac(address).toUpperCase()}  \n          inet addr:${address}  Bcast:${address.replace(/\.\d+$/, ".255")}  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n` +
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
