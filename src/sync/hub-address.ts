import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { isFailureCode, messageOf, PawprintError } from "../utils/errors.ts";
import { type Fields, fields, text } from "../utils/json.ts";
import { pinOf } from "./pin.ts";

/** Where a hub is, and by what it is recognised. */
export interface HubAddress {
  /** As hubUrlOf returns it. */
  readonly url: string;
  readonly token: string | null;
  /** SHA-256 of the hub's public key in base64url; null if an authority vouches for its certificate. */
  readonly pin: string | null;
}

/** What fetch and WebSocket need to trust a hub's own certificate. */
export interface Trust {
  readonly tls?: { readonly ca: string; checkServerIdentity(): undefined };
}

const CONNECT_MS = 10_000;
/** A hub that writes commits of other machines first may take longer. */
const ANSWER_MS = 60_000;
const MAX_ANSWER_BYTES = 2_097_152;

/**
 * Fetches the hub's certificate if its public key is the pinned one. The key is what is trusted: neither a name nor an
 * authority. Throws hub_untrusted and hub_away.
 */
export async function trustOf({ url, pin }: HubAddress): Promise<Trust> {
  if (pin === null) return {};
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== "https:") throw untrusted(url, "it does not encrypt, but its certificate was pinned");
  const raw = await certificateOf(hostname.replace(/^\[|\]$/g, ""), Number(port || 443), url);
  if (pinOf(raw) !== pin) throw untrusted(url, "its public key is not the one that was pinned");
  return { tls: { ca: new X509Certificate(raw).toString(), checkServerIdentity: () => undefined } };
}

const certificateOf = (host: string, port: number, url: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    // Nothing is sent, and nothing is trusted yet.
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate(true);
      socket.destroy();
      if (raw) resolve(raw);
      else reject(untrusted(url, "it has no certificate"));
    });
    const overdue = setTimeout(() => socket.destroy(new Error("it did not answer")), CONNECT_MS);
    socket.on("close", () => clearTimeout(overdue));
    socket.on("error", (error) => reject(hubAway(url, error)));
  });

/** Asks a hub. Redirects are not followed: a token goes to no other address. Throws hub_away, and what `hubError` returns. */
export async function askHub(
  address: HubAddress,
  path: string,
  trust: Trust,
  body?: string | Uint8Array,
  maxBytes = MAX_ANSWER_BYTES,
): Promise<Uint8Array> {
  const response = await respond(address, path, trust, body);
  const content = await contentOf(response, address.url, maxBytes);
  if (response.ok) return content;
  throw hubError(response, content);
}

async function respond({ url, token }: HubAddress, path: string, trust: Trust, body?: string | Uint8Array) {
  try {
    return await fetch(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      ...(body === undefined ? {} : { body }),
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        "content-type": typeof body === "string" ? "application/json" : "application/octet-stream",
      },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
      ...trust,
    });
  } catch (error) {
    throw hubAway(url, error);
  }
}

/** The content of an answer, of bounded size. */
async function contentOf(response: Response, url: string, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of response.body ?? []) {
      parts.push(part as Uint8Array);
      size += (part as Uint8Array).byteLength;
      if (size > maxBytes) break;
    }
  } catch (error) {
    throw hubAway(url, error);
  }
  if (size > maxBytes)
    throw new PawprintError("answer_unusable", `${url} answered with too much`, "check that the address is a hub's");
  return Buffer.concat(parts);
}

/** What an answer that is not OK says: the hub's own error, or what a proxy made of it. */
function hubError(response: Response, content: Uint8Array): PawprintError {
  const { status, url } = response;
  const error = errorIn(content);
  const code = text(error["code"], 50);
  if (isFailureCode(code)) return new PawprintError(code, text(error["message"], 500), text(error["hint"], 500));
  const { origin } = new URL(url);
  if (status >= 300 && status < 400) {
    const hint = "log in with the address that it redirects to, if you trust it";
    return new PawprintError("hub_untrusted", `${origin} redirects to another address`, hint);
  }
  if (status === 401 || status === 403)
    return new PawprintError("unauthorized", `${origin} does not accept the token (${status})`, "log in again");
  if (status === 413) return new PawprintError("too_large", `${origin} takes less at once (413)`, "raise its limit");
  const isAway = status === 429 || status >= 500;
  return new PawprintError(
    isAway ? "hub_away" : "answer_unusable",
    `${origin} answered with status ${status}`,
    isAway ? "it is tried again later" : "check that the address is a hub's",
  );
}

/** The error in an answer: {"error":{...}}, or a `stop` frame. */
function errorIn(content: Uint8Array): Fields {
  try {
    const answer = fields(JSON.parse(Buffer.from(content).toString()));
    return answer["type"] === "stop" ? answer : fields(answer["error"]);
  } catch {
    return {};
  }
}

const CERTIFICATE = /certificate|CERT|altname|SSL|TLS/i;

/** The error for a hub that cannot be reached. */
export function hubAway(url: string, error: unknown): PawprintError {
  if (error instanceof PawprintError) return error;
  const why = text((error as { code?: unknown } | null)?.code, 100) || messageOf(error);
  if (CERTIFICATE.test(why)) return untrusted(url, `its certificate is not trusted (${why.slice(0, 100)})`, error);
  const hint = "check the address and the network; nothing is lost, and what is pending is sent later";
  return new PawprintError("hub_away", `${new URL(url).origin} cannot be reached (${why.slice(0, 200)})`, hint, error);
}

const untrusted = (url: string, why: string, cause?: unknown): PawprintError =>
  new PawprintError(
    "hub_untrusted",
    `${new URL(url).origin} is not trusted: ${why}`,
    "if the hub was set up anew, ask for a new invitation: pawprint invite, on the hub",
    cause,
  );
