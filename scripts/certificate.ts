/**
 * The certificate of `npm start -- --https`: our own authority and a server certificate signed by it.
 *
 * X.509 (RFC 5280) written by hand: two certificates of one fixed shape need fewer lines than a library needs packages.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** PEM texts: `ca` is what clients must trust, `cert` (with its chain) is shown to them, `key` is kept. */
export type ServerCertificate = { readonly ca: string; readonly cert: string; readonly key: string };

const DAY_MS = 24 * 60 * 60 * 1000;
const VALID_DAYS = 730;

/** Reads the certificate under `dir`, making it first where there is none or where it ends within 30 days. */
export function serverCertificate(dir: string): ServerCertificate {
  const paths = { ca: join(dir, "ca.pem"), cert: join(dir, "server.pem"), key: join(dir, "server.key") };
  if (!Object.values(paths).every(existsSync) || endsSoon(readFileSync(paths.ca, "utf8"))) {
    const made = makeCertificate(Date.now());
    mkdirSync(dir, { recursive: true });
    writeFileSync(paths.ca, made.ca);
    writeFileSync(paths.cert, made.cert);
    writeFileSync(paths.key, made.key, { mode: 0o600 });
  }
  const read = (path: string): string => readFileSync(path, "utf8");
  return { ca: read(paths.ca), cert: read(paths.cert), key: read(paths.key) };
}

const endsSoon = (pem: string): boolean => Date.parse(new X509Certificate(pem).validTo) < Date.now() + 30 * DAY_MS;

// DER: a tag, a length, the contents.
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const length = body.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
  const head = length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}

const sequence = (...items: readonly Uint8Array[]): Buffer => der(0x30, ...items);
const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer => der(0x03, Buffer.from([unusedBits]), bytes);
const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes);
const TRUE = der(0x01, Buffer.from([0xff]));

// Object identifiers, already encoded.
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const ECDSA_WITH_SHA256 = sequence(oid("2a8648ce3d040302"));
const COMMON_NAME = oid("550403");
const SERVER_AUTH = oid("2b06010505070301");

const name = (text: string): Buffer => sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));

/** GeneralizedTime without fractions: YYYYMMDDHHMMSSZ; years before 2050 must use UTCTime: YYMMDDHHMMSSZ. */
function time(instant: number): Buffer {
  const digits = `${new Date(instant)
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replace(/\D/g, "")}Z`;
  return digits < "2050" ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

const extension = (id: string, value: Uint8Array, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [TRUE] : []), octets(value));

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

/** The usual name of a key (RFC 5280, 4.2.1.2): SHA-1 over the public point, the last 65 bytes of a P-256 key. */
const keyId = (key: KeyObject): Buffer => createHash("sha1").update(spki(key).subarray(-65)).digest();

const basicConstraints = (isAuthority: boolean): Buffer =>
  extension("551d13", isAuthority ? sequence(TRUE) : sequence(), true);
const keyUsage = (bits: number, unusedBits: number): Buffer =>
  extension("551d0f", bitString(Buffer.from([bits]), unusedBits), true);
const subjectKeyId = (key: KeyObject): Buffer => extension("551d0e", octets(keyId(key)));
const authorityKeyId = (key: KeyObject): Buffer => extension("551d23", sequence(der(0x80, keyId(key))));
const SERVER_ONLY = extension("551d25", sequence(SERVER_AUTH));
const LOCAL_NAMES = extension(
  "551d11",
  sequence(
    der(0x82, Buffer.from("localhost")),
    der(0x87, Buffer.from([127, 0, 0, 1])),
    der(0x87, Buffer.from([...new Array(15).fill(0), 1])),
  ),
);

type Draft = {
  readonly subject: string;
  readonly issuer: string;
  readonly now: number;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
};

function signed({ subject, issuer, now, publicKey, extensions }: Draft, authorityKey: KeyObject): string {
  // The first byte keeps the serial number positive and without a leading zero.
  const serial = Buffer.concat([Buffer.from([0x5d]), randomBytes(15)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    name(issuer),
    sequence(time(now - DAY_MS), time(now + VALID_DAYS * DAY_MS)),
    name(subject),
    spki(publicKey),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, authorityKey);
  const base64 = sequence(body, ECDSA_WITH_SHA256, bitString(signature)).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}

function makeCertificate(now: number): ServerCertificate {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = "Drydock local CA";
  const ca = signed(
    {
      subject: issuer,
      issuer,
      now,
      publicKey: authority.publicKey,
      // 0x06: keyCertSign and cRLSign; its last bit in use is the second, so one is unused.
      extensions: [basicConstraints(true), keyUsage(0x06, 1), subjectKeyId(authority.publicKey)],
    },
    authority.privateKey,
  );
  const cert = signed(
    {
      subject: "drydock",
      issuer,
      now,
      publicKey: server.publicKey,
      extensions: [
        basicConstraints(false),
        keyUsage(0x80, 7),
        SERVER_ONLY,
        LOCAL_NAMES,
        subjectKeyId(server.publicKey),
        authorityKeyId(authority.publicKey),
      ],
    },
    authority.privateKey,
  );
  const key = server.privateKey.export({ type: "pkcs8", format: "pem" });
  return { ca, cert: cert + ca, key: key.toString() };
}
