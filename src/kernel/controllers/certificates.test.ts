/**
 * Goal: what is approved is signed, and the certificate is one that OpenSSL believes: by the cluster's authority, for
 * the subject and the usages asked for.
 * Method: requests made by Node's crypto through a DER writer of its own are put to a cluster without machines, and the
 * certificates are read by Node's X509Certificate.
 */
import { createSign, generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { StatusError } from "#kernel/apimachinery/errors";
import { exportCluster, importCluster } from "#kernel/cluster/snapshot";
import { certificatesigningrequests as csrs } from "#kernel/resources/certificates/certificatesigningrequest";
import { configmaps } from "#kernel/resources/core/configmap";
import { Scene } from "#test/support/scene";

function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const head = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), body]);
}

/** A request for a common name and organizations, with a key of the kind most people have. */
function requestFor(commonName: string, ...organizations: string[]): string {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const part = (oid: string, text: string) =>
    der(0x31, der(0x30, der(6, Buffer.from(oid, "hex")), der(0x0c, Buffer.from(text))));
  const subject = der(0x30, ...organizations.map((name) => part("55040a", name)), part("550403", commonName));
  const info = der(
    0x30,
    der(2, Buffer.from([0])),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa0),
  );
  const algorithm = der(0x30, der(6, Buffer.from("2a864886f70d01010b", "hex")), der(5));
  const signature = createSign("sha256").update(info).sign(privateKey);
  const bytes = der(0x30, info, algorithm, der(3, Buffer.from([0]), signature));
  const lines = bytes.toString("base64").replace(/(.{64})/g, "$1\n");
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
  return Buffer.from(pem).toString("base64");
}

const scene = new Scene({ machines: 0 });
const { admin } = scene.cluster;
const settle = () => scene.turn(() => undefined);
const CLIENT = "kubernetes.io/kube-apiserver-client";

const draft = (name: string, spec: object) => ({
  metadata: { name },
  spec: { request: requestFor("jane", "devs"), signerName: CLIENT, usages: ["client auth"], ...spec },
});

function approve(name: string): void {
  const request = admin.need(csrs, { namespace: "", name });
  const condition = { type: "Approved", status: "True", reason: "KubectlApprove", message: "" };
  admin.update(csrs, { ...request, status: { conditions: [condition] } }, { subresource: "approval" });
  settle();
}

const certificateOf = (name: string): X509Certificate => {
  const { status } = admin.need(csrs, { namespace: "", name });
  return new X509Certificate(Buffer.from(status?.certificate ?? "", "base64"));
};

const authority = (): X509Certificate =>
  new X509Certificate(
    admin.need(configmaps, { namespace: "default", name: "kube-root-ca.crt" }).data?.["ca.crt"] ?? "",
  );

test("an approved request becomes a certificate of the cluster's authority", () => {
  admin.create(csrs, draft("jane", { usages: ["client auth", "digital signature"], expirationSeconds: 3600 }));
  settle();
  expect(admin.need(csrs, { namespace: "", name: "jane" }).status).toEqual({});
  approve("jane");
  const certificate = certificateOf("jane");
  expect(certificate.subject.split("\n")).toEqual(["O=devs", "CN=jane"]);
  expect(certificate.verify(authority().publicKey)).toBe(true);
  expect(certificate.checkIssued(authority())).toBe(true);
  expect(authority().ca).toBe(true);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  const seconds = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 1000;
  expect(seconds).toBe(3600);
});

test("a kubelet's request is approved by itself, and signed", () => {
  const usages = ["client auth", "digital signature"];
  const request = requestFor("system:node:n1", "system:nodes");
  const signerName = "kubernetes.io/kube-apiserver-client-kubelet";
  const kubelet = scene.cluster.as({ name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] });
  expect(() => kubelet.create(csrs, draft("n0", { request: requestFor("system:masters") }))).not.toThrow();
  admin.create(csrs, draft("n1", { request, signerName, usages }));
  settle();
  expect(admin.need(csrs, { namespace: "", name: "n1" }).status?.conditions).toMatchObject([
    { type: "Approved", reason: "AutoApproved" },
  ]);
  expect(certificateOf("n1").subject).toBe("O=system:nodes\nCN=system:node:n1");
});

test("what a signer does not sign is said in the request", () => {
  admin.create(csrs, draft("server", { usages: ["server auth"] }));
  approve("server");
  expect(admin.need(csrs, { namespace: "", name: "server" }).status?.conditions?.[1]).toMatchObject({
    type: "Failed",
    reason: "SignerValidationFailure",
    message: "invalid usage for client certificate: server auth",
  });
});

test("a fork has an authority of its own, and publishes it where it publishes anew", () => {
  const value = exportCluster(scene.cluster);
  expect(JSON.stringify(value.cells)).not.toContain("BEGIN CERTIFICATE");
  const fork = importCluster(value, scene.cluster.now, "another secret");
  const key = { namespace: "default", name: "kube-root-ca.crt" };
  expect(fork.admin.need(configmaps, key).data).toEqual(admin.need(configmaps, key).data);
  fork.turn(({ admin: other }) => void other.delete(configmaps, key));
  expect(fork.admin.need(configmaps, key).data).not.toEqual(admin.need(configmaps, key).data);
});

test("requests are cleaned away an hour after they were decided", () => {
  scene.pass(2 * 3600);
  expect(admin.list(csrs).map(({ metadata }) => metadata.name)).toEqual(["n0"]);
  scene.pass(23 * 3600);
  expect(admin.list(csrs)).toEqual([]);
});

test.each([
  [{ request: "Zm9v" }, 'spec.request: Invalid value: "Zm9v": PEM block type must be CERTIFICATE REQUEST'],
  [{ usages: [] }, "spec.usages: Required value"],
  [
    { signerName: "x" },
    `spec.signerName: Invalid value: "x": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
  ],
  [
    { expirationSeconds: 60 },
    "spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)",
  ],
  [
    { request: requestFor("x", "system:masters") },
    "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed",
  ],
])("a request is refused: %#", (spec, text) => {
  let message = "";
  try {
    admin.create(csrs, draft("bad", spec));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    ({ message } = error);
  }
  expect(message).toContain(text);
});
