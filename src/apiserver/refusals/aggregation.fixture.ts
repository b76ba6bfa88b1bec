/**
 * APIServices that are refused, and why, in upstream's words and order.
 *
 * Models kube-aggregator/pkg/apis/apiregistration/validation.
 */
import { manifest, type Row, SUBDOMAIN } from "#apiserver/refusals/rows.fixture";

const NAME = "v1.metrics.example.com";
const right = {
  ...{ group: "metrics.example.com", version: "v1", groupPriorityMinimum: 100, versionPriority: 100 },
  service: { namespace: "default", name: "metrics" },
};
const CA = btoa("-----BEGIN CERTIFICATE-----");

const apiService = (spec: object, name = NAME) =>
  manifest("apiregistration.k8s.io/v1", "APIService", { spec: { ...right, ...spec } }, { name });

const LABEL_1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and " +
  "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

export const AGGREGATION: readonly Row[] = [
  [apiService({}), "accepted"],
  [
    apiService({}, "v2.metrics.example.com"),
    `metadata.name: Invalid value: "v2.metrics.example.com": must be \`spec.version+"."+spec.group\`: "${NAME}"`,
  ],
  [
    apiService({ group: "", version: "v2" }, "v2."),
    "spec.group: Required value: only v1 may have an empty group and it better be legacy kube",
  ],
  [apiService({ group: "A" }, "v1.A"), `spec.group: Invalid value: "A": ${SUBDOMAIN}`],
  [apiService({ version: "1" }, "1.metrics.example.com"), `spec.version: Invalid value: "1": ${LABEL_1035}`],
  ...[0, 20_001].map(
    (priority): Row => [
      apiService({ groupPriorityMinimum: priority }),
      `spec.groupPriorityMinimum: Invalid value: ${priority}: must be positive and less than 20000`,
    ],
  ),
  ...[0, 1_001].map(
    (priority): Row => [
      apiService({ versionPriority: priority }),
      `spec.versionPriority: Invalid value: ${priority}: must be positive and less than 1000`,
    ],
  ),
  [
    apiService({ service: { port: 70_000 }, caBundle: CA, insecureSkipTLSVerify: true }),
    "[spec.service.namespace: Required value, spec.service.name: Required value, spec.service.port: Invalid value: " +
      "70000: port is not valid: must be between 1 and 65535, inclusive, spec.insecureSkipTLSVerify: Invalid value: " +
      "true: may not be true if caBundle is present]",
  ],
  [
    apiService({ service: null, caBundle: CA, insecureSkipTLSVerify: true }),
    '[spec.caBundle: Invalid value: "27 bytes": local APIServices may not have a caBundle, ' +
      "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify]",
  ],
];
