/**
 * DefaultTolerationSeconds: a pod stays five minutes on a node that fell ill, unless it says otherwise.
 *
 * Models plugin/pkg/admission/defaulttolerationseconds.
 */
import type { Pod, Toleration } from "#kernel/api/types.gen";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { pods } from "#kernel/resources/core/pod";

const SECONDS = 300;

/** Shared by every pod: they never change. */
const DEFAULTS: readonly Readonly<Toleration>[] = ["not-ready", "unreachable"].map((condition) =>
  Object.freeze({
    key: `node.kubernetes.io/${condition}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: SECONDS,
  }),
);

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === pods.bucket && subresource === "" && (operation === "CREATE" || operation === "UPDATE"),

  admit({ object }) {
    const { spec } = object as Pod;
    const present = spec.tolerations ?? [];
    const missing = DEFAULTS.filter(({ key }) => !present.some((toleration) => covers(toleration, key)));
    if (missing.length > 0) spec.tolerations = [...present, ...missing];
  },
};

/** An empty key or effect stands for every one. */
const covers = ({ key = "", effect = "" }: Toleration, taint: string | undefined): boolean =>
  (key === "" || key === taint) && (effect === "" || effect === "NoExecute");
