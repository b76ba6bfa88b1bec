/**
 * What the main processes of images take of a machine, where the image itself does not say: as idle ones do, roughly.
 */
import type { Use } from "#kernel/runtime/process/program";

/** MiB of memory, thousandths of a core while idle, milliseconds of CPU per request. */
const takes = (mebibytes: number, cpuMillis: number, requestCpuMs: number): Use => ({
  memoryBytes: mebibytes * 2 ** 20,
  cpuMillis,
  requestCpuMs,
});

const BOUTIQUE: Readonly<Record<string, Use>> = {
  adservice: takes(150, 2, 2),
  cartservice: takes(60, 2, 1),
  checkoutservice: takes(14, 1, 1),
  currencyservice: takes(60, 1, 1),
  emailservice: takes(50, 1, 2),
  frontend: takes(20, 1, 3),
  loadgenerator: takes(60, 20, 1),
  paymentservice: takes(60, 1, 1),
  productcatalogservice: takes(14, 1, 1),
  recommendationservice: takes(50, 2, 2),
  shippingservice: takes(12, 1, 0.5),
};

/** By the last part of the repository, or its end. */
const BY_END: Readonly<Record<string, Use>> = {
  "examples-bookinfo-productpage-v1": takes(55, 2, 6),
  "examples-bookinfo-details-v1": takes(25, 1, 2),
  "examples-bookinfo-ratings-v1": takes(40, 1, 1),
  "examples-bookinfo-reviews-v1": takes(160, 3, 3),
  "examples-bookinfo-reviews-v2": takes(160, 3, 3),
  "examples-bookinfo-reviews-v3": takes(160, 3, 3),
  examplevotingapp_vote: takes(35, 1, 3),
  examplevotingapp_result: takes(45, 1, 2),
  examplevotingapp_worker: takes(30, 3, 0),
  "kubernetes-bootcamp": takes(22, 0, 1),
  "node-hello": takes(30, 0, 1),
  "hello-node": takes(30, 0, 1),
  "hello-go-gke": takes(3, 0, 0.2),
  whoami: takes(4, 0, 0.2),
  hello: takes(4, 0, 0.2),
  "ealen/echo-server": takes(45, 1, 2),
  httpbin: takes(45, 1, 3),
  "go-httpbin": takes(8, 0, 0.3),
  "kuard-amd64": takes(8, 0, 0.4),
  podinfo: takes(14, 1, 0.5),
};

/** What is known of an image by its repository. */
export function known(repository: string): Use | undefined {
  const parts = repository.split("/");
  const [last = "", before = ""] = parts.reverse();
  if (before === "microservices-demo" && Object.hasOwn(BOUTIQUE, last)) return BOUTIQUE[last];
  const pair = `${before}/${last}`;
  if (Object.hasOwn(BY_END, pair)) return BY_END[pair];
  return Object.hasOwn(BY_END, last) ? BY_END[last] : undefined;
}
