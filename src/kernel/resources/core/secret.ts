/**
 * Secret: configuration that is not everybody's business.
 *
 * Models pkg/registry/core/secret.
 */

import type { Secret } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { JsonSyntaxError, readJson } from "#kernel/apimachinery/json";
import { column, defineResource } from "#kernel/registry/definition";
import { decodeText, encodeText } from "#kernel/resources/core/base64";
import { base64Bytes, MAX_DATA_BYTES, validateImmutable, validateKeys } from "#kernel/resources/core/data.validate";

/** The annotation that says whose token a token Secret holds. */
const SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name";

export const secrets = defineResource<Secret>({
  group: "",
  version: "v1",
  names: { kind: "Secret", plural: "secrets", singular: "secret" },
  scope: "Namespaced",
  allowUnconditionalUpdate: true,

  setDefaults(secret) {
    secret.type ||= "Opaque";
    foldStringData(secret);
  },

  validate({ data = {}, type, metadata }, at) {
    validateKeys(Object.keys(data), at.under("data"));
    let sizeBytes = 0;
    for (const value of Object.values(data)) sizeBytes += base64Bytes(value);
    if (sizeBytes > MAX_DATA_BYTES) at("data").tooLong("", MAX_DATA_BYTES);
    if (type === "kubernetes.io/service-account-token") {
      const name = metadata.annotations?.[SERVICE_ACCOUNT_NAME] ?? "";
      if (name === "") at(`metadata.annotations[${SERVICE_ACCOUNT_NAME}]`).required();
    } else VALIDATORS[type ?? ""]?.(data, at.under("data"));
  },

  validateUpdate(secret, old, at) {
    at("type").immutable(secret.type, old.type);
    validateImmutable(secret, old, ["data"], at);
  },

  columns: [
    column("Type", "string", ({ type }) => type ?? ""),
    column("Data", "string", ({ data }) => Object.keys(data ?? {}).length),
  ],
  selectableFields: { type: ({ type }) => type ?? "" },
});

/** stringData is for writing alone: it becomes data and is forgotten. */
function foldStringData(secret: Secret): void {
  if (secret.stringData === undefined) return;
  const data = { ...secret.data };
  for (const [key, value] of Object.entries(secret.stringData)) data[key] = encodeText(value);
  if (Object.keys(data).length > 0) secret.data = data;
  delete secret.stringData;
}

type Data = Readonly<Record<string, string>>;

/** What each type of secret must hold. `at` stands at the data. */
const VALIDATORS: Readonly<Record<string, (data: Data, at: At) => void>> = {
  "kubernetes.io/dockercfg": (data, at) => validateJson(data, ".dockercfg", at),
  "kubernetes.io/dockerconfigjson": (data, at) => validateJson(data, ".dockerconfigjson", at),
  "kubernetes.io/basic-auth": (data, at) => {
    if (data["username"] !== undefined || data["password"] !== undefined) return;
    at("[username]").required();
    at("[password]").required();
  },
  "kubernetes.io/ssh-auth": (data, at) => {
    if ((data["ssh-privatekey"] ?? "") === "") at("[ssh-privatekey]").required();
  },
  "kubernetes.io/tls": (data, at) => {
    for (const key of ["tls.crt", "tls.key"]) if (data[key] === undefined) at(`[${key}]`).required();
  },
};

function validateJson(data: Data, key: string, at: At): void {
  const text = data[key];
  if (text === undefined) at(`[${key}]`).required();
  else {
    const problem = jsonProblem(decodeText(text));
    if (problem !== undefined) at(`[${key}]`).invalid("<secret contents redacted>", problem);
  }
}

/** What Go says of a text that should be a JSON object; undefined if it is one. */
function jsonProblem(text: string): string | undefined {
  const value = parsed(text);
  if (value instanceof JsonSyntaxError) return value.message;
  if (value === null || (typeof value === "object" && !Array.isArray(value))) return undefined;
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
}

/** The value of a JSON text, or what is wrong with it. */
function parsed(text: string): unknown {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
}
