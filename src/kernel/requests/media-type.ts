/**
 * Media types: what a client sends and what it accepts.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/negotiation.
 * Leaves out CBOR: upstream serves it behind a feature gate that is off, and so refuses it by name.
 */
import { notAcceptableType } from "#kernel/apimachinery/errors";
import { PROTOBUF } from "#kernel/requests/decode";

/** The form in which objects are shown: as they are, as a table, or their metadata alone. */
export type Transform = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export type Format = "json" | "yaml" | "protobuf";

export interface Acceptance {
  readonly format: Format;
  readonly as?: Transform;
  /** The version of meta.k8s.io in which a transformed object is asked for. */
  readonly version?: "v1" | "v1beta1";
  /** Asked for by a parameter of the media type. */
  readonly isPretty?: boolean;
}

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** What is served, in the order of preference of a client that takes anything. */
const SERVED: readonly { readonly type: string; readonly format: Format; readonly streams: boolean }[] = [
  { type: "application/json", format: "json", streams: true },
  { type: "application/yaml", format: "yaml", streams: false },
  { type: PROTOBUF, format: "protobuf", streams: true },
];

const TRANSFORMS: readonly string[] = ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"];

/** What the endpoint can do: custom resources have no protobuf form, a stream is not sent in YAML. */
export interface Restrictions {
  readonly hasProtobuf?: boolean;
  /** Kinds that are mere questions have no rows. */
  readonly hasTable?: boolean;
  readonly isStream?: boolean;
}

/** The first clause of an Accept header that is served. @throws NotAcceptable */
export function negotiate(accept: string | null, restrictions: Restrictions = {}): Acceptance {
  const { isStream = false } = restrictions;
  if (accept === null || accept === "") return { format: "json" };
  for (const clause of parseAccept(accept)) {
    for (const served of SERVED) {
      if (!matches(clause.type, served.type)) continue;
      const acceptance = acceptanceOf(clause, served, restrictions);
      if (acceptance === undefined) continue;
      // What is chosen is chosen: a stream in a format that has none is not tried in the next one.
      if (isStream && !served.streams) throw notAcceptableStream();
      return acceptance;
    }
  }
  throw isStream ? notAcceptableStream() : notAcceptableType(SERVED.map(({ type }) => type));
}

/** How a document of discovery is wanted: plain, or all groups in one. */
export interface DocumentAcceptance {
  readonly format: Format;
  readonly aggregated?: "v2" | "v2beta1";
}

/** As `negotiate`, for discovery; `hasAggregated` where a document can tell of all groups. @throws NotAcceptable */
export function negotiateDocument(accept: string | null, hasAggregated: boolean): DocumentAcceptance {
  if (accept === null || accept === "") return { format: "json" };
  for (const { type, parameters } of parseAccept(accept)) {
    const served = SERVED.find((one) => matches(type, one.type));
    if (served === undefined) continue;
    const [as, group, version] = ["as", "g", "v"].map((name) => parameters.get(name));
    if (as === undefined && group === undefined && version === undefined) return { format: served.format };
    if (!hasAggregated || as !== "APIGroupDiscoveryList" || group !== "apidiscovery.k8s.io") continue;
    if (version === "v2" || version === "v2beta1") return { format: served.format, aggregated: version };
  }
  throw notAcceptableType(SERVED.map(({ type }) => type));
}

const notAcceptableStream = (): Error =>
  notAcceptableType(SERVED.flatMap(({ type, streams }) => (streams ? [`${type};stream=watch`] : [])));

function matches(asked: string, served: string): boolean {
  return asked === served || asked === "*/*" || asked === `${served.split("/")[0]}/*`;
}

/** What a clause asks of a served type; undefined if it cannot be had. */
function acceptanceOf(
  { parameters }: MediaType,
  { format, streams }: (typeof SERVED)[number],
  { hasProtobuf = true, hasTable = true }: Restrictions,
): Acceptance | undefined {
  const stream = parameters.get("stream") ?? "";
  if (stream !== "" && (!streams || stream !== "watch")) return undefined;
  const isPretty = parameters.get("pretty") === "1";
  const as = parameters.get("as");
  const version = parameters.get("v");
  if (as === undefined && version === undefined && !parameters.has("g")) {
    return format === "protobuf" && !hasProtobuf ? undefined : { format, isPretty };
  }
  if (as === undefined || !TRANSFORMS.includes(as) || parameters.get("g") !== "meta.k8s.io") return undefined;
  if (version !== "v1" && version !== "v1beta1") return undefined;
  if (as === "Table" && (format === "protobuf" || !hasTable)) return undefined;
  return { format, as: as as Transform, version, isPretty };
}

/** The clauses of an Accept header, the best first: by quality, then the more specific. */
function parseAccept(accept: string): MediaType[] {
  const clauses = accept.split(",").map((clause) => {
    const [type = "", ...rest] = clause.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split("=", 2) as [string, string]));
    const quality = Number(parameters.get("q") ?? 1);
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
  });
  return clauses.sort((a, b) => b.quality - a.quality || wildness(a.type) - wildness(b.type));
}

const wildness = (type: string): number => type.split("*").length - 1;

/** The media type of a body without its parameters; JSON if the client does not say. */
export function bodyType(contentType: string | null): string {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return type === "" ? "application/json" : type;
}
