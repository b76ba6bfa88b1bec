/**
 * Bookinfo: the four services of Istio's sample, whose product page is put together from the other three.
 *
 * Models samples/bookinfo/src of istio/istio.
 */
import { bookinfoPages } from "#kernel/runtime/images/apps/bookinfo.pages";
import { logDate } from "#kernel/runtime/images/http";
import type { Image } from "#kernel/runtime/images/image";
import {
  cookieOf,
  fetchFrom,
  formOf,
  imageOf,
  json,
  page,
  server,
  text,
  type Visit,
} from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpResponse } from "#kernel/runtime/world";

export interface Reviews {
  readonly id: string;
  readonly podname: string;
  readonly clustername: string;
  readonly reviews: readonly {
    readonly reviewer: string;
    readonly text: string;
    readonly rating?: { readonly stars?: number; readonly color?: string; readonly error?: string };
  }[];
}

const PORT = 9080;
/** Headers a service hands on: those of tracing, and who asks. */
const FORWARDED = /^(x-request-id|x-b3-.*|x-ot-span-context|traceparent|tracestate|end-user|user-agent|cookie)$/;

const portOf = (task: Task): number => Number(task.argv.at(-1)) || PORT;

const forwarded = (visit: Visit): Record<string, string> =>
  Object.fromEntries(Object.entries(visit.headers).filter(([name]) => FORWARDED.test(name)));

/** Where a service is, as its environment says. */
function urlOf(task: Task, service: string): string {
  const domain = task.env("SERVICES_DOMAIN");
  const host = task.env(`${service.toUpperCase()}_HOSTNAME`) ?? service;
  const port = task.env(`${service.toUpperCase()}_SERVICE_PORT`) ?? String(PORT);
  return `http://${host}${domain === undefined ? "" : `.${domain}`}:${port}/${service}`;
}

/** What one service says of a book: its status and its JSON, or that it is away. */
function ask(task: Task, visit: Visit, service: string, id: string, tries = 1): { status: number; data: unknown } {
  let status = 500;
  for (let n = 0; n < tries; n += 1) {
    const answer = fetchFrom(task, `${urlOf(task, service)}/${id}`, { headers: forwarded(visit) });
    status = answer?.status ?? 500;
    if (answer?.status === 200) return { status, data: JSON.parse(answer.body) as unknown };
  }
  return { status, data: { error: `Sorry, product ${service} are currently unavailable for this book.` } };
}

const PRODUCT = {
  id: 0,
  title: "The Comedy of Errors",
  descriptionHtml:
    '<a href = "https://en.wikipedia.org/wiki/The_Comedy_of_Errors">Wikipedia Summary</a>: One of <b>Shakespeare</b>\'s ' +
    "earliest and shortest plays: two pairs of twins, separated at birth, are taken for one another all day long.",
};

function productpage(task: Task, visit: Visit): HttpResponse {
  const { route, method } = visit;
  if (route === "/" || route === "/index.html") return page(visit, bookinfoPages.index());
  if (route === "/health") return text(visit, "Product page is healthy", 200, "text/html; charset=utf-8");
  if (route === "/productpage") {
    const details = ask(task, visit, "details", "0");
    // The sample asks the reviews twice on purpose: its lesson on timeouts builds on it.
    const reviews = ask(task, visit, "reviews", "0", 2);
    return page(
      visit,
      bookinfoPages.product({ product: PRODUCT, details, reviews, user: cookieOf(visit, "user") ?? "" }),
    );
  }
  if (route === "/login" && method === "POST") {
    const user = formOf(visit)["username"] ?? "";
    return { status: 302, headers: { location: "/productpage", "set-cookie": `user=${user}; Path=/` }, body: "" };
  }
  if (route === "/logout") {
    const gone = "user=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/";
    return { status: 302, headers: { location: "/productpage", "set-cookie": gone }, body: "" };
  }
  const [, id, part] = /^\/api\/v1\/products(?:\/(\d+)(?:\/(reviews|ratings))?)?$/.exec(route) ?? [];
  if (route === "/api/v1/products") return json(visit, [PRODUCT]);
  if (id === undefined) return page(visit, bookinfoPages.missing(), 404);
  const { status, data } = ask(task, visit, part ?? "details", id, part === "reviews" ? 2 : 1);
  return json(visit, data, status);
}

const pageProgram: Program<object> = server<object>({
  name: "bookinfo-productpage",
  begin(task) {
    task.complain(`INFO:root:start at port ${portOf(task)}\n * Serving Flask app 'productpage'\n * Debug mode: on\n`);
    return { state: {}, ports: [portOf(task)] };
  },
  answer: productpage,
  log(task, visit, { status }) {
    const from = visit.remoteAddress ?? "127.0.0.1";
    task.complain(
      `INFO:werkzeug:${from} - - [${logDate(task.now)}] "${visit.method} ${visit.path} HTTP/1.1" ${status} -\n`,
    );
  },
});

const DETAILS = {
  author: "William Shakespeare",
  year: 1595,
  type: "paperback",
  pages: 200,
  publisher: "PublisherA",
  language: "English",
  "ISBN-10": "1234567890",
  "ISBN-13": "123-1234567890",
};

const details: Program<object> = server<object>({
  name: "bookinfo-details",
  begin(task) {
    task.complain(`[${new Date(task.now).toISOString().slice(0, 19).replace("T", " ")}] INFO  WEBrick 1.8.1\n`);
    return { state: {}, ports: [portOf(task)] };
  },
  answer(_task, visit) {
    if (visit.route === "/health") return json(visit, { status: "Details is healthy" });
    const id = /^\/details\/(.*)$/.exec(visit.route)?.[1];
    if (id === undefined) return text(visit, "Not Found", 404);
    if (!/^\d+$/.test(id)) return json(visit, { error: "please provide numeric product id" }, 400);
    return json(visit, { id: Number(id), ...DETAILS });
  },
  log(task, visit, { status, body }) {
    const from = visit.remoteAddress ?? "127.0.0.1";
    task.complain(
      `${from} - - [${logDate(task.now)}] "${visit.method} ${visit.path} HTTP/1.1" ${status} ${body.length}\n`,
    );
  },
});

const TEXTS = [
  "An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!",
  "Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.",
];

function reviewsOf(task: Task, visit: Visit, id: string): Reviews {
  const hasRatings = task.env("ENABLE_RATINGS") === "true";
  const answer = hasRatings
    ? fetchFrom(task, `${urlOf(task, "ratings")}/${id}`, { headers: forwarded(visit) })
    : undefined;
  const ratings =
    answer?.status === 200 ? (JSON.parse(answer.body) as { ratings?: Record<string, number> }).ratings : undefined;
  if (hasRatings && answer === undefined) task.complain(`Error: unable to contact ${urlOf(task, "ratings")}\n`);
  if (answer !== undefined && answer.status !== 200) {
    task.print(`Error: unable to contact ${urlOf(task, "ratings")} got status of ${answer.status}\n`);
  }
  const reviews = TEXTS.map((said, n) => {
    const reviewer = `Reviewer${n + 1}`;
    const stars = ratings?.[reviewer];
    const away = { error: "Ratings service is currently unavailable" };
    const rating = stars === undefined ? away : { stars, color: task.env("STAR_COLOR") ?? "black" };
    return { reviewer, text: said, ...(hasRatings ? { rating } : {}) };
  });
  return { id, podname: task.record.hostname, clustername: task.env("CLUSTER_NAME") ?? "null", reviews };
}

const reviews: Program<object> = server<object>({
  name: "bookinfo-reviews",
  begin(task) {
    task.print("Launching defaultServer (Open Liberty 22.0.0.9/wlp-1.0.68) on Eclipse OpenJ9 VM (en_US)\n");
    task.print("[AUDIT   ] CWWKE0001I: The server defaultServer has been launched.\n");
    task.print(
      `[AUDIT   ] CWWKT0016I: Web application available (default_host): http://${task.record.hostname}:${PORT}/\n`,
    );
    task.print("[AUDIT   ] CWWKF0011I: The defaultServer server is ready to run a smarter planet.\n");
    return { state: {}, ports: [PORT] };
  },
  answer(task, visit) {
    if (visit.route === "/health") return json(visit, { status: "Reviews is healthy" });
    const id = /^\/reviews\/(\d+)$/.exec(visit.route)?.[1];
    return id === undefined ? text(visit, "", 404) : json(visit, reviewsOf(task, visit, id));
  },
});

/** Ratings somebody has posted, by product. */
type Posted = Readonly<Record<string, unknown>>;

const ratings: Program<{ posted: Posted }> = server<{ posted: Posted }>({
  name: "bookinfo-ratings",
  begin(task) {
    task.print(`Server listening on: http://0.0.0.0:${portOf(task)}\n`);
    return { state: { posted: {} }, ports: [portOf(task)] };
  },
  answer(task, visit) {
    task.print(`${visit.method} ${visit.path}\n`);
    if (visit.route === "/health") return json(visit, { status: "Ratings is healthy" });
    const id = /^\/ratings\/(.*)$/.exec(visit.route)?.[1];
    if (id === undefined) return text(visit, "404: Not Found", 404);
    if (!/^\d+$/.test(id)) return json(visit, { error: "please provide numeric product ID" }, 400);
    const posted = task.state?.posted ?? {};
    if (visit.method !== "POST") {
      return json(visit, posted[id] ?? { id: Number(id), ratings: { Reviewer1: 5, Reviewer2: 4 } });
    }
    const given = parsed(visit.body);
    if (given === undefined || Object.keys(posted).length >= 1_000) {
      return json(visit, { error: "please provide valid ratings JSON" }, 400);
    }
    const rated = { id: Number(id), ratings: given };
    task.state = { posted: { ...posted, [id]: rated } };
    return json(visit, rated);
  },
});

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

export const bookinfoPrograms: readonly Program<never>[] = [pageProgram, details, reviews, ratings] as Program<never>[];

const repositoriesOf = (name: string): string[] =>
  ["docker.io/istio", "registry.istio.io/release", "gcr.io/istio-release"].map(
    (host) => `${host}/examples-bookinfo-${name}`,
  );

const TAGS = /^(latest|\d+\.\d+(\.\d+)?(-.*)?)$/;

/** One version of the reviews: v1 has no stars, v2 black ones, v3 red ones. */
function reviewsImage(version: string, env: Readonly<Record<string, string>>): Image {
  return imageOf({
    repositories: repositoriesOf(`reviews-${version}`),
    megabytes: 230,
    tags: TAGS,
    flavor: "gnu",
    config: {
      cmd: ["/opt/ol/wlp/bin/server", "run", "defaultServer"],
      env: { SERVICE_VERSION: version, ...env },
      ports: [PORT],
    },
    programs: { "/opt/ol/wlp/bin/server": reviews },
    tools: ["+curl"],
  });
}

export const bookinfoImages: readonly Image[] = [
  imageOf({
    repositories: repositoriesOf("productpage-v1"),
    megabytes: 64,
    tags: TAGS,
    flavor: "gnu",
    config: { cmd: ["python", "productpage.py", String(PORT)], workingDir: "/opt/microservices", ports: [PORT] },
    programs: { "/usr/local/bin/python": pageProgram },
    files: { "/opt/microservices/productpage.py": "# simulated\n" },
    tools: ["+curl"],
  }),
  imageOf({
    repositories: repositoriesOf("details-v1"),
    megabytes: 66,
    tags: TAGS,
    flavor: "gnu",
    config: { cmd: ["ruby", "details.rb", String(PORT)], workingDir: "/opt/microservices", ports: [PORT] },
    programs: { "/usr/local/bin/ruby": details },
    files: { "/opt/microservices/details.rb": "# simulated\n" },
    tools: ["+curl"],
  }),
  imageOf({
    repositories: repositoriesOf("ratings-v1"),
    megabytes: 62,
    tags: TAGS,
    flavor: "gnu",
    config: { cmd: ["node", "/opt/microservices/ratings.js", String(PORT)], ports: [PORT] },
    programs: { "/usr/local/bin/node": ratings },
    files: { "/opt/microservices/ratings.js": "// simulated\n" },
    tools: ["+curl"],
  }),
  reviewsImage("v1", {}),
  reviewsImage("v2", { ENABLE_RATINGS: "true" }),
  reviewsImage("v3", { ENABLE_RATINGS: "true", STAR_COLOR: "red" }),
];
