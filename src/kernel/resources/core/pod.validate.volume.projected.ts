/**
 * Whether projected volumes and files of the downward API are well formed.
 *
 * Models pkg/apis/core/validation (validateProjectedVolumeSource, validateDownwardAPIVolumeFile).
 */

import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain } from "#kernel/apimachinery/formats";
import { goStruct } from "#kernel/apimachinery/go-text";
import { validateLabelSelector } from "#kernel/apimachinery/labels";
import { VOLUME_FIELDS, validateFieldRef, validateResourceFieldRef } from "#kernel/resources/core/pod.validate.env";
import {
  eachAt,
  mustBeFileMode,
  mustBeGiven,
  mustBeOneOf,
  mustNotBeReserved,
} from "#kernel/resources/core/pod.validate.fields";
import { validateSignerName } from "#kernel/resources/core/signername.validate";

/** Adds an error for each wrong part of a key that becomes a file. */
export function validateKeyToPath({ key, path, mode }: KeyToPath, at: At): void {
  mustBeGiven(at("key"), key);
  mustBeGiven(at("path"), path);
  mustNotBeReserved(at("path"), path);
  mustBeFileMode(at("mode"), mode);
}

/** Adds an error for each wrong part of one file of the downward API. */
export function validateDownwardFile({ path, fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile, at: At): void {
  mustBeGiven(at("path"), path);
  mustNotBeReserved(at("path"), path);
  if (fieldRef !== undefined) {
    validateFieldRef(fieldRef, VOLUME_FIELDS, at.under("fieldRef"));
    if (resourceFieldRef !== undefined) {
      at("").invalid("resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
    }
  } else if (resourceFieldRef !== undefined) {
    validateResourceFieldRef(resourceFieldRef, { needsContainer: true }, at.under("resourceFieldRef"));
  } else at("").required("one of fieldRef and resourceFieldRef is required");
  mustBeFileMode(at("mode"), mode);
}

/** Adds an error for each wrong part of a projected volume; `at` stands at the source. */
export function validateProjected({ defaultMode, sources }: ProjectedVolumeSource, at: At): void {
  mustBeFileMode(at("defaultMode"), defaultMode);
  const paths = new Set<string>();
  /** Two files of one path cannot both be there; upstream reports that at the volume. */
  const take = (path: string, named: string): void => {
    if (path === "") return;
    if (paths.has(path)) at("").invalid(named, "conflicting duplicate paths");
    paths.add(path);
  };
  for (const [source, sourceAt] of eachAt(sources, at.under("sources"))) {
    validateProjection(source, { volumeAt: at, take }, sourceAt);
  }
}

interface Projecting {
  readonly volumeAt: At;
  readonly take: (path: string, named: string) => void;
}

function validateProjection(source: VolumeProjection, { volumeAt, take }: Projecting, at: At): void {
  for (const field of ["secret", "configMap"] as const) {
    const keyed = source[field];
    if (keyed === undefined) continue;
    mustBeGiven(at(`${field}.name`), keyed.name);
    for (const [item, itemAt] of eachAt(keyed.items, at.under(`${field}.items`))) {
      validateKeyToPath(item, itemAt);
      take(item.path, keyed.name ?? "");
    }
  }
  for (const file of source.downwardAPI?.items ?? []) {
    validateDownwardFile(file, at.under("downwardAPI"));
    take(file.path, file.path);
  }
  if (source.serviceAccountToken !== undefined) {
    validateToken(source.serviceAccountToken, volumeAt, at.under("serviceAccountToken"));
  }
  if (source.clusterTrustBundle !== undefined) {
    validateTrustBundle(source.clusterTrustBundle, at.under("clusterTrustBundle"));
    take(source.clusterTrustBundle.path, source.clusterTrustBundle.path);
  }
  if (source.podCertificate !== undefined) {
    validateCertificate(source.podCertificate, take, at.under("podCertificate"));
  }
  const count = Object.values(source).filter((value) => value !== undefined).length;
  if (count > 1) at("").forbidden("may not specify more than 1 volume type per source");
}

const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 2 ** 32;

function validateToken(token: ServiceAccountTokenProjection, volumeAt: At, at: At): void {
  const { expirationSeconds = 0, path } = token;
  if (expirationSeconds < TOKEN_SECONDS_MIN) {
    at("expirationSeconds").invalid(expirationSeconds, "may not specify a duration less than 10 minutes");
  }
  if (expirationSeconds > TOKEN_SECONDS_MAX) {
    at("expirationSeconds").invalid(expirationSeconds, "may not specify a duration larger than 2^32 seconds");
  }
  // The path is reported at the volume, as upstream does.
  if (mustBeGiven(volumeAt("path"), path)) mustNotBeReserved(volumeAt("path"), path);
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection, at: At): void {
  const { name, signerName, labelSelector, path } = bundle;
  if (name !== undefined && signerName !== undefined) {
    const printed = goStruct({
      Name: name,
      SignerName: signerName,
      LabelSelector: labelSelector ?? null,
      Optional: bundle.optional ?? null,
      Path: path,
    });
    at("").invalid(printed, "only one of name and signerName may be used");
  } else if (name !== undefined) {
    if (name === "") at("name").required("must be a valid object name");
    for (const text of dns1123Subdomain(name.split(":").at(-1) ?? "")) {
      at("name").invalid(name, `not a valid clustertrustbundlename: ${text}`);
    }
    if (labelSelector !== undefined) {
      at("labelSelector").invalid(labelSelector, "labelSelector must be unset if name is specified");
    }
  } else if (signerName !== undefined) {
    if (signerName === "") at("signerName").required("must be a valid signer name");
    validateSignerName(signerName, at.under("signerName"));
    validateLabelSelector(labelSelector, at.under("labelSelector"));
  } else at("").required("either name or signerName must be specified");
  mustBeGiven(at("path"), path);
  mustNotBeReserved(at("path"), path);
}

const KEY_TYPES = ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"];
const CERTIFICATE_SECONDS_MIN = 3_600;
const CERTIFICATE_SECONDS_MAX = 91 * 24 * 3_600;

function validateCertificate(projection: PodCertificateProjection, take: Projecting["take"], at: At): void {
  const { signerName, keyType, maxExpirationSeconds } = projection;
  validateSignerName(signerName, at.under("signerName"));
  mustBeOneOf(at("keyType"), keyType, KEY_TYPES);
  if (maxExpirationSeconds !== undefined) {
    const problem = at("maxExpirationSeconds");
    if (maxExpirationSeconds < CERTIFICATE_SECONDS_MIN) {
      problem.invalid(maxExpirationSeconds, `if provided, maxExpirationSeconds must be >= ${CERTIFICATE_SECONDS_MIN}`);
    }
    if (maxExpirationSeconds > CERTIFICATE_SECONDS_MAX) {
      problem.invalid(maxExpirationSeconds, `if provided, maxExpirationSeconds must be <= ${CERTIFICATE_SECONDS_MAX}`);
    }
  }
  const fields = ["credentialBundlePath", "keyPath", "certificateChainPath"] as const;
  const paths = fields.filter((field) => (projection[field] ?? "") !== "");
  if (paths.length === 0) {
    at("").required("specify at least one of credentialBundlePath, keyPath, and certificateChainPath");
  }
  for (const field of paths) {
    const path = projection[field] ?? "";
    mustNotBeReserved(at(field), path);
    take(path, path);
  }
}
