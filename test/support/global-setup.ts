/**
 * One server for all contract and browser tests of a run: each test makes clusters of its own on it.
 */
import type { TestProject } from "vitest/node";
import { TestServer } from "./server.ts";

/** Starts the server before the first test and gives back how to stop it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await TestServer.start();
  project.provide("origin", server.origin);
  return () => server.stop();
}
