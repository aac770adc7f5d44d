import { createHash, X509Certificate } from "node:crypto";

/** The SHA-256 of a certificate's public key in base64url, by which machines recognise a hub. `certificate` is PEM or DER. */
export const pinOf = (certificate: string | Uint8Array): string =>
  createHash("sha256")
    .update(new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url");

/** The SHA-256 of a whole certificate (PEM or DER) as browsers show it, such as AB:01:..., by which people recognise a hub. */
export const fingerprintOf = (certificate: string | Uint8Array): string =>
  new X509Certificate(certificate).fingerprint256;
