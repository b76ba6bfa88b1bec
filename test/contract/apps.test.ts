/**
 * Goal: well-known applications come up whole from their published manifests, and serve.
 * Method: apply $DRYDOCK_SAMPLES/apps with kubectl, settle, and look at them from outside and from a pod.
 */
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const SAMPLES = process.env["DRYDOCK_SAMPLES"] ?? "";
const app = (name: string): string => join(SAMPLES, "apps", name);

async function deployed(path: string): Promise<TestCluster> {
  const cluster = await newCluster();
  await cluster.kubectlOk(["apply", "-f", path]);
  await cluster.settle("20m");
  return cluster;
}

const look = (cluster: TestCluster, address: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${inject("origin")}/x/${cluster.id}.${cluster.key}/${address}`, { redirect: "manual", ...init });

const body = async (cluster: TestCluster, address: string): Promise<string> => (await look(cluster, address)).text();

const form = (fields: Record<string, string>, cookie = ""): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded", cookie },
  body: new URLSearchParams(fields).toString(),
});

async function unready(cluster: TestCluster): Promise<string[]> {
  const path = '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  const lines = (await cluster.kubectlOk(["get", "pods", "-o", `jsonpath=${path}`])).trim().split("\n");
  return lines.filter((line) => !line.endsWith(" True"));
}

describe.skipIf(SAMPLES === "")("Bookinfo (skipped where DRYDOCK_SAMPLES is unset)", () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await deployed(app("bookinfo/bookinfo.yaml"));
    const patch = JSON.stringify({
      spec: { type: "NodePort", ports: [{ port: 9080, name: "http", nodePort: 30980 }] },
    });
    await cluster.kubectlOk(["patch", "service", "productpage", "-p", patch]);
  });

  test("all its pods are ready", async () => expect(await unready(cluster)).toEqual([]));

  test("its page has the details, and reviews of all three versions in turn", async () => {
    const pages = await Promise.all(Array.from({ length: 24 }, () => body(cluster, "172.18.0.2:30980/productpage")));
    expect(pages[0]).toContain("<dt>ISBN-10:</dt><dd>1234567890</dd>");
    const version = (page: string): string =>
      (/reviews-v\d/.exec(page)?.[0] ?? "none") + (/color:(\w+)/.exec(page)?.[1] ?? "");
    expect(new Set(pages.map(version))).toEqual(new Set(["reviews-v1", "reviews-v2black", "reviews-v3red"]));
  });

  test("without ratings the reviews say so; without details the page does", async () => {
    await cluster.kubectlOk(["scale", "deployment/ratings-v1", "deployment/reviews-v1", "--replicas=0"]);
    await cluster.kubectlOk(["delete", "service", "details"]);
    await cluster.settle();
    const page = await body(cluster, "172.18.0.2:30980/productpage");
    expect(page).toContain("Ratings service is currently unavailable");
    expect(page).toContain("Error fetching product details!");
  });
});

describe.skipIf(SAMPLES === "")("Online Boutique (skipped where DRYDOCK_SAMPLES is unset)", () => {
  let cluster: TestCluster;
  let front: string;

  beforeAll(async () => {
    cluster = await deployed(app("microservices-demo/kubernetes-manifests.yaml"));
    const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
    front = await cluster.kubectlOk(["get", "service", "frontend-external", "-o", path]);
  });

  test("all its pods are ready", async () => expect(await unready(cluster)).toEqual([]));

  test("the front page lists the products, in the currency one chose", async () => {
    const page = await body(cluster, `${front}/`);
    expect(page).toContain('<a href="./product/OLJCESPC7Z">Sunglasses</a> <b>$19.99</b>');
    expect(page.match(/<li>/g)).toHaveLength(9);
    const inEuro = await look(cluster, `${front}/`, { headers: { cookie: "shop_currency=EUR" } });
    expect(await inEuro.text()).toContain("<b>€17.68</b>");
  });

  test("what is put into the cart is there, and can be bought", async () => {
    const session = "shop_session-id=visitor-1";
    const added = await look(cluster, `${front}/cart`, form({ product_id: "6E92ZMYYFZ", quantity: "2" }, session));
    expect(added.status).toBe(302);
    const cart = await (await look(cluster, `${front}/cart`, { headers: { cookie: session } })).text();
    expect(cart).toContain("Quantity: 2 <b>$17.98</b>");
    expect(cart).toContain("Total <b>$26.97</b>");
    const card = { credit_card_number: "4432-8015-6152-0454", credit_card_expiration_month: "1" };
    const order = { email: "a@b.c", credit_card_expiration_year: "2039", credit_card_cvv: "672", ...card };
    const bought = await look(cluster, `${front}/cart/checkout`, form(order, session));
    expect(await bought.text()).toContain("<p>Total Paid $26.97</p>");
    const after = await (await look(cluster, `${front}/cart`, { headers: { cookie: session } })).text();
    expect(after).toContain("Your shopping cart is empty!");
  });

  test("a Service that is broken breaks the page once its kept connection ends, in the words of its client", async () => {
    const selector = JSON.stringify({ spec: { selector: { app: "nobody" } } });
    await cluster.kubectlOk(["patch", "service", "productcatalogservice", "-p", selector]);
    await cluster.advance({ by: "10s" });
    expect((await look(cluster, `${front}/`)).status).toBe(200);
    await cluster.kubectlOk(["delete", "pod", "-l", "app=productcatalogservice", "--wait=false"]);
    await cluster.advance({ by: "40s" });
    const page = await look(cluster, `${front}/`);
    expect(page.status).toBe(500);
    expect(await page.text()).toMatch(
      /could not retrieve products: rpc error: code = Unavailable desc = connection error/,
    );
  });
});

describe.skipIf(SAMPLES === "")("podinfo (skipped where DRYDOCK_SAMPLES is unset)", () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.kubectlOk(["apply", "-f", app("podinfo/deployment.yaml"), "-f", app("podinfo/service.yaml")]);
    await cluster.kubectlOk(["run", "client", "--image=curlimages/curl", "--command", "--", "sleep", "infinity"]);
    await cluster.settle();
  });

  const curl = (...args: string[]): Promise<string> =>
    cluster.kubectlOk([
      "exec",
      "client",
      "--",
      "curl",
      "-s",
      ...args.map((arg) => arg.replace(/^\/(?!dev)/, "http://podinfo:9898/")),
    ]);

  test("its probes by podcli make it ready, and its API tells about it", async () => {
    expect(await unready(cluster)).toEqual([]);
    const info = JSON.parse(await curl("/")) as Record<string, string>;
    expect(info).toMatchObject({ version: "6.14.1", color: "#34577c", message: "greetings from podinfo v6.14.1" });
    expect(info["hostname"]).toMatch(/^podinfo-/);
    expect(await curl("-o", "/dev/null", "-w", "%{http_code}", "/status/418")).toBe("418");
    expect(await curl("-X", "POST", "-d", "hi", "/echo")).toContain("hi");
    expect(await curl("/metrics")).toContain("http_requests_total");
  });

  test("told to be unready it leaves its Service, told to be ready it comes back", async () => {
    await curl("-X", "POST", "/readyz/disable");
    await cluster.advance({ by: "1m" });
    expect(await unready(cluster)).toHaveLength(1);
    expect((await cluster.kubectl(["exec", "client", "--", "curl", "-s", "http://podinfo:9898/"])).code).toBe(7);
    const ip = await cluster.kubectlOk(["get", "pods", "-l", "app=podinfo", "-o", "jsonpath={.items[0].status.podIP}"]);
    await curl("-X", "POST", `http://${ip}:9898/readyz/enable`);
    await cluster.advance({ by: "1m" });
    expect(await unready(cluster)).toEqual([]);
  });

  test("told to panic it ends with 255 and is started again", async () => {
    await cluster.kubectl(["exec", "client", "--", "curl", "-s", "http://podinfo:9898/panic"]);
    await cluster.advance({ by: "30s" });
    const path = "jsonpath={.items[0].status.containerStatuses[0].lastState.terminated.exitCode}";
    expect(await cluster.kubectlOk(["get", "pods", "-l", "app=podinfo", "-o", path])).toBe("255");
  });
});

describe.skipIf(SAMPLES === "")("the guestbook (skipped where DRYDOCK_SAMPLES is unset)", () => {
  test("an entry written through the frontend is read back through the replicas", async () => {
    const cluster = await deployed(app("guestbook"));
    expect(await unready(cluster)).toEqual([]);
    const port = await cluster.kubectlOk(["get", "service", "frontend", "-o", "jsonpath={.spec.ports[0].nodePort}"]);
    const at = `172.18.0.2:${port}/guestbook.php`;
    expect(await body(cluster, `${at}?cmd=set&key=messages&value=,hello`)).toBe('{"message": "Updated"}');
    expect(await body(cluster, `${at}?cmd=get&key=messages`)).toBe('{"data": ",hello"}');
  });
});

describe.skipIf(SAMPLES === "")("the voting app (skipped where DRYDOCK_SAMPLES is unset)", () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await deployed(app("voting-app"));
  });

  const vote = (choice: string, voter: string): Promise<Response> =>
    look(cluster, "172.18.0.2:31000/", form({ vote: choice }, `voter_id=${voter}`));

  test("all its pods are ready", async () => expect(await unready(cluster)).toEqual([]));

  test("votes are counted, once for each voter, and shown on the page of the result", async () => {
    expect(await body(cluster, "172.18.0.2:31000/")).toContain("<title>Cats vs Dogs!</title>");
    expect(await body(cluster, "172.18.0.2:31001/")).toContain("No votes yet");
    expect((await vote("a", "ann")).status).toBe(200);
    await vote("b", "bob");
    await vote("b", "cho");
    await cluster.advance({ by: "10s" });
    const result = await body(cluster, "172.18.0.2:31001/");
    expect(result).toContain('<div class="label">Dogs</div><div class="stat">66.7%</div>');
    expect(result).toContain("3 votes");
    await vote("a", "bob");
    await cluster.advance({ by: "10s" });
    expect(await body(cluster, "172.18.0.2:31001/")).toContain(
      '<div class="label">Cats</div><div class="stat">66.7%</div>',
    );
    const query = ["psql", "-U", "postgres", "-Atc", "select vote, count(*) from votes group by 1 order by 1"];
    expect(await cluster.kubectlOk(["exec", "deploy/db", "--", ...query])).toBe("a|2\nb|1\n");
  });

  test("without the queue a vote fails; without the database it waits", async () => {
    await cluster.kubectlOk(["scale", "deployment/db", "--replicas=0"]);
    await cluster.settle();
    expect((await vote("a", "dan")).status).toBe(200);
    await cluster.advance({ by: "30s" });
    expect(await cluster.kubectlOk(["logs", "deploy/worker"])).toContain("Waiting for db");
    await cluster.kubectlOk(["scale", "deployment/redis", "--replicas=0"]);
    await cluster.settle();
    expect((await vote("a", "eve")).status).toBe(500);
  });
});

describe("images that a ConfigMap describes", () => {
  let cluster: TestCluster;
  const shelf = (description: string): string =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "shelf", labels: { "drydock.dev/images": "" } },
      data: { "shop.yaml": description },
    });

  beforeAll(async () => {
    cluster = await newCluster();
  });

  test("a mistake is refused with its place", async () => {
    const { stderr } = await cluster.kubectl(["apply", "-f", "-"], { stdin: shelf("image: a\nports: [web]") });
    expect(stderr).toContain(
      'data[shop.yaml]: Invalid value: "ports[0]": ports[0] must be a whole number from 1 to 65535',
    );
  });

  test("a deployment runs it, behind its Service", async () => {
    const description = 'image: school/shop:1.0\nports: [8080]\nroutes: [{path: /, body: "shop {{env.COLOUR}}"}]';
    await cluster.kubectlOk(["apply", "-f", "-"], { stdin: shelf(description) });
    await cluster.kubectlOk(["create", "deployment", "shop", "--image=school/shop:1.0"]);
    await cluster.kubectlOk(["set", "env", "deployment/shop", "COLOUR=blue"]);
    await cluster.kubectlOk(["expose", "deployment", "shop", "--port=80", "--target-port=8080", "--type=LoadBalancer"]);
    await cluster.settle();
    const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
    const ip = await cluster.kubectlOk(["get", "service", "shop", "-o", path]);
    expect(await body(cluster, `${ip}/`)).toBe("shop blue");
  });
});
