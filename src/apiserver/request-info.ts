/**
 * What a request asks for, read from its method and URL.
 */
import { isTrue } from "#kernel/requests/query";
import { type RequestInfo, readInfo } from "#kernel/requests/request-info";

export { isTrue, type RequestInfo };

/** Reads a URL below the cluster's root; undefined if it names no resource (`/version`, `/apis/apps`). */
export const requestInfo = (method: string, { pathname, searchParams }: URL): RequestInfo | undefined =>
  readInfo(method, pathname, searchParams);
