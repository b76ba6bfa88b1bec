/**
 * The expressions that select devices.
 *
 * Models staging/src/k8s.io/dynamic-resource-allocation/cel/compile.go.
 */
import { compileCel, type Program } from "#kernel/cel/compile";
import { CompileError } from "#kernel/cel/errors";
import { BOOL, type CelType, DYN, mapOf, type ObjectType, opaque, STRING, typeText } from "#kernel/cel/types";

/** What an expression knows of a device; attributes and capacity by domain, then by name. */
export const DEVICE_TYPE: ObjectType = {
  kind: "object",
  name: "kubernetes.DRADevice",
  fields: new Map([
    ["driver", { type: STRING }],
    ["attributes", { type: mapOf(STRING, mapOf(STRING, DYN)) }],
    ["capacity", { type: mapOf(STRING, mapOf(STRING, opaque("kubernetes.Quantity"))) }],
    ["allowMultipleAllocations", { type: BOOL }],
  ]),
};

const VARIABLES: Readonly<Record<string, CelType>> = { device: DEVICE_TYPE };

/** The program of a selector, or what is wrong with it in upstream's words. */
export function compileDeviceSelector(expression: string): Program | string {
  try {
    const program = compileCel(expression, { variables: VARIABLES });
    const type = typeText(program.type);
    if (type === "bool" || program.type.kind === "dyn") return program;
    return `must evaluate to bool or the unknown type, not ${type}`;
  } catch (error) {
    if (error instanceof CompileError) return `compilation failed: ${error.message}`;
    throw error;
  }
}
