/**
 * One scenario of the kernel in this process, the clock advanced until idle in the slices in which a Durable Object
 * would advance it. Prints one line of JSON: what the scenario cost, phase by phase, and the heap that is left.
 */
import { SCENARIOS } from "./scenarios.ts";
import { Stage } from "./stage.ts";

const [name = "deployment", ...sizes] = process.argv.slice(2);
const scenario = SCENARIOS[name];
if (scenario === undefined) throw new Error(`no scenario ${name}`);
const stage = new Stage();
scenario(stage, ...sizes.map(Number));
console.log(JSON.stringify(stage.measured()));
