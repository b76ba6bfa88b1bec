/**
 * Goal: whoever opens a cluster's url sees it live, in English and in Korean, and can steer it from there.
 * Method: a real Chromium on the page of a new cluster; what is done in the cluster must appear without a reload.
 */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "#test/support/browser";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";

let browser: Browser;
const opened: { page: Page; complaints: string[] }[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

/** Patience for what a browser on a busy machine may take. */
const SOON = { timeout: 20_000, interval: 50 };

/** No page may end with an error, or with a request to anywhere but our own server. */
afterEach(async () => {
  const complaints = opened.flatMap((one) => one.complaints);
  await Promise.all(opened.splice(0).map(({ page }) => page.context().close()));
  expect(complaints).toEqual([]);
});

async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(inject("origin"))) {
      complaints.push(`asked ${request.url()}`);
    }
  });
  opened.push({ page, complaints });
  await page.goto(url);
  return page;
}

const deployment = (replicas: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "hello-world" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "hello" } },
    template: {
      metadata: { labels: { app: "hello" } },
      spec: { containers: [{ name: "hello", image: "gcr.io/google-samples/hello-app:1.0" }] },
    },
  },
});

async function deploy(cluster: TestCluster, replicas: number): Promise<void> {
  await okJson(
    await cluster.api("/apis/apps/v1/namespaces/default/deployments", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(deployment(replicas)),
    }),
  );
}

/** The rows of a kind's table that have all these texts in them. */
const rows = (page: Page, kind: string, ...texts: string[]) =>
  texts.reduce(
    (found, hasText) => found.filter({ hasText }),
    page.getByRole("table", { name: kind }).locator("tbody tr"),
  );

async function expectRows(page: Page, count: number, kind: string, ...texts: string[]): Promise<void> {
  const found = rows(page, kind, ...texts);
  await expect.poll(() => found.count(), SOON).toBe(count);
}

test("three pods come up Running before one's eyes", async () => {
  const cluster = await newCluster();
  const page = await open(cluster.url);
  await expectRows(page, 3, "Node", "Ready");
  await deploy(cluster, 3);
  await expectRows(page, 3, "Pod", "hello-world-");
  await page.getByRole("button", { name: "Until quiet" }).click();
  await expectRows(page, 3, "Pod", "hello-world-", "1/1", "Running");
  await expectRows(page, 1, "Deployment", "hello-world", "3/3");
  for (const node of ["node-1", "node-2", "node-3"]) {
    const berth = page.getByRole("article").filter({ hasText: node });
    await expect.poll(() => berth.getByRole("button", { name: /hello-world-.*, Running/ }).count(), SOON).toBe(1);
  }
});

test("a pod that is deleted leaves and its replacement arrives; its object tells its story", async () => {
  const cluster = await newCluster();
  await deploy(cluster, 2);
  await cluster.settle();
  const page = await open(cluster.url);
  await expectRows(page, 2, "Pod", "Running");
  const name = await rows(page, "Pod").first().getByRole("button").innerText();
  await page.getByRole("button", { name: `Show ${name}` }).click();
  const dialog = page.getByRole("dialog", { name });
  await expect.poll(() => dialog.innerText(), SOON).toContain("kind: Pod");
  await dialog.getByRole("button", { name: "Events" }).click();
  await expect.poll(() => dialog.innerText(), SOON).toContain(`Successfully assigned default/${name} to node-`);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Really delete?" }).click();
  await dialog.waitFor({ state: "detached" });
  await cluster.settle();
  await expectRows(page, 0, "Pod", name);
  await expectRows(page, 2, "Pod", "Running");
});

test("한국어로 열고, YAML을 적용하고, 파드 세 개가 뜨는 것을 본다", async () => {
  const cluster = await newCluster();
  const page = await open(cluster.url, { locale: "ko-KR" });
  await page.getByRole("heading", { name: "내 kubectl로 접속하기" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("ko");
  await page.getByRole("button", { name: "예제 넣기" }).click();
  await page.getByRole("button", { name: "적용", exact: true }).click();
  await page.getByText("deployment.apps/hello-world 생성됨").waitFor();
  await page.getByText("service/hello-world 생성됨").waitFor();
  await page.getByRole("button", { name: "잠잠해질 때까지" }).click();
  await expectRows(page, 3, "Pod", "hello-world-", "1/1", "Running");
  // The brought font covers Hangul: a machine without any Korean font shows it all the same.
  expect(await page.evaluate("document.fonts.check('16px Pretendard Variable', '파드')")).toBe(true);
  await page.getByRole("button", { name: "영어로 바꾸기" }).click();
  await page.getByRole("heading", { name: "Your own kubectl" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Your own kubectl" }).waitFor();
});

test("the apply box creates, replaces, and repeats what the server objects to", async () => {
  const cluster = await newCluster();
  const page = await open(cluster.url);
  const apply = async (text: string): Promise<void> => {
    await page.getByLabel("Manifests, separated by ---").fill(text);
    await page.getByRole("button", { name: "Apply", exact: true }).click();
  };
  await page.getByRole("table", { name: "Node" }).waitFor();
  await apply(JSON.stringify(deployment(1)));
  await page.getByText("deployment.apps/hello-world created").waitFor();
  await apply(JSON.stringify(deployment(2)));
  await page.getByText("deployment.apps/hello-world replaced").waitFor();
  await apply("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndatum:\n  a: b\n");
  await page.getByText('strict decoding error: unknown field "datum"').waitFor();
  await apply("apiVersion: v1\nkind: Pood\nmetadata:\n  name: c\n");
  await page.getByText('no matches for kind "Pood" in version "v1"').waitFor();
});

test("the clock stops, hurries and skips", async () => {
  const cluster = await newCluster();
  const page = await open(cluster.url);
  const clock = async () => okJson<{ now: string; rate: number; paused: boolean }>(await cluster.call("GET", "/clock"));
  await page.getByRole("button", { name: "Pause" }).click();
  await expect.poll(async () => (await clock()).paused, SOON).toBe(true);
  const before = Date.parse((await clock()).now);
  await page.getByRole("button", { name: "10 min" }).click();
  await page.getByText("10m0s passed.").waitFor();
  expect(Date.parse((await clock()).now) - before).toBe(600_000);
  await page.getByRole("button", { name: "60×" }).click();
  await expect.poll(async () => await clock(), SOON).toMatchObject({ rate: 60, paused: false });
});

test("the kubeconfig that is downloaded opens the cluster", async () => {
  const cluster = await newCluster();
  const page = await open(cluster.url);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download kubeconfig" }).click(),
  ]);
  let text = "";
  for await (const chunk of await download.createReadStream()) text += chunk;
  expect(text).toBe(cluster.kubeconfig);
});

test("from the front page to a sandbox, to a snapshot, to a fork of it", async () => {
  const page = await open(inject("origin"));
  await page.getByRole("link", { name: "Open a sandbox" }).click();
  await page.waitForURL(/\/c\/\w+#key=\w+$/);
  await expectRows(page, 3, "Node", "Ready");
  const first = page.url();
  await page.getByRole("button", { name: "Take a snapshot" }).click();
  await page.getByRole("link", { name: "Link to the snapshot" }).click();
  await page.getByRole("button", { name: "Open a fork of it" }).click();
  await page.waitForURL(/\/c\/\w+#key=\w+$/);
  await expectRows(page, 3, "Node", "Ready");
  expect(page.url()).not.toBe(first);
});

test("the key is remembered by this browser, and without it nothing is shown", async () => {
  const cluster = await newCluster();
  const page = await open(cluster.url);
  await expectRows(page, 3, "Node", "Ready");
  const bare = cluster.url.replace(/#.*/, "");
  await page.goto("about:blank");
  await page.goto(bare);
  await expectRows(page, 3, "Node", "Ready");
  const stranger = await open(bare);
  await stranger.getByRole("heading", { name: "This cluster needs its key" }).waitFor();
  const thief = await open(`${bare}#key=${"0".repeat(40)}`);
  await thief.getByRole("heading", { name: "This key does not open the cluster" }).waitFor();
  await cluster.delete();
  await page.getByRole("heading", { name: "This key does not open the cluster" }).waitFor();
});
