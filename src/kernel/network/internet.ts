/**
 * A small simulated internet around the cluster: a few well-known names and addresses that resolve, answer pings and
 * say over HTTP that they are simulated.
 */
import { parseIp } from "#kernel/apimachinery/ip";
import { respond } from "#kernel/runtime/images/http";
import type { DnsAnswer, DnsQuestion, DnsRecord, HttpRequest, HttpResponse } from "#kernel/runtime/world";

/** Where each name lives; names below one of them live there as well where it begins with a star. */
const HOSTS: Readonly<Record<string, string>> = {
  "example.com": "93.184.215.14",
  "www.example.com": "93.184.215.14",
  "example.org": "93.184.215.15",
  "www.example.org": "93.184.215.15",
  "example.net": "93.184.215.16",
  "google.com": "142.250.74.46",
  "www.google.com": "142.250.74.36",
  "kubernetes.io": "147.75.40.148",
  "www.kubernetes.io": "147.75.40.148",
  "k8s.io": "34.107.204.206",
  "registry.k8s.io": "34.96.108.209",
  "github.com": "140.82.121.4",
  "www.github.com": "140.82.121.4",
  "api.github.com": "140.82.121.6",
  "raw.githubusercontent.com": "185.199.108.133",
  "cloudflare.com": "104.16.132.229",
  "www.cloudflare.com": "104.16.124.96",
  "one.one.one.one": "1.1.1.1",
  "dns.google": "8.8.8.8",
  "docker.io": "44.208.254.194",
  "registry-1.docker.io": "44.208.254.194",
  "hub.docker.com": "44.221.37.199",
  "httpbin.org": "54.158.192.7",
  "ifconfig.me": "34.160.111.145",
  "ipinfo.io": "34.117.59.81",
  "api.ipify.org": "104.26.12.205",
  "info.cern.ch": "188.184.67.127",
  "quay.io": "52.45.126.192",
  "gcr.io": "142.250.102.82",
  "ghcr.io": "140.82.121.34",
  "storage.googleapis.com": "142.250.74.59",
  "dl.k8s.io": "34.107.204.207",
  "get.helm.sh": "152.199.21.175",
  "charts.bitnami.com": "104.18.8.96",
  "nginx.org": "52.58.199.22",
  "nginx.com": "3.125.197.172",
  "yahoo.com": "74.6.231.20",
  "naver.com": "223.130.192.248",
  "www.naver.com": "223.130.200.219",
  "daum.net": "121.53.105.193",
  "www.daum.net": "211.249.220.24",
  "wikipedia.org": "185.15.59.224",
  "www.wikipedia.org": "185.15.59.224",
  "amazon.com": "205.251.242.103",
  "aws.amazon.com": "18.244.18.40",
  "microsoft.com": "20.70.246.20",
  "pypi.org": "151.101.0.223",
  "security.debian.org": "151.101.2.133",
  "security.ubuntu.com": "185.125.190.83",
  "debian.org": "151.101.130.132",
  "deb.debian.org": "151.101.2.132",
  "archive.ubuntu.com": "185.125.190.81",
  "dl-cdn.alpinelinux.org": "151.101.2.132",
};

/** Servers that answer questions about the names above. */
const RESOLVERS: readonly string[] = ["1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "208.67.222.222"];

const ADDRESSES: ReadonlyMap<string, string> = new Map(Object.entries(HOSTS).map(([name, ip]) => [ip, name]));
const TTL = 300;
/** Names that exist because others below them do: they have no address. */
const PARENTS: ReadonlySet<string> = new Set(
  Object.keys(HOSTS).flatMap((name) => name.split(".").map((_, n, labels) => labels.slice(n + 1).join("."))),
);

/** Whether something out there has this address. */
export const isOutThere = (ip: string): boolean => ADDRESSES.has(ip) || RESOLVERS.includes(ip);

/** Whether it is a public name server. */
export const isPublicResolver = (ip: string): boolean => RESOLVERS.includes(ip);

/** What a public name server says. */
export function publicAnswer({ name, type }: DnsQuestion): DnsAnswer {
  const wanted = name.toLowerCase();
  const answer = (status: DnsAnswer["status"], answers: readonly DnsRecord[]): DnsAnswer => ({
    status,
    isAuthoritative: false,
    answers,
    authority: answers.length > 0 ? [] : [rootOf(wanted)],
  });
  const reverse = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(wanted);
  if (reverse !== null) {
    const host = ADDRESSES.get(reverse.slice(1).reverse().join("."));
    if (host === undefined) return answer("NXDOMAIN", []);
    return answer("NOERROR", type === "PTR" ? [{ name: wanted, type, ttl: TTL, data: `${host}.` }] : []);
  }
  const ip = Object.hasOwn(HOSTS, wanted) ? HOSTS[wanted] : undefined;
  if (ip === undefined) return answer(PARENTS.has(wanted) ? "NOERROR" : "NXDOMAIN", []);
  return answer("NOERROR", type === "A" || type === "ANY" ? [{ name: wanted, type: "A", ttl: TTL, data: ip }] : []);
}

/** The start of authority that comes with "no such name". */
function rootOf(name: string): DnsRecord {
  const known = name.split(".").slice(-2).join(".");
  const zone = Object.hasOwn(HOSTS, known) ? known : "";
  const data =
    zone === ""
      ? "a.root-servers.net. nstld.verisign-grs.com. 2026112800 1800 900 604800 86400"
      : `ns1.${zone}. hostmaster.${zone}. 2026112800 7200 3600 1209600 3600`;
  return { name: zone, type: "SOA", ttl: 30, data };
}

/** What a host out there says over HTTP: that it is simulated. Undefined if it is none that serves pages. */
export function internetAnswer(ip: string, request: HttpRequest): HttpResponse | undefined {
  if (parseIp(ip) === undefined || !isOutThere(ip)) return undefined;
  const name = ADDRESSES.get(ip) ?? ip;
  const host = (request.headers["host"] ?? name).replace(/:\d+$/, "");
  const title = `${host} (simulated)`;
  const html =
    `<!doctype html>\n<html>\n<head><title>${escaped(title)}</title></head>\n<body>\n<h1>${escaped(title)}</h1>\n` +
    "<p>This cluster is simulated and so is the internet around it: a few names resolve and answer with this page.</p>\n" +
    "</body>\n</html>\n";
  return respond(request.method, 200, html, {
    "content-type": "text/html; charset=utf-8",
    server: "simulated-internet",
  });
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
