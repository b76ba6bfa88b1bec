/**
 * The admission plugins every cluster runs, in the order in which they are asked.
 *
 * Models pkg/kubeapiserver/options/plugins.go.
 */
import type { AdmissionPlugin } from "#kernel/registry/admission";

export const ADMISSION: readonly AdmissionPlugin[] = [];
