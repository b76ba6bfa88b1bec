/**
 * What kubectl says when it cannot do something.
 */

/** A refusal, worded as kubectl prints it: `error: ...` or `Error from server (NotFound): ...`. */
export class KubectlError extends Error {
  override name = "KubectlError";
}

/** A refusal of our own: something the real kubectl can do and this one cannot. */
export class UnsupportedError extends KubectlError {
  override name = "UnsupportedError";
}

/** `error: MESSAGE` */
export const usageError = (message: string): KubectlError => new KubectlError(`error: ${message}`);
