/**
 * X.509: what a certificate request says, and the certificate that is made of it.
 *
 * Models RFC 2986 and RFC 5280 as far as cluster certificates need them, and Go's crypto/x509 in what it makes of them.
 * Leaves out checking the request's own signature, as upstream's signer does.
 */
import * as asn1 from "asn1js";
import { quote } from "#kernel/apimachinery/go-text";
import { encodeBase64Url } from "#kernel/apimachinery/jwt/jwt";
import { bytesOfHex, type KeyPair, sign } from "#kernel/apimachinery/jwt/p256";
import { sha256 } from "#kernel/apimachinery/jwt/sha256";
import { decodeBytes } from "#kernel/resources/core/base64";
import type { Instant } from "#kernel/sim/instant";

/** A request as far as signers look at it. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  readonly ipCount: number;
  /** The parts a certificate takes over as they are. */
  readonly subject: asn1.BaseBlock;
  readonly publicKey: asn1.BaseBlock;
  readonly alternativeNames: asn1.BaseBlock | undefined;
}

const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  extensionRequest: "1.2.840.113549.1.9.14",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  subjectKeyId: "2.5.29.14",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  ecPublicKey: "1.2.840.10045.2.1",
  p256: "1.2.840.10045.3.1.7",
} as const;

const REQUEST = "CERTIFICATE REQUEST";

/** The bytes of a PEM block of a type; undefined where the text has none. */
function pemBytes(text: string, type: string): Uint8Array | undefined {
  const [, found, body = ""] = /-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]*?)-----END \1-----/.exec(text) ?? [];
  return found === type ? Uint8Array.from(decodeBytes(body.replace(/\s/g, ""))) : undefined;
}

/** Reads a PEM request; a text says what is wrong with it, in upstream's words. */
export function readRequest(pem: string): CertificateRequest | string {
  const bytes = pemBytes(pem, REQUEST);
  if (bytes === undefined) return `PEM block type must be ${REQUEST}`;
  const { offset, result } = asn1.fromBER(bytes.slice().buffer);
  const [info] = childrenOf(result);
  const [, subject, publicKey, attributes] = childrenOf(info);
  if (offset < 0 || subject === undefined || publicKey === undefined)
    return "asn1: structure error: malformed certificate request";
  const alternativeNames = requestedExtension(attributes, OID.alternativeNames);
  const names = childrenOf(
    alternativeNames === undefined ? undefined : asn1.fromBER(octetsOf(alternativeNames)).result,
  );
  const tagged = (tag: number): asn1.BaseBlock[] => names.filter(({ idBlock }) => idBlock.tagNumber === tag);
  return {
    commonName: subjectTexts(subject, OID.commonName).at(-1) ?? "",
    organizations: subjectTexts(subject, OID.organization),
    emails: tagged(1).map(asciiOf),
    dnsNames: tagged(2).map(asciiOf),
    uris: tagged(6).map(asciiOf),
    ipCount: tagged(7).length,
    subject,
    publicKey,
    alternativeNames,
  };
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END \1-----/g;

/** What is wrong with the PEM text of an issued certificate, in upstream's words; undefined if nothing is. */
export function certificateProblem(pem: string): string | undefined {
  if (pem === "") return undefined;
  let count = 0;
  for (const [, type = "", body = ""] of pem.matchAll(BLOCK)) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${quote(type)}`;
    if (body.includes(":")) return "no PEM block headers are permitted";
    const { offset, result } = asn1.fromBER(Uint8Array.from(decodeBytes(body.replace(/\s/g, ""))).buffer);
    if (offset < 0 || childrenOf(result).length !== 3) return "x509: malformed certificate";
    count += 1;
  }
  return count === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}

function childrenOf(block: asn1.BaseBlock | undefined): asn1.BaseBlock[] {
  const { value } = (block?.valueBlock ?? {}) as { value?: unknown };
  return Array.isArray(value) ? (value as asn1.BaseBlock[]) : [];
}

const oidOf = (block: asn1.BaseBlock | undefined): string =>
  block instanceof asn1.ObjectIdentifier ? block.getValue() : "";

const octetsOf = (block: asn1.BaseBlock): ArrayBuffer =>
  (block as asn1.OctetString).valueBlock.valueHexView.slice().buffer as ArrayBuffer;

const asciiOf = (block: asn1.BaseBlock): string =>
  String.fromCharCode(...(block as asn1.Primitive).valueBlock.valueHexView);

/** The values of one kind in a subject, in order. */
function subjectTexts(subject: asn1.BaseBlock, oid: string): string[] {
  return childrenOf(subject)
    .flatMap(childrenOf)
    .flatMap((pair) => {
      const [type, value] = childrenOf(pair);
      return oidOf(type) === oid && value !== undefined ? [String((value as asn1.Utf8String).getValue())] : [];
    });
}

function requestedExtension(attributes: asn1.BaseBlock | undefined, oid: string): asn1.BaseBlock | undefined {
  for (const attribute of childrenOf(attributes)) {
    const [type, values] = childrenOf(attribute);
    if (oidOf(type) !== OID.extensionRequest) continue;
    for (const extension of childrenOf(childrenOf(values)[0])) {
      const parts = childrenOf(extension);
      if (oidOf(parts[0]) === oid) return parts.at(-1);
    }
  }
  return undefined;
}

/** Who signs: a key and the name certificates give their issuer. */
export interface Authority {
  readonly key: KeyPair;
  readonly name: string;
}

/** What a certificate is made for. `usages` in the words of certificates.k8s.io. */
export interface CertificateTerms {
  readonly serial: Uint8Array;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly usages: readonly string[];
}

/** Bits of keyUsage by the words of certificates.k8s.io. */
const KEY_USAGES: readonly string[] = [
  "digital signature",
  "content commitment",
  "key encipherment",
  "data encipherment",
  "key agreement",
  "cert sign",
  "crl sign",
  "encipher only",
  "decipher only",
];

const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  any: "2.5.29.37.0",
  "server auth": "1.3.6.1.5.5.7.3.1",
  "client auth": "1.3.6.1.5.5.7.3.2",
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
};

/** The usages a request may ask for. */
export const USAGES: readonly string[] = ["signing", ...KEY_USAGES, ...Object.keys(EXTENDED_USAGES)].sort();

const sequence = (...value: asn1.BaseBlock[]): asn1.Sequence => new asn1.Sequence({ value });
const oid = (value: string): asn1.ObjectIdentifier => new asn1.ObjectIdentifier({ value });
const octets = (bytes: Uint8Array): asn1.OctetString =>
  new asn1.OctetString({ valueHex: bytes.slice().buffer as ArrayBuffer });
const bits = (bytes: Uint8Array, unusedBits = 0): asn1.BitString =>
  new asn1.BitString({ valueHex: bytes.slice().buffer as ArrayBuffer, unusedBits });
const explicit = (tagNumber: number, ...value: asn1.BaseBlock[]): asn1.Constructed =>
  new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
const bytesOf = (block: asn1.BaseBlock): Uint8Array => new Uint8Array(block.toBER());

const nameOf = (text: string): asn1.Sequence =>
  sequence(new asn1.Set({ value: [sequence(oid(OID.commonName), new asn1.Utf8String({ value: text }))] }));

const extension = (id: string, value: asn1.BaseBlock, isCritical = false): asn1.Sequence =>
  sequence(oid(id), ...(isCritical ? [new asn1.Boolean({ value: true })] : []), octets(bytesOf(value)));

/** Years before 2050 are written with two digits. */
function timeOf(instant: Instant): asn1.BaseBlock {
  const valueDate = new Date(instant);
  return valueDate.getUTCFullYear() < 2050 ? new asn1.UTCTime({ valueDate }) : new asn1.GeneralizedTime({ valueDate });
}

const publicPoint = ({ x, y }: KeyPair): Uint8Array => Uint8Array.from([4, ...bytesOfHex(x), ...bytesOfHex(y)]);
const keyInfo = (key: KeyPair): asn1.Sequence =>
  sequence(sequence(oid(OID.ecPublicKey), oid(OID.p256)), bits(publicPoint(key)));

/** The name of a key: the first 20 bytes of the digest of its public point. */
const keyId = (key: KeyPair): Uint8Array => sha256(publicPoint(key)).slice(0, 20);

const keyUsage = (flags: number): asn1.Sequence => {
  const unused = 31 - Math.clz32(flags & -flags);
  const value = flags > 255 ? [flags >> 8, flags & 255] : [flags];
  return extension(OID.keyUsage, bits(Uint8Array.from(value), unused), true);
};

/** Nine bits, the first one the highest of the first byte. */
function usageFlags(usages: readonly string[]): number {
  const wanted = usages.map((usage) => (usage === "signing" ? "digital signature" : usage));
  let flags = 0;
  KEY_USAGES.forEach((name, n) => {
    if (wanted.includes(name)) flags |= 1 << (15 - n);
  });
  return flags & 255 ? flags : flags >> 8;
}

function pem(bytes: Uint8Array): string {
  const text = encodeBase64Url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  const padded = text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  return `-----BEGIN CERTIFICATE-----\n${padded.replace(/(.{64})(?=.)/g, "$1\n")}\n-----END CERTIFICATE-----\n`;
}

interface Contents {
  readonly subject: asn1.BaseBlock;
  readonly publicKey: asn1.BaseBlock;
  readonly extensions: asn1.BaseBlock[];
}

function signed(
  { key, name }: Authority,
  terms: CertificateTerms,
  { subject, publicKey, extensions }: Contents,
): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const body = sequence(
    explicit(0, new asn1.Integer({ value: 2 })),
    new asn1.Integer({ valueHex: terms.serial.slice().buffer as ArrayBuffer }),
    algorithm,
    nameOf(name),
    sequence(timeOf(terms.notBefore), timeOf(terms.notAfter)),
    subject,
    publicKey,
    explicit(3, sequence(...extensions)),
  );
  const signature = sign(bytesOf(body), key);
  const pair = sequence(positive(signature.slice(0, 32)), positive(signature.slice(32)));
  return pem(bytesOf(sequence(body, algorithm, bits(bytesOf(pair)))));
}

/** An unsigned number as DER writes it: without leading zeros, but one where the first bit is set. */
function positive(bytes: Uint8Array): asn1.Integer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.slice(Math.max(0, first));
  const value = (digits[0] ?? 0) > 127 ? Uint8Array.from([0, ...digits]) : digits;
  return new asn1.Integer({ valueHex: value.slice().buffer as ArrayBuffer });
}

/** The certificate of an authority itself, in PEM. */
export function authorityCertificate(authority: Authority, terms: Omit<CertificateTerms, "usages">): string {
  const id = keyId(authority.key);
  return signed(
    authority,
    { ...terms, usages: [] },
    {
      subject: nameOf(authority.name),
      publicKey: keyInfo(authority.key),
      extensions: [
        keyUsage(usageFlags(["digital signature", "key encipherment", "cert sign"])),
        extension(OID.basicConstraints, sequence(new asn1.Boolean({ value: true })), true),
        extension(OID.subjectKeyId, octets(id)),
      ],
    },
  );
}

/** A certificate for what was requested, in PEM. */
export function issue(authority: Authority, request: CertificateRequest, terms: CertificateTerms): string {
  const flags = usageFlags(terms.usages);
  const extended = terms.usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []);
  const idOfAuthority = new asn1.Primitive({
    idBlock: { tagClass: 3, tagNumber: 0 },
    valueHex: keyId(authority.key).slice().buffer as ArrayBuffer,
  });
  return signed(authority, terms, {
    subject: request.subject,
    publicKey: request.publicKey,
    extensions: [
      ...(flags === 0 ? [] : [keyUsage(flags)]),
      ...(extended.length === 0 ? [] : [extension(OID.extendedKeyUsage, sequence(...extended.map(oid)))]),
      extension(OID.basicConstraints, sequence(), true),
      extension(OID.authorityKeyId, sequence(idOfAuthority)),
      ...(request.alternativeNames === undefined
        ? []
        : [sequence(oid(OID.alternativeNames), request.alternativeNames)]),
    ],
  });
}
