/**
 * How the tables of refused manifests are written: a row is what was sent and what is said of it.
 */

/** A manifest without metadata gets some; the text is what follows "is invalid: ", or the whole message. */
export type Row = readonly [manifest: Readonly<Record<string, unknown>>, text: string];

type Json = Readonly<Record<string, unknown>>;

/** An object of a kind, named x unless said otherwise. */
export const manifest = (apiVersion: string, kind: string, body: Json, metadata: Json = {}): Json => ({
  apiVersion,
  kind,
  metadata: { name: "x", ...metadata },
  ...body,
});

/** A container that is right but for what is given. */
export const container = (more: Json = {}): Json => ({ name: "c", image: "nginx", ...more });

/** A Pod of one container, both right but for what is given. */
export const pod = (spec: Json = {}, metadata: Json = {}): Json =>
  manifest("v1", "Pod", { spec: { containers: [container()], ...spec } }, metadata);

/** A Pod whose one container is right but for what is given. */
export const podWith = (more: Json): Json => pod({ containers: [container(more)] });

const labels = { app: "x" };

/** The template of a workload, right but for what is given of its pods' spec. */
export const template = (spec: Json = {}, metadata: Json = { labels }): Json => ({
  metadata,
  spec: { containers: [container()], ...spec },
});

/** The selector that fits `template`. */
export const selector = { matchLabels: labels };

export const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

export const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
  "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

export const QUALIFIED =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

export const PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for " +
  "validation is '[0-9]+%')";
