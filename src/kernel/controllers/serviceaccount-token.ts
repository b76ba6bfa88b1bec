/**
 * Token controller: a Secret made for a service account gets that account's token, and goes with the account.
 *
 * Models pkg/controller/serviceaccount/tokens_controller.go.
 */
import type { Secret } from "#kernel/api/types.gen";
import { isSignedBy, keyId, signToken, unsignedToken } from "#kernel/apimachinery/jwt/jwt";
import { clusterCa } from "#kernel/controllers/root-ca";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, type RoomWatch, watching } from "#kernel/registry/controller";
import { SIGNING_KEY_CELL, signingKey } from "#kernel/registry/signing-key";
import { legacyClaims } from "#kernel/resources/authentication/token.claims";
import { decodeText, encodeText } from "#kernel/resources/core/base64";
import { secrets } from "#kernel/resources/core/secret";
import { TOKEN_SECRET } from "#kernel/resources/core/secret.facts";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { equal } from "#kernel/sim/clone";

const NAME = "kubernetes.io/service-account.name";
const UID = "kubernetes.io/service-account.uid";

const isTokenSecret = ({ type }: Secret): boolean => type === TOKEN_SECRET;

const secretsOf = (client: Client, namespace: string | undefined, account?: string) =>
  client
    .list(secrets, namespace === undefined ? {} : { namespace })
    .filter(
      (secret) =>
        isTokenSecret(secret) &&
        (account ?? secret.metadata.annotations?.[NAME]) === secret.metadata.annotations?.[NAME],
    )
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? "", name: metadata.name }));

/** A cluster with a new key signs its tokens anew. */
const key: RoomWatch = {
  room: SIGNING_KEY_CELL[0],
  keys: (_id, _value, client) => secretsOf(client, undefined),
};

export const serviceAccountTokenController: Controller = {
  name: "serviceaccount-token-controller",
  component: "controllerManager",
  watches: [
    watching(secrets, (secret) =>
      isTokenSecret(secret) ? [{ namespace: secret.metadata.namespace ?? "", name: secret.metadata.name }] : [],
    ),
    watching(serviceaccounts, ({ metadata }, client) => secretsOf(client, metadata.namespace, metadata.name)),
    key,
  ],

  reconcile({ client, cells }, place) {
    const secret = client.get(secrets, place);
    if (secret === undefined || !isTokenSecret(secret) || secret.metadata.deletionTimestamp !== undefined) return done;
    const annotations = secret.metadata.annotations ?? {};
    const account = client.get(serviceaccounts, { namespace: place.namespace, name: annotations[NAME] ?? "" });
    const uid = annotations[UID] ?? "";
    if (account === undefined || (uid !== "" && uid !== account.metadata.uid)) {
      client.delete(secrets, place, { preconditions: { uid: secret.metadata.uid } });
      return done;
    }
    const signer = signingKey(cells);
    if (signer === undefined) return done;
    const data = secret.data ?? {};
    const present = decodeText(data["token"] ?? "");
    const token = isSignedBy(present, signer)
      ? present
      : signToken(unsignedToken(legacyClaims(secret, account), keyId(signer)), signer);
    const wanted = {
      ...data,
      "ca.crt": encodeText(clusterCa(cells)),
      namespace: encodeText(place.namespace),
      token: encodeText(token),
    };
    if (uid !== "" && equal(data, wanted)) return done;
    const metadata = { ...secret.metadata, annotations: { ...annotations, [UID]: account.metadata.uid } };
    client.update(secrets, { ...secret, metadata, data: wanted });
    return done;
  },
};
