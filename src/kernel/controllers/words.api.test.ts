/**
 * Goal: the controllers that serve the API itself, and those of volumes and devices, say what upstream's say.
 * Method: a table per controller of what happens and every line that is then said of the object; one scene per row.
 */
import { describe } from "vitest";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { apiservices } from "#kernel/resources/apiregistration/apiservice";
import { configmaps } from "#kernel/resources/core/configmap";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { servicecidrs } from "#kernel/resources/networking/servicecidr";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { pod, type Scene } from "#test/support/scene";
import { claim, sleeper } from "#test/support/storage";
import { check, metadata } from "#test/support/words";

describe("customresourcedefinition", () => {
  const define = (scene: Scene, plural: string, kind: string): void => {
    const schema = { openAPIV3Schema: { type: "object" as const } };
    scene.create(customresourcedefinitions, {
      metadata: { name: `${plural}.sea.io` },
      spec: {
        group: "sea.io",
        scope: "Namespaced",
        names: { kind, plural },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    });
  };
  const ACCEPTED = "NamesAccepted=True NoConflicts: no conflicts found";
  const ESTABLISHED = "Established=True InitialNamesAccepted: the initial names have been accepted";
  check([
    {
      what: "a new kind",
      act: (scene) => define(scene, "boats", "Boat"),
      about: [customresourcedefinitions, "boats.sea.io"],
      conditions: [ACCEPTED, ESTABLISHED],
    },
    {
      what: "a kind another definition has",
      act: (scene) => {
        define(scene, "boats", "Boat");
        define(scene, "ships", "Boat");
      },
      about: [customresourcedefinitions, "ships.sea.io"],
      conditions: [
        'NamesAccepted=False ListKindConflict: "BoatList" is already in use',
        "Established=False NotAccepted: not all names are accepted",
      ],
    },
  ]);
});

describe("available-controller", () => {
  const register = (scene: Scene): void => {
    const service = { namespace: "default", name: "x", port: 443 };
    const spec = { group: "sea.io", version: "v1", groupPriorityMinimum: 100, versionPriority: 100 };
    scene.create(apiservices, {
      metadata: { name: "v1.sea.io" },
      spec: { ...spec, insecureSkipTLSVerify: true, service },
    });
    scene.pass(1);
  };
  check([
    {
      what: "a Service that is not there",
      act: register,
      about: [apiservices, "v1.sea.io"],
      conditions: ['Available=False ServiceNotFound: service/x in "default" is not present'],
    },
    {
      what: "a Service without the port",
      act: (scene) => {
        scene.create(services, { metadata, spec: { selector: { app: "x" }, ports: [{ port: 80 }] } });
        register(scene);
      },
      about: [apiservices, "v1.sea.io"],
      conditions: ['Available=False ServicePortError: service/x in "default" is not listening on port 443'],
    },
    {
      what: "a Service nobody stands behind",
      act: (scene) => {
        scene.create(services, { metadata, spec: { selector: { app: "x" }, ports: [{ port: 443 }] } });
        register(scene);
      },
      about: [apiservices, "v1.sea.io"],
      conditions: [
        'Available=False MissingEndpoints: endpoints for service/x in "default" have no addresses with port name ""',
      ],
    },
  ]);
});

describe("service-cidr-controller", () =>
  check([
    {
      what: "the range of the API server",
      act: () => {},
      about: [servicecidrs, "kubernetes"],
      conditions: ["Ready=True : Kubernetes default Service CIDR is ready"],
    },
    {
      what: "another range",
      act: (scene) => {
        scene.create(servicecidrs, { metadata: { name: "more" }, spec: { cidrs: ["192.168.7.0/24"] } });
        scene.pass(1);
      },
      about: [servicecidrs, "more"],
      conditions: ["Ready=True : Kubernetes Service CIDR is ready"],
    },
  ]));

describe("volume_expand", () =>
  check([
    {
      what: "a claim that grows",
      act: (scene) => {
        scene.create(storageclasses, {
          metadata: { name: "grows" },
          provisioner: "rancher.io/local-path",
          allowVolumeExpansion: true,
        });
        scene.create(persistentvolumeclaims, claim("x", { storageClassName: "grows" }));
        scene.create(pods, sleeper("user", "x"));
        scene.settle();
        scene.edit(persistentvolumeclaims, "x", ({ spec }) => {
          spec.resources = { requests: { storage: "2Gi" } };
        });
        scene.settle();
      },
      about: [persistentvolumeclaims, "x"],
      conditions: [],
    },
  ]));

describe("resource_claim", () =>
  check([
    {
      what: "a template that is not there",
      act: (scene) => {
        scene.create(pods, pod("x", {}, { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "none" }] }));
        scene.pass(1);
      },
      about: [pods, "x"],
      events: [
        "Warning FailedResourceClaimCreation (resource_claim): PodResourceClaim gpu: resource claim template " +
          '"none": resourceclaimtemplate.resource.k8s.io "none" not found',
      ],
    },
  ]));

describe("resourcequota, serviceaccount and root CA", () =>
  check([
    {
      what: "nothing is said of what a namespace is given",
      act: (scene) => scene.pass(1),
      about: [configmaps, "kube-root-ca.crt"],
      events: [],
    },
  ]));
