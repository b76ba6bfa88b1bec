/**
 * Goal: operators learn who asked what of which cluster, and never a key.
 * Method: addresses of every form that carries one.
 */
import { expect, test } from "vitest";
import { requestLine } from "#worker/http/request-line";

test.each([
  ["/k/abc.SECRET/api/v1/nodes?x=SECRET", "/k/abc/api/v1/nodes", "abc"],
  ["/x/abc.SECRET/10.0.0.1:80/a.b/c", "/x/abc/10.0.0.1:80/a.b/c", "abc"],
  ["/k/abc/api/v1/pods/a.b", "/k/abc/api/v1/pods/a.b", "abc"],
  ["/api/v1/clusters/abc/clock", "/api/v1/clusters/abc/clock", "abc"],
  ["/new", "/new", undefined],
])("%s", (address, path, cluster) => {
  const line = requestLine(new Request(`http://host${address}`, { headers: { authorization: "SECRET" } }), 200, 7);
  expect(JSON.parse(line)).toEqual({ method: "GET", path, ...(cluster && { cluster }), status: 200, ms: 7 });
  expect(line).not.toContain("SECRET");
});
