/**
 * Goal: every kind is written as Go's marshallers write it, byte for byte, and reads back as it was.
 * Method: upstream's golden objects where DRYDOCK_ORACLE names them; and, everywhere, small objects whose bytes the Go
 * library was asked for: what is held by value is written although nobody set it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { messageOf } from "#apiserver/codec/protobuf/messages";
import { readProtobuf } from "#apiserver/codec/protobuf/read";
import { type JsonObject, writeProtobuf, writeWatchFrame } from "#apiserver/codec/protobuf/write";
import { shapeOf } from "#kernel/api/shapes";

const folder = join(process.env["DRYDOCK_ORACLE"] ?? "", "api-testdata");
const isThere = process.env["DRYDOCK_ORACLE"] !== undefined && existsSync(folder);
const golden = (isThere ? readdirSync(folder) : []).filter((name) => name.endsWith(".json"));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test.skipIf(golden.length === 0)("golden objects are written byte for byte (needs DRYDOCK_ORACLE)", () => {
  let count = 0;
  for (const name of golden) {
    const object = JSON.parse(readFileSync(join(folder, name), "utf8")) as JsonObject;
    const [version = "", group = ""] = String(object["apiVersion"]).split("/").reverse();
    const shape = shapeOf({ group, version, kind: String(object["kind"]) });
    if (shape === undefined || messageOf(shape) === undefined) continue;
    count += 1;
    const bytes = readFileSync(join(folder, name.replace(/json$/, "pb")));
    expect(hex(writeProtobuf(object)), name).toBe(hex(bytes));
    expect(hex(writeProtobuf(readProtobuf(bytes, shape))), name).toBe(hex(bytes));
  }
  expect(count).toBeGreaterThan(70);
});

/** JSON and the bytes Go's library (k8s.io/apimachinery v0.36) writes for it. */
const WRITTEN_BY_GO: readonly (readonly [json: string, bytes: string])[] = [
  [
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"é"}}',
    "6b3873000a090a0276311203506f6412470a120a02c3a912001a0022002a00320038004200121c1a00320042004a0052005800600068008201008a01009a0100c201001a130a001a0022002a0032004a005a0072008801001a002200",
  ],
  [
    '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"a"},"spec":{"replicas":0,"template":{"spec":{"containers":[{"name":"c","readinessProbe":{"httpGet":{"port":"web"}}}]}}}}',
    "6b3873000a150a07617070732f7631120a4465706c6f796d656e74129b010a110a016112001a0022002a00320038004200127808001a6c0a100a0012001a0022002a003200380042001258123a0a016312002a0042005a1f0a1312110a001209080110001a037765621a002200100018002000280030006a007200800100880100900100a201001a00320042004a0052005800600068008201008a01009a0100c2010022020a00280038001a0c0800100018002000280038001a002200",
  ],
  [
    '{"kind":"Event","apiVersion":"v1","metadata":{"name":"e","creationTimestamp":"2026-01-02T03:04:05Z"},"involvedObject":{},"eventTime":"2026-01-02T03:04:05.000006Z","count":-3}',
    "6b3873000a0b0a02763112054576656e7412570a190a016512001a0022002a0032003800420808a5ebdcca061000120e0a0012001a0022002a0032003a001a0022002a040a00120032003a0040fdffffffffffffffff014a00520908a5ebdcca0610f02e620072007a001a002200",
  ],
  [
    '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s","labels":{"b":"1","a":"2"}},"data":{"empty":"","x":"AAE="}}',
    "6b3873000a0c0a027631120653656372657412390a210a017312001a0022002a003200380042005a060a01611201325a060a016212013112090a05656d707479120012070a0178120200011a001a002200",
  ],
  [
    '{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"7","remainingItemCount":300},"items":[{"metadata":{"name":"a"},"data":{"k":""}},{"metadata":{"name":"b"}}]}',
    "6b3873000a130a027631120d436f6e6669674d61704c697374123d0a0a0a001201371a0020ac02121a0a110a016112001a0022002a0032003800420012050a016b120012130a110a016212001a0022002a003200380042001a002200",
  ],
  [
    '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"m","reason":"NotFound","details":{"name":"n","causes":[{"field":"f"}]},"code":404}',
    "6b3873000a0c0a027631120653746174757312370a060a0012001a0012074661696c7572651a016d22084e6f74466f756e642a140a016e12001a0022070a0012001a0166280032003094031a002200",
  ],
  [
    '{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"}}]}',
    "6b3873000a2b0a0e6d6574612e6b38732e696f2f763112195061727469616c4f626a6563744d657461646174614c697374121e0a070a001201371a0012130a110a016112001a0022002a003200380042001a002200",
  ],
  [
    '{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","metadata":{"name":"a"},"spec":{"group":"g","names":{"plural":"p","kind":"K"},"scope":"Cluster","versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"x":{"type":"array","items":{"type":"string"},"minItems":0},"y":{"additionalProperties":{"type":"integer","maximum":1.5}},"z":{"additionalProperties":false,"default":{"a":[1]},"enum":["q",null],"dependencies":{"m":["n"]}}}}}}]}}',
    "6b3873000a330a17617069657874656e73696f6e732e6b38732e696f2f76311218437573746f6d5265736f75726365446566696e6974696f6e12f5020a110a016112001a0022002a0032003800420012d1020a01671a0a0a0170120022014b2a002207436c75737465723ab4020a0276311001180122a7020aa4020a00120022002a066f626a65637432003a00500060007a00900100ea01540a0178124f0a00120022002a05617272617932003a00500060007a00880100900100c201260a240a00120022002a06737472696e6732003a00500060007a00900100a80200b80200c00200a80200b80200c00200ea01580a017912530a00120022002a0032003a00500060007a00900100f201320801122e0a00120022002a07696e746567657232003a0049000000000000f83f500060007a00900100a80200b80200c00200a80200b80200c00200ea014b0a017a12460a00120022002a0032003a00420b0a097b2261223a5b315d7d500060007a00900100a201050a03227122a20100f2010208008202080a016d120312016ea80200b80200c00200a80200b80200c00200380050001a0c12080a00120022002a0020001a002200",
  ],
];

const METRICS_BY_GO: readonly (readonly [json: string, bytes: string])[] = [
  [
    '{"kind":"NodeMetrics","apiVersion":"metrics.k8s.io/v1beta1","metadata":{"name":"n"},"timestamp":"2026-01-02T03:04:05Z","window":"10s","usage":{"cpu":"1m","memory":"2Ki"}}',
    "6b3873000a250a166d6574726963732e6b38732e696f2f76316265746131120b4e6f64654d65747269637312430a110a016e12001a0022002a00320038004200120808a5ebdcca0610001a060880c8afa025220b0a0363707512040a02316d220f0a066d656d6f727912050a03324b691a002200",
  ],
  [
    '{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[{"metadata":{"name":"p"},"timestamp":"2026-01-02T03:04:05Z","window":"15s","containers":[{"name":"c","usage":{"cpu":"1m","memory":"2Ki"}}]}]}',
    "6b3873000a280a166d6574726963732e6b38732e696f2f76316265746131120e506f644d6574726963734c69737412520a060a0012001a0012480a110a017012001a0022002a00320038004200120808a5ebdcca0610001a060880acc7f03722210a0163120b0a0363707512040a02316d120f0a066d656d6f727912050a03324b691a002200",
  ],
];

test.each([...WRITTEN_BY_GO, ...METRICS_BY_GO])("as Go writes %s", (json, bytes) => {
  const object = JSON.parse(json) as JsonObject;
  expect(hex(writeProtobuf(object))).toBe(bytes);
});

test("an event of a watch is a frame around a whole body", () => {
  const object = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "w" } };
  expect(hex(writeWatchFrame("ADDED", object))).toBe(
    "000000390a05414444454412300a2e6b3873000a0f0a0276311209436f6e6669674d617012130a110a017712001a0022002a003200380042001a002200",
  );
});

test("unions of schemas read back as they were", () => {
  const [json = "", bytes = ""] = WRITTEN_BY_GO.find(([text]) => text.includes("CustomResourceDefinition")) ?? [];
  const shape = shapeOf({ group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition" });
  if (shape === undefined) throw new Error("the kind is in the API");
  const read = readProtobuf(new Uint8Array(Buffer.from(bytes, "hex")), shape) as { spec: { versions: unknown[] } };
  const { spec } = JSON.parse(json) as { spec: { versions: unknown[] } };
  expect(read.spec.versions).toEqual(spec.versions);
});
