/**
 * Goal: the clients of the contract tests are the versions we claim to test with.
 * Method: ask them.
 */
import { expect, test } from "vitest";
import { helm, kubectlOk } from "#test/support/kubectl";

const nowhere = { kubeconfig: "" };

test("kubectl is 1.35", async () => {
  expect(await kubectlOk(nowhere, ["version", "--client"])).toContain("v1.35.2");
});

test("helm is 4.1", async () => {
  expect((await helm(nowhere, ["version", "--short"])).stdout).toContain("v4.1.4");
});
