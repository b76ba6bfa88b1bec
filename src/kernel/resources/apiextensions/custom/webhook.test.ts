/**
 * Goal: a conversion webhook is asked once for many objects, changes nothing it must not change, and what it answers
 * wrongly is refused in upstream's words.
 * Method: a kind of two versions over a server that answers within the turn; a table of answers, each wrong in one way.
 */
import { expect, test } from "vitest";
import { NeedsAnswer, type OutsideReply } from "#kernel/registry/outside";
import { Definitions, definition, refusals, version } from "#kernel/resources/apiextensions/definitions.fixture";
import type { KubeObject } from "#kernel/store/object";

const AUTHORITY = btoa("-----BEGIN CERTIFICATE-----\n");
const OPEN = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly KubeObject[];
  };
}

type Answer = (review: Review) => object;

const converted = ({ request }: Review, change: (object: KubeObject) => object = (object) => object): object[] =>
  request.objects.map((object) => ({ ...change(object), apiVersion: request.desiredAPIVersion }));

const reply = (review: Review, response: object): object => ({
  apiVersion: review.apiVersion,
  kind: review.kind,
  response: { uid: review.request.uid, result: { status: "Success" }, ...response },
});

/** Widgets in two versions, and the reviews their webhook has got. */
function widgets(answer: Answer, clientConfig: object = {}) {
  const reviews: Review[] = [];
  const callService = (_target: unknown, { body }: { readonly body: string }): OutsideReply => {
    const review = JSON.parse(body) as Review;
    reviews.push(review);
    return { status: 200, body: JSON.stringify(answer(review)) };
  };
  const kinds = new Definitions(callService);
  const service = { namespace: "default", name: "converter", path: "/convert", port: 443 };
  const versions = [version(OPEN), version(OPEN, { name: "v2", storage: false })];
  const webhook = {
    clientConfig: { service, caBundle: AUTHORITY, ...clientConfig },
    conversionReviewVersions: ["v7", "v1"],
  };
  const v1 = kinds.serve(definition(versions, { conversion: { strategy: "Webhook", webhook } }));
  return { kinds, reviews, v1, v2: kinds.resource("v2") };
}

const draft = (name: string): KubeObject =>
  ({ metadata: { name, namespace: "default", labels: { a: "b" } }, size: 3 }) as unknown as KubeObject;

test("objects are converted on their way out and in, several in one review", () => {
  const { kinds, reviews, v1, v2 } = widgets((review) =>
    reply(review, {
      convertedObjects: converted(review, (object) => ({
        ...object,
        metadata: { ...object.metadata, labels: { a: "c" }, generation: 77 },
        by: review.request.desiredAPIVersion,
      })),
    }),
  );
  for (const name of ["one", "two", "three"]) kinds.client.create(v1, draft(name));
  expect(reviews).toEqual([]);
  const listed = kinds.client.list(v2, { namespace: "default" });
  expect(listed.map(({ metadata }) => metadata.name)).toEqual(["one", "three", "two"]);
  expect(listed[0]).toMatchObject({
    ...{ apiVersion: "example.com/v2", by: "example.com/v2", size: 3 },
    metadata: { labels: { a: "c" }, generation: 1 },
  });
  expect(reviews).toHaveLength(1);
  expect(reviews[0]).toMatchObject({ apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview" });
  kinds.client.list(v2, { namespace: "default" });
  expect(reviews).toHaveLength(1);
  kinds.client.create(v2, draft("four"));
  expect(kinds.client.need(v1, { namespace: "default", name: "four" })).toMatchObject({ by: "example.com/v1" });
});

test.each<[string, Answer, string]>([
  [
    "nothing",
    () => ({}),
    "failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got , Kind=",
  ],
  ["no response", ({ kind, apiVersion }) => ({ kind, apiVersion }), "failed: no response provided"],
  ["a failure", (review) => reply(review, { result: { status: "Failed", message: "bad hair" } }), "failed: bad hair"],
  ["no success", (review) => reply(review, { result: {} }), "failed: response.result.status was '', not 'Success'"],
  ["too few", (review) => reply(review, { convertedObjects: [] }), "returned 0 objects, expected 1"],
  [
    "the version it had",
    (review) => reply(review, { convertedObjects: review.request.objects }),
    "returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v1)",
  ],
  [
    "another kind",
    (review) => reply(review, { convertedObjects: converted(review, (object) => ({ ...object, kind: "Gadget" })) }),
    "returned invalid object at index 0: invalid kind (expected Widget, received Gadget)",
  ],
  [
    "another name",
    (review) =>
      reply(review, {
        convertedObjects: converted(review, (object) => ({
          ...object,
          metadata: { ...object.metadata, name: "other" },
        })),
      }),
    "returned invalid object: must have the same name: one != other",
  ],
  [
    "no metadata",
    (review) => reply(review, { convertedObjects: converted(review, ({ kind }) => ({ kind })) }),
    "returned invalid metadata: missing metadata in converted object",
  ],
  [
    "a label that is a number",
    (review) =>
      reply(review, {
        convertedObjects: converted(review, (object) => ({
          ...object,
          metadata: { ...object.metadata, labels: { a: 1 } },
        })),
      }),
    "returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object",
  ],
])("an answer that is refused: %s", (_what, answer, text) => {
  const { kinds, v1, v2 } = widgets(answer);
  kinds.client.create(v1, draft("one"));
  expect(refusals(() => kinds.client.get(v2, { namespace: "default", name: "one" }))).toEqual([
    `conversion webhook for example.com/v1, Kind=Widget ${text}`,
  ]);
});

test("a webhook at a URL is asked outside", () => {
  const { kinds, v1, v2 } = widgets(() => ({}), { service: undefined, url: "https://converter.example/convert" });
  kinds.client.create(v1, draft("one"));
  expect(() => kinds.client.get(v2, { namespace: "default", name: "one" })).toThrow(NeedsAnswer);
});
