/**
 * The images of Online Boutique, the microservices demo: eleven services and the visitors they are tried with.
 *
 * Models GoogleCloudPlatform/microservices-demo.
 */
import { checkoutservice } from "#kernel/runtime/images/apps/boutique.checkout";
import { frontend } from "#kernel/runtime/images/apps/boutique.frontend";
import { CATALOG } from "#kernel/runtime/images/apps/boutique.money";
import { boutiqueServices } from "#kernel/runtime/images/apps/boutique.services";
import type { Image } from "#kernel/runtime/images/image";
import { fetchFrom, imageOf } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

/** Shortest pause between two visits: fewer than the real generator makes, so that a cluster is not busy with it. */
const PAUSE_MS_MIN = 2_000;

interface Visits {
  readonly next: Instant;
  readonly made: number;
  readonly failed: number;
}

/** One thing a visitor does, as often as the real one: seen pages, currencies, carts, orders. */
function visitOnce(task: Task): boolean {
  const { entropy } = task.world;
  const root = `http://${task.env("FRONTEND_ADDR") ?? "frontend:80"}`;
  const id = entropy.pick(CATALOG)?.id ?? "";
  const form = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } };
  const dice = entropy.int(18);
  const answer =
    dice < 1
      ? fetchFrom(task, `${root}/`)
      : dice < 3
        ? fetchFrom(task, `${root}/setCurrency`, {
            ...form,
            body: `currency_code=${entropy.pick(["EUR", "USD", "JPY"])}`,
          })
        : dice < 13
          ? fetchFrom(task, `${root}/product/${id}`)
          : dice < 15
            ? fetchFrom(task, `${root}/cart`, { ...form, body: `product_id=${id}&quantity=${1 + entropy.int(10)}` })
            : fetchFrom(task, `${root}/cart`);
  return answer !== undefined && answer.status < 400;
}

const loadgenerator: Program<Visits> = {
  name: "boutique-loadgenerator",
  step(task) {
    const state = task.state ?? { next: task.now, made: 0, failed: 0 };
    if (task.state === undefined) task.print("Starting Locust 2.38.1\n");
    if (state.next > task.now) return { until: state.next };
    const users = Math.max(1, Number(task.env("USERS") ?? "10"));
    const failed = state.failed + (visitOnce(task) ? 0 : 1);
    const made = state.made + 1;
    if (made % 30 === 0) task.print(`Aggregated: ${made} requests, ${failed} failed\n`);
    task.state = { next: task.now + Math.max(PAUSE_MS_MIN, Math.round(10_000 / users)), made, failed };
    return { until: task.state.next };
  },
};

const programs: Readonly<Record<string, Program<never>>> = {
  ...boutiqueServices,
  checkoutservice: checkoutservice as Program<never>,
  frontend: frontend as Program<never>,
  loadgenerator: loadgenerator as Program<never>,
};

const HOSTS = [
  "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo",
  "us-central1-docker.pkg.dev/google-samples/microservices-demo",
  "gcr.io/google-samples/microservices-demo",
];

export const boutiquePrograms = Object.values(programs) as readonly Program[];

export const boutiqueImages: readonly Image[] = Object.entries(programs).map(([name, program]) =>
  imageOf({
    repositories: HOSTS.map((host) => `${host}/${name}`),
    megabytes: 40,
    config: { entrypoint: [`/src/${name}`], workingDir: "/src" },
    programs: { [`/src/${name}`]: program },
  }),
);
