/**
 * PodTopologyLabels: a pod that comes to a node gets the labels that say in which zone and region the node is.
 *
 * Models plugin/pkg/admission/podtopologylabels.
 */
import type { Binding, Pod } from "#kernel/api/types.gen";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";

const COPIED = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

export const podTopologyLabels: AdmissionPlugin = {
  name: "PodTopologyLabels",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === pods.bucket && operation === "CREATE" && (subresource === "" || subresource === "binding"),

  admit({ object, subresource }, client) {
    const name = subresource === "" ? (object as Pod).spec.nodeName : targetOf(object as unknown as Binding);
    if (object === undefined || name === undefined || name === "") return;
    const labels = client.get(nodes, { namespace: "", name })?.metadata.labels ?? {};
    for (const key of COPIED) {
      const value = labels[key];
      if (value === undefined || object.metadata.labels?.[key] !== undefined) continue;
      object.metadata.labels = { ...object.metadata.labels, [key]: value };
    }
  },
};

const targetOf = ({ target }: Binding): string | undefined =>
  (target.kind ?? "") === "" || target.kind === "Node" ? target.name : undefined;
