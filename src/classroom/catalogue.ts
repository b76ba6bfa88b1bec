/**
 * The labs that come with Drydock. To add one: a folder in labs/ and a line here.
 */
import type { Lab } from "#classroom/lab";
import { helloWorld } from "#classroom/labs/hello-world/lab";

const LABS: readonly Lab[] = [helloWorld];

/** Our own lab of that slug, if there is one. */
export const labOf = (slug: string): Lab | undefined => LABS.find((lab) => lab.slug === slug);

/** Our own labs, in the order in which they are meant to be taken. */
export const catalogue = (): readonly Lab[] => LABS;
