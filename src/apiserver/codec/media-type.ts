/**
 * Media types: what a client sends and what it accepts.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/negotiation.
 * Leaves out application/vnd.kubernetes.protobuf and CBOR: a request for them is answered in JSON if the client accepts
 * that too, and refused by name otherwise.
 */
import { notAcceptableType } from "#kernel/apimachinery/errors";

/** The form in which objects are shown: as they are, as a table, or their metadata alone. */
export type Transform = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export interface Acceptance {
  readonly format: "json" | "yaml";
  readonly as?: Transform;
}

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const SERVED = ["application/json", "application/yaml"];
const TRANSFORMS = new Set(["Table", "PartialObjectMetadata", "PartialObjectMetadataList"]);

/** The first clause of an Accept header that is served. @throws NotAcceptable */
export function negotiate(accept: string | null): Acceptance {
  if (accept === null || accept.trim() === "") return { format: "json" };
  for (const { type, parameters } of parseAccept(accept)) {
    const format = formatOf(type);
    const as = parameters.get("as");
    if (format === undefined) continue;
    if (as === undefined) return { format };
    const isServed = TRANSFORMS.has(as) && (parameters.get("g") ?? "meta.k8s.io") === "meta.k8s.io";
    if (isServed && /^v1(beta1)?$/.test(parameters.get("v") ?? "v1")) return { format, as: as as Transform };
  }
  throw notAcceptableType(SERVED);
}

function formatOf(type: string): "json" | "yaml" | undefined {
  if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
  return type === "application/yaml" ? "yaml" : undefined;
}

/** The clauses of an Accept header, the best first. */
function parseAccept(accept: string): MediaType[] {
  const clauses = accept.split(",").map((clause) => {
    const [type = "", ...rest] = clause.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split("=", 2) as [string, string]));
    return { type: type.toLowerCase(), parameters, quality: Number(parameters.get("q") ?? 1) };
  });
  return clauses.sort((a, b) => b.quality - a.quality);
}

/** The media type of a body without its parameters; JSON if the client does not say. */
export function bodyType(contentType: string | null): string {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return type === "" ? "application/json" : type;
}
