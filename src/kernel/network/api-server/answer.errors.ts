/**
 * What the simulated API server does not do for simulated containers.
 */
export class NotImplemented extends Error {
  override name = "NotImplemented";
}
