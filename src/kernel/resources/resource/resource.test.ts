/**
 * Goal: claims, classes and slices are defaulted and refused as upstream defaults and refuses them.
 * Method: a table of drafts and what is said of them, in a cluster without machines.
 */
import { expect, test } from "vitest";
import type { DeviceRequest, ResourceClaim, ResourceSliceSpec } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { deviceclasses } from "#kernel/resources/resource/deviceclass";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import { resourceslices } from "#kernel/resources/resource/resourceslice";
import { Scene } from "#test/support/scene";

const { admin } = new Scene({ machines: 0 }).cluster;

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace(/^.* is invalid: /, "");
    throw error;
  }
  return "";
}

const claim = (...requests: DeviceRequest[]) => ({
  metadata: { generateName: "c-", namespace: "default" },
  spec: { devices: { requests } } as ResourceClaim["spec"],
});
const exactly = (more: object) => claim({ name: "gpu", exactly: { deviceClassName: "gpu", ...more } });

test("a request asks for exactly one device unless it says otherwise", () => {
  const made = admin.create(resourceclaims, exactly({ tolerations: [{ key: "k" }] }));
  expect(made.spec.devices?.requests?.[0]?.exactly).toMatchObject({
    allocationMode: "ExactCount",
    count: 1,
    tolerations: [{ key: "k", operator: "Equal" }],
  });
  expect(problemOf(() => admin.update(resourceclaims, { ...made, spec: { devices: {} } }))).toMatch(
    /^spec: Invalid value: .*: field is immutable$/,
  );
  const reservedFor = [{ resource: "pods", name: "p", uid: "u" }];
  expect(problemOf(() => admin.updateStatus(resourceclaims, made, { reservedFor }))).toBe(
    "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
  );
});

const GPU = "spec.devices.requests[0]";

test.each([
  [claim({ name: "gpu" }), `${GPU}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`],
  [exactly({ deviceClassName: "" }), `${GPU}.exactly.deviceClassName: Required value`],
  [
    exactly({ allocationMode: "All", count: 2 }),
    `${GPU}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`,
  ],
  [
    exactly({ allocationMode: "Some" }),
    `${GPU}.exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"`,
  ],
  [exactly({ count: -1 }), `${GPU}.exactly.count: Invalid value: -1: must be greater than zero`],
  [exactly({ selectors: [{}] }), `${GPU}.exactly.selectors[0].cel: Required value`],
  [
    exactly({ selectors: [{ cel: { expression: "device.driver" } }] }),
    `${GPU}.exactly.selectors[0].cel.expression: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string`,
  ],
  [
    exactly({ adminAccess: true }),
    `${GPU}.exactly.adminAccess: Forbidden: admin access to devices requires the \`resource.kubernetes.io/admin-access: true\` label on the containing namespace`,
  ],
])("a claim is refused: %#", (draft, text) => {
  expect(problemOf(() => admin.create(resourceclaims, draft))).toBe(text);
});

test("a selector knows attributes and capacity", () => {
  const expression =
    'device.attributes["gpu.example.com"].model == "A" && device.capacity["gpu.example.com"].memory.compareTo(quantity("10Gi")) >= 0';
  const draft = {
    metadata: { name: "gpu" },
    spec: { selectors: [{ cel: { expression } }], extendedResourceName: "cpu" },
  };
  expect(problemOf(() => admin.create(deviceclasses, draft))).toBe(
    'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
  );
});

const slice = (spec: Partial<ResourceSliceSpec>) => ({
  metadata: { generateName: "s-" },
  spec: { driver: "gpu.example.com", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, ...spec },
});

test.each([
  [{ nodeName: "n" }, ""],
  [
    {},
    "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required",
  ],
  [{ allNodes: false }, "spec.allNodes: Invalid value: false: must be either unset or set to true"],
  [
    { allNodes: true, devices: [{ name: "d", attributes: { "a.b/c/d": { int: 1 }, v: { version: "1" } } }] },
    'spec.devices[0].attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
  ],
  [{ allNodes: true, devices: [{ name: "d" }, { name: "d" }] }, 'spec.devices[1]: Duplicate value: "d"'],
])("a slice is refused: %#", (spec, text) => {
  expect(problemOf(() => admin.create(resourceslices, slice(spec)))).toContain(text);
});
