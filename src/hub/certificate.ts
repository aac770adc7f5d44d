import {
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import { isIP } from "node:net";
import { addressBytes } from "./addresses.ts";

/** A key and its certificate as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/*
 * DER of X.509 (RFC 5280) as far as one self-signed certificate needs it: P-256, ECDSA with SHA-256, version 3 with the names that
 * it is for. Machines pin the public key, so that nothing else in the certificate is trusted: it has no end, which would cut off
 * machines that know the key, and those whose clock is wrong. It is no certificate authority: a person may trust it in a browser,
 * where one would vouch for any other site.
 */
const der = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), body]);
};
const sequence = (...content: readonly Uint8Array[]): Buffer => der(0x30, ...content);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
/** An extension by the last byte of its id in 2.5.29. */
const extension = (id: string, content: Uint8Array): Buffer => sequence(oid(`551d${id}`), der(0x04, content));

const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));
/** From 1970 (UTCTime) to the end of 9999 (GeneralizedTime), which RFC 5280 has for "no end". */
const ALWAYS = sequence(der(0x17, Buffer.from("700101000000Z")), der(0x18, Buffer.from("99991231235959Z")));
const SERVER_AUTH = oid("2b06010505070301");
const NAME = sequence(der(0x31, sequence(oid("550403"), utf8("Pawprint hub"))));

/** A new private key as PEM. */
export function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** A self-signed certificate for some host names and addresses. */
export function selfSigned(key: KeyObject, names: readonly string[]): string {
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const alternatives = names.map((name) =>
    isIP(name) === 0 ? der(0x82, Buffer.from(name)) : der(0x87, addressBytes(name)),
  );
  // subjectAltName, basicConstraints (none: no certificate authority), extKeyUsage.
  const extensions = sequence(
    extension("11", sequence(...alternatives)),
    extension("13", sequence()),
    extension("25", sequence(SERVER_AUTH)),
  );
  const serial = randomBytes(8);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_SHA256,
    NAME,
    ALWAYS,
    NAME,
    publicKey,
    der(0xa3, extensions),
  );
  const signature = createSign("sha256").update(content).sign(key);
  const whole = sequence(content, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** Whether a certificate is for all these names. */
export function isFor(cert: string, names: readonly string[]): boolean {
  const read = new X509Certificate(cert);
  return names.every((name) => (isIP(name) === 0 ? read.checkHost(name) : read.checkIP(name)) !== undefined);
}
