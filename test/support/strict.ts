/**
 * Set-up of engine tests: a bug in a simulated program fails the test, where in a cluster it ends the process.
 */
import { simulated } from "#kernel/sim/assert";

simulated.throwsBugs = true;
