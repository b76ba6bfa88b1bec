/**
 * Requests for objects over HTTP: the body is read, the kernel carries the request out, the outcome is encoded.
 */
import { type ApiContext, clientOf, resourceRequest } from "#apiserver/api-env";
import { type Body, decodeBody, readBody } from "#apiserver/codec/decode";
import { encodeList, encodeObject } from "#apiserver/codec/encode";
import type { Content, Deed } from "#kernel/requests/call";
import { must } from "#kernel/sim/assert";

const contentOf = (body: Body): Content => ({
  text: body.text,
  type: body.type,
  isEmpty: body.bytes.length === 0,
  decode: (target, validation) => decodeBody(body, target, validation),
});

/** The route that carries out a deed. The body is read first, so a slow upload holds up nobody's turn. */
export const route =
  (deed: Deed) =>
  async (c: ApiContext): Promise<Response> => {
    const { info, request } = resourceRequest(c);
    const body = contentOf(await readBody(request));
    const query = new URL(request.url).searchParams;
    const agent = request.headers.get("user-agent") ?? "";
    return c.get("turns").run((cluster) => {
      const door = {
        registry: cluster.registry,
        client: (fieldManager?: string) => clientOf(cluster, c, fieldManager),
        note: (warnings: readonly string[]) => c.set("warnings", warnings),
      };
      const { resource, answer, status, warnings } = deed(door, { info, query, agent, body });
      const shown = { request, now: cluster.now, warnings };
      if ("object" in answer) return encodeObject(resource, answer.object, shown, status);
      return encodeList(must(resource, "a list is of a kind"), answer.list, shown);
    });
  };
