/**
 * Refused manifests of coordination, certificates, flow control, devices and the newer events.
 */
import { LABEL, manifest, QUALIFIED, type Row, SUBDOMAIN } from "#apiserver/refusals/rows.fixture";

const lease = (spec: object) => manifest("coordination.k8s.io/v1", "Lease", { spec });
const runtime = (body: object) => manifest("node.k8s.io/v1", "RuntimeClass", body as Record<string, unknown>);
const csr = (spec: object) =>
  manifest("certificates.k8s.io/v1", "CertificateSigningRequest", {
    spec: { request: "Zm9v", signerName: "a.b/c", usages: ["client auth"], ...spec },
  });
const flow = (spec: object, name = "x") =>
  manifest(
    "flowcontrol.apiserver.k8s.io/v1",
    "FlowSchema",
    { spec: { priorityLevelConfiguration: { name: "system" }, ...spec } },
    { name },
  );
const everyone = [{ kind: "Group", group: { name: "g" } }];
const rules = (more: object) => flow({ rules: [{ subjects: everyone, ...more }] });
const level = (spec: object, name = "x") =>
  manifest("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", { spec }, { name });
const device = (kind: string, body: object) => manifest("resource.k8s.io/v1", kind, body as Record<string, unknown>);
const event = (body: object) =>
  manifest("events.k8s.io/v1", "Event", {
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "a.b/c",
    reportingInstance: "i",
    action: "A",
    reason: "R",
    type: "Normal",
    regarding: { namespace: "default" },
    ...body,
  });

const request = { name: "a", exactly: { deviceClassName: "c" } };
const pooled = { driver: "d", nodeName: "n", pool: { name: "p", resourceSliceCount: 1 } };

// ValidateLease of pkg/apis/coordination, ValidateRuntimeClass of node, ValidateCertificateSigningRequestCreate of
// certificates, ValidateFlowSchema and ValidatePriorityLevelConfiguration of flowcontrol, ValidateResourceClaim,
// ...ClaimTemplate, ...Slice and ValidateDeviceClass of resource, and ValidateEventCreate of core.
export const CONTROL: readonly Row[] = [
  [lease({ leaseDurationSeconds: 0 }), "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"],
  [lease({ leaseTransitions: -1 }), "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"],
  [
    lease({ renewTime: "yesterday" }),
    'Lease in version "v1" cannot be handled as a Lease: parsing time "yesterday" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "yesterday" as "2006"',
  ],
  [runtime({ handler: "A_B" }), `handler: Invalid value: "A_B": ${LABEL}`],
  [runtime({}), `handler: Invalid value: "": ${LABEL}`],
  [
    runtime({ handler: "h", overhead: { podFixed: { cpu: "-1" } } }),
    'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    runtime({ handler: "h", scheduling: { tolerations: [{ operator: "Odd" }] } }),
    '[scheduling.tolerations[0].operator: Invalid value: "Odd": operator must be Exists when `key` is empty, which means "match all values and all keys", scheduling.tolerations[0].operator: Unsupported value: "Odd": supported values: "Equal", "Exists"]',
  ],
  [csr({}), 'spec.request: Invalid value: "Zm9v": PEM block type must be CERTIFICATE REQUEST'],
  [
    csr({ usages: ["odd"] }),
    '[spec.request: Invalid value: "Zm9v": PEM block type must be CERTIFICATE REQUEST, spec.usages[0]: Unsupported value: "odd": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"]',
  ],
  [
    csr({ signerName: "" }),
    '[spec.request: Invalid value: "Zm9v": PEM block type must be CERTIFICATE REQUEST, spec.signerName: Required value]',
  ],
  [
    csr({ signerName: "a/b/c" }),
    '[spec.request: Invalid value: "Zm9v": PEM block type must be CERTIFICATE REQUEST, spec.signerName: Invalid value: "a/b/c": must be a fully qualified domain and path of the form \'example.com/signer-name\']',
  ],
  [
    csr({ signerName: "kubernetes.io/legacy-unknown" }),
    '[spec.request: Invalid value: "Zm9v": PEM block type must be CERTIFICATE REQUEST, spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version]',
  ],
  [flow({ matchingPrecedence: -1 }), "spec.matchingPrecedence: Invalid value: -1: must be a positive value"],
  [
    flow({ matchingPrecedence: 20_000 }),
    "spec.matchingPrecedence: Invalid value: 20000: must not be greater than 10000",
  ],
  [
    flow({ matchingPrecedence: 1 }),
    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
  ],
  [
    flow({ distinguisherMethod: { type: "Odd" } }),
    'spec.distinguisherMethod.type: Unsupported value: {"Type":"Odd"}: supported values: "ByNamespace", "ByUser"',
  ],
  [
    flow({ priorityLevelConfiguration: { name: "" } }),
    "spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
  ],
  [
    flow({ rules: [{ subjects: [] }] }),
    "[spec.rules[0].subjects: Required value: subjects must contain at least one value, spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty]",
  ],
  [rules({}), "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty"],
  [
    rules({ nonResourceRules: [{ verbs: [], nonResourceURLs: [] }] }),
    "[spec.rules[0].nonResourceRules[0].verbs: Required value: verbs must contain at least one value, spec.rules[0].nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value]",
  ],
  [
    rules({ nonResourceRules: [{ verbs: ["*", "get"], nonResourceURLs: ["x"] }] }),
    '[spec.rules[0].nonResourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs, spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash]',
  ],
  [
    rules({ nonResourceRules: [{ verbs: ["odd"], nonResourceURLs: ["/a*b"] }] }),
    '[spec.rules[0].nonResourceRules[0].verbs: Unsupported value: ["odd"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch", spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*b": wildcard can only do suffix matching]',
  ],
  [
    rules({ resourceRules: [{ verbs: ["get"], apiGroups: [], resources: [] }] }),
    "[spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group, spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource, spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace]",
  ],
  [
    rules({ resourceRules: [{ verbs: ["get"], apiGroups: ["*", "a"], resources: ["*", "b"], namespaces: ["A"] }] }),
    `[spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other api groups, spec.rules[0].resourceRules[0].resources: Invalid value: ["*","b"]: if '*' is present, must not specify other resources, spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "A": each member of this list must be '*' or a DNS-1123 label; ${LABEL}]`,
  ],
  [
    flow({ rules: [{ subjects: [{ kind: "Odd" }], nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["*"] }] }] }),
    'spec.rules[0].subjects[0].kind: Unsupported value: "Odd": supported values: "Group", "ServiceAccount", "User"',
  ],
  [
    flow({
      rules: [
        {
          subjects: [{ kind: "User", group: { name: "g" } }],
          nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["*"] }],
        },
      ],
    }),
    "[spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User', spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group']",
  ],
  [
    flow({
      rules: [
        {
          subjects: [{ kind: "ServiceAccount", serviceAccount: { name: "A_B" } }],
          nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["*"] }],
        },
      ],
    }),
    `[spec.rules[0].subjects[0].serviceAccount.name: Invalid value: "A_B": ${SUBDOMAIN}, spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account]`,
  ],
  [level({ type: "Odd" }), 'spec.type: Unsupported value: "Odd": supported values: "Exempt", "Limited"'],
  [
    level({ type: "Exempt" }),
    "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'",
  ],
  [level({ type: "Limited" }), "spec.limited: Required value: must not be empty when type is Limited"],
  [
    level({ type: "Limited", limited: { limitResponse: { type: "Odd" } } }),
    'spec.limited.limitResponse.type: Unsupported value: "Odd": supported values: "Queue", "Reject"',
  ],
  [
    level({ type: "Limited", limited: { limitResponse: { type: "Queue" } } }),
    "spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited",
  ],
  [
    level({ type: "Limited", limited: { limitResponse: { type: "Reject", queuing: {} } } }),
    "spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited",
  ],
  [
    level({
      type: "Limited",
      limited: {
        nominalConcurrencyShares: -1,
        lendablePercent: 101,
        borrowingLimitPercent: -1,
        limitResponse: { type: "Reject" },
      },
    }),
    "[spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer, spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive, spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer]",
  ],
  [
    level({ type: "Limited", limited: { limitResponse: { type: "Queue", queuing: { queues: 4, handSize: 8 } } } }),
    "spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)",
  ],
  [device("DeviceClass", { spec: { config: [{}] } }), "spec.config[0].opaque: Required value"],
  [
    device("DeviceClass", { spec: { selectors: [{ cel: { expression: "1 +" } }] } }),
    "spec.selectors[0].cel.expression: Invalid value: \"1 +\": compilation failed: ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | 1 +\n | ...^",
  ],
  [
    device("ResourceClaim", { spec: { devices: { constraints: [{ requests: ["r"] }] } } }),
    '[spec.devices.constraints[0].requests[0]: Invalid value: "r": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\', spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set]',
  ],
  [
    device("ResourceClaim", { spec: { devices: { requests: [{ name: "A_B", exactly: { deviceClassName: "c" } }] } } }),
    `spec.devices.requests[0].name: Invalid value: "A_B": ${LABEL}`,
  ],
  [
    device("ResourceClaim", {
      spec: {
        devices: { requests: [{ name: "a", exactly: { deviceClassName: "c", tolerations: [{ operator: "Odd" }] } }] },
      },
    }),
    'spec.devices.requests[0].exactly.tolerations[0].operator: Unsupported value: "Odd": supported values: "Equal", "Exists"',
  ],
  [
    device("ResourceClaimTemplate", { spec: { spec: { devices: { requests: [{ name: "a" }] } } } }),
    "spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required",
  ],
  [
    device("ResourceSlice", { spec: { driver: "", pool: { name: "", generation: -1, resourceSliceCount: 0 } } }),
    "[spec.driver: Required value, spec.pool.name: Required value, spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero, spec.pool.generation: Invalid value: -1: must be greater than or equal to zero, spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required]",
  ],
  [
    device("ResourceClaim", {
      spec: { devices: { requests: [request], constraints: [{ requests: ["a"], matchAttribute: "model" }] } },
    }),
    'spec.devices.constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
  ],
  [
    device("ResourceClaim", {
      spec: { devices: { requests: [request], constraints: [{ matchAttribute: "/model" }] } },
    }),
    'spec.devices.constraints[0].matchAttribute: Invalid value: "": the domain must not be empty',
  ],
  [
    device("ResourceClaim", {
      spec: {
        devices: { requests: [{ name: "a", exactly: { deviceClassName: "c", count: 2, allocationMode: "All" } }] },
      },
    }),
    "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
  ],
  [
    device("ResourceClaim", {
      spec: {
        devices: {
          requests: [
            {
              name: "a",
              exactly: { deviceClassName: "c", tolerations: [{ key: "k", operator: "Exists", effect: "No" }] },
            },
          ],
        },
      },
    }),
    'spec.devices.requests[0].exactly.tolerations[0].effect: Unsupported value: "No": supported values: "NoExecute", "NoSchedule", "None"',
  ],
  [
    device("ResourceClaim", { spec: { devices: { requests: [request, request] } } }),
    'spec.devices.requests[1]: Duplicate value: "a"',
  ],
  [
    device("ResourceClaim", { spec: { devices: { requests: [request], config: [{ opaque: { driver: "d" } }] } } }),
    "spec.devices.config[0].opaque.parameters: Required value",
  ],
  [
    device("DeviceClass", { spec: { extendedResourceName: "cpu" } }),
    'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
  ],
  [
    device("ResourceSlice", { spec: { ...pooled, devices: [{ name: "d", nodeName: "n" }] } }),
    'spec.devices[0]: Invalid value: "null": `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
  ],
  [
    device("ResourceSlice", {
      spec: { ...pooled, devices: [{ name: "d", attributes: { a: { int: 1, bool: true } } }] },
    }),
    'spec.devices[0].attributes[a]: Invalid value: {"IntValue":1,"BoolValue":true,"StringValue":null,"VersionValue":null}: exactly one value must be specified',
  ],
  [
    device("ResourceSlice", { spec: { ...pooled, devices: [{ name: "d", attributes: { a: { version: "1.2" } } }] } }),
    'spec.devices[0].attributes[a].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0',
  ],
  [
    device("ResourceSlice", { spec: { ...pooled, devices: [{ name: "d", bindingConditions: ["a.b/c"] }] } }),
    "spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions",
  ],
  [
    device("ResourceSlice", {
      spec: { driver: "d", allNodes: true, nodeName: "n", pool: { name: "p", resourceSliceCount: 1 } },
    }),
    'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
  ],
  [
    event({ reportingController: "" }),
    `[reportingController: Required value, reportingController: Invalid value: "": name part must be non-empty, reportingController: Invalid value: "": ${QUALIFIED}]`,
  ],
  [event({ action: "" }), "action: Required value"],
  [event({ note: "x".repeat(1025) }), 'message: Invalid value: "": can have at most 1024 characters'],
  [
    event({ series: { count: 1 } }),
    '[series.count: Invalid value: "": should be at least 2, series.lastObservedTime: Required value]',
  ],
  [event({ deprecatedCount: 2 }), 'count: Invalid value: "": needs to be unset'],
  [event({ type: "Odd" }), 'type: Invalid value: "": has invalid value: Odd'],
  [event({ regarding: { namespace: "other" } }), "accepted"],
];
