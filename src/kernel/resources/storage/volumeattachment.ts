/**
 * VolumeAttachment: a volume that is to be attached to a node, or is.
 *
 * Models pkg/registry/storage/volumeattachment, pkg/apis/storage/validation and the table printer.
 */
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain, rangeText } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { column, defineResource } from "#kernel/registry/definition";
import { validateDriverName, validateVolumeSpec } from "#kernel/resources/core/persistentvolume.validate";
import { mustFit } from "#kernel/resources/core/pod.validate.fields";

const METADATA_BYTES_MAX = 256 * 1024;
const MESSAGE_BYTES_MAX = 1024;

const INT32_MAX = 2147483647;

const EXACTLY_ONE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

export const volumeattachments = defineResource<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  names: { kind: "VolumeAttachment", plural: "volumeattachments", singular: "volumeattachment" },
  scope: "Cluster",
  subresources: { status: true },
  returnsDeletedObject: true,

  prepareForCreate(one) {
    one.status = { attached: false };
  },

  validate({ spec }, root) {
    const at = root.under("spec");
    if ((spec.attacher ?? "") === "") at("attacher").required();
    validateSource(spec.source ?? {}, at.under("source"));
    mustFit(at("nodeName"), spec.nodeName ?? "", dns1123Subdomain);
    validateDriverName(spec.attacher ?? "", at.under("attacher"));
    const { persistentVolumeName } = spec.source ?? {};
    if (persistentVolumeName !== undefined) {
      mustFit(at("source.persistentVolumeName"), persistentVolumeName, dns1123Subdomain);
    }
  },
  validateUpdate(one, old, at) {
    if (!semanticEqual(one.spec, old.spec)) at("spec").invalid(printed(one.spec), "field is immutable");
  },
  validateStatusUpdate({ status }, _old, root) {
    const at = root.under("status");
    let sizeBytes = 0;
    for (const [key, value] of Object.entries(status?.attachmentMetadata ?? {})) {
      sizeBytes += byteLength(key) + byteLength(value);
    }
    if (sizeBytes > METADATA_BYTES_MAX) at("attachmentMetadata").tooLong("", METADATA_BYTES_MAX);
    validateError(status?.attachError, at.under("attachError"));
    validateError(status?.detachError, at.under("detachError"));
  },

  columns: [
    { ...column<VolumeAttachment>("Attacher", "string", ({ spec }) => spec.attacher, "The driver."), format: "name" },
    column("PV", "string", ({ spec }) => spec.source.persistentVolumeName ?? "", "The volume."),
    column("Node", "string", ({ spec }) => spec.nodeName, "The node."),
    column("Attached", "boolean", ({ status }) => status?.attached ?? false, "Whether it is there already."),
  ],
});

function validateSource({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, at: At): void {
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined) at("").required(EXACTLY_ONE);
  else if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) at("").forbidden(EXACTLY_ONE);
  else if (inlineVolumeSpec !== undefined) {
    validateVolumeSpec(inlineVolumeSpec, { name: "", isInline: true }, at.under("inlineVolumeSpec"));
  } else if (persistentVolumeName === "") {
    at("persistentVolumeName").required("must specify non empty persistentVolumeName");
  }
}

/** As upstream prints its internal struct, whose fields have Go's names. */
const printed = ({ attacher, source, nodeName }: VolumeAttachment["spec"]): object => ({
  Attacher: attacher,
  Source: {
    PersistentVolumeName: source.persistentVolumeName ?? null,
    InlineVolumeSpec: source.inlineVolumeSpec ?? null,
  },
  NodeName: nodeName,
});

function validateError(error: VolumeError | undefined, at: At): void {
  if (byteLength(error?.message ?? "") > MESSAGE_BYTES_MAX) at("message").tooLong("", METADATA_BYTES_MAX);
  const { errorCode } = error ?? {};
  if (errorCode !== undefined && errorCode < 0) at("errorCode").invalid(errorCode, rangeText(0, INT32_MAX));
}
