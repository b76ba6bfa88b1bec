/**
 * ConfigMap: configuration as keys and values.
 *
 * Models pkg/registry/core/configmap.
 */

import type { ConfigMap } from "#kernel/api/types.gen";
import { byteLength } from "#kernel/apimachinery/go-text";
import { column, defineResource } from "#kernel/registry/definition";
import { base64Bytes, MAX_DATA_BYTES, validateImmutable, validateKeys } from "#kernel/resources/core/data.validate";
import { descriptionsIn, hasImages, namedImage, readDescription } from "#kernel/resources/core/image-description";

export const configmaps = defineResource<ConfigMap>({
  group: "",
  version: "v1",
  names: { kind: "ConfigMap", plural: "configmaps", singular: "configmap", short: ["cm"] },
  scope: "Namespaced",
  allowUnconditionalUpdate: true,

  validate(configmap, at) {
    const { data = {}, binaryData = {} } = configmap;
    let sizeBytes = 0;
    validateKeys(Object.keys(data), at.under("data"));
    for (const [key, value] of Object.entries(data)) {
      if (binaryData[key] !== undefined) at(`data[${key}]`).invalid(key, "duplicate of key present in binaryData");
      sizeBytes += byteLength(value);
    }
    validateKeys(Object.keys(binaryData), at.under("binaryData"));
    for (const value of Object.values(binaryData)) sizeBytes += base64Bytes(value);
    // Upstream's path of the whole object has one element, without a name.
    if (sizeBytes > MAX_DATA_BYTES) at("[]").tooLong("", MAX_DATA_BYTES);
    for (const [key, yaml] of hasImages(configmap) ? Object.entries(data) : []) {
      const read = readDescription(yaml);
      for (const { path, problem } of "problems" in read ? read.problems : []) {
        at(`data[${key}]`).invalid(path === "" ? key : path, `${path === "" ? "the description" : path} ${problem}`);
      }
    }
  },

  indexes: {
    /** Images it describes, by their names. */
    image: (configmap) => [...new Set(descriptionsIn(configmap).map(({ image }) => namedImage(image).name))],
  },

  validateUpdate(configmap, old, at) {
    validateImmutable(configmap, old, ["data", "binaryData"], at);
  },

  columns: [column("Data", "string", ({ data, binaryData }) => sizeOf(data) + sizeOf(binaryData))],
});

const sizeOf = (map: Readonly<Record<string, string>> | undefined): number => Object.keys(map ?? {}).length;
