import { createPrivateKey, X509Certificate } from "node:crypto";
import { metaOf } from "../ledger/sqlite/identity.ts";
import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { type Certificate, isFor, newKey, selfSigned } from "./certificate.ts";
import { pinOf } from "../sync/pin.ts";
import { setMeta } from "../ledger/sqlite/identity.ts";

/** What a server proves its identity by. */
export interface ServerTls extends Certificate {
  /** The hash of the public key, for invitations; null if a certificate authority vouches for it. */
  readonly pin: string | null;
}

/**
 * The hub's own certificate, kept in hub.db: made at the first call, and anew with the same key when it lacks a name, so that
 * machines that know the key go on.
 */
export function ownTls(ledger: SharedLedger, names: readonly string[]): ServerTls {
  return ledger.transaction((database) => {
    const known = metaOf(database, "tls_key");
    const key = known === null ? newKey() : createPrivateKey(known);
    const pem = key.export({ type: "pkcs8", format: "pem" });
    if (known === null) setMeta(database, "tls_key", pem);
    let cert = metaOf(database, "tls_cert");
    if (cert === null || !isFor(cert, names)) {
      cert = selfSigned(key, names);
      setMeta(database, "tls_cert", cert);
    }
    return { key: pem, cert, pin: pinOf(cert) };
  });
}

/** A certificate and key from two PEM files. Throws bad_usage if they cannot be read or do not belong together. */
export async function fileTls(certFile: string, keyFile: string): Promise<ServerTls> {
  try {
    const [cert, key] = await Promise.all([Bun.file(certFile).text(), Bun.file(keyFile).text()]);
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      throw new Error("the certificate is for another key");
    return { cert, key, pin: null };
  } catch (error) {
    const hint = "give both as PEM files: --cert fullchain.pem --key privkey.pem";
    throw new PawprintError("bad_usage", `${certFile} and ${keyFile} cannot be used: ${messageOf(error)}`, hint, error);
  }
}
