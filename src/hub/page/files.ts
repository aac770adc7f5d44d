import { allowedEncodings } from "./encodings.ts";

/** A file of the page, with its compressed forms. */
export interface PageFile {
  /** Content-Type. */
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  readonly zstd: Uint8Array<ArrayBuffer>;
  /** A hash of the body, without quotes. */
  readonly etag: string;
}

/** The files of the page by path: "/" for the document that all of its addresses answer, and "/assets/NAME-HASH.EXT". */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Paths of files with a hash in their name begin with this. */
export const ASSETS = "/assets/";

/** The addresses of the page; which one it shows is decided in the browser. */
const ADDRESSES = /^\/(?:|(?:usage|machines|sessions(?:\/[^/]+){0,2})\/?)$/;
/** What programs ask for: where nothing is, the answer is JSON. */
const OF_PROGRAMS = /^\/(?:api|v1|live|assets)(?:\/|$)/;

/** What the browser may do with the page: run its own scripts and ask its own server, and nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  vary: "accept-encoding",
};

/** Whether a request is for the page: one of its addresses, or a file. */
export const isOfPage = ({ method, headers }: Request, path: string): boolean =>
  (method === "GET" || method === "HEAD") && (path.startsWith(ASSETS) || isAddressOf(path, headers));

/** Whether a path shows the page. At an address that it does not have it says in a browser that nothing is there, and leads on. */
const isAddressOf = (path: string, headers: Headers): boolean =>
  ADDRESSES.test(path) || (isForReading(headers) && !OF_PROGRAMS.test(path));

/** The answer to a request for the page; null for a file that it does not have. Files hold no data, so they need no token. */
export function answerFile({ headers }: Request, path: string, files: PageFiles): Response | null {
  const isKnownAddress = ADDRESSES.test(path);
  const isAddress = isAddressOf(path, headers);
  const file = files.get(isAddress ? "/" : path);
  if (!file) return null;
  const [encoding = "identity"] = allowedEncodings(headers.get("accept-encoding"));
  const isPlain = encoding === "identity";
  const etag = `"${file.etag}${isPlain ? "" : `-${encoding}`}"`;
  const common = {
    ...HEADERS,
    etag,
    // The name of an asset changes with its content.
    "cache-control": isAddress ? "no-cache" : "public, max-age=31536000, immutable",
  };
  const status = isAddress && !isKnownAddress ? 404 : 200;
  if (status === 200 && isKnown(headers.get("if-none-match"), etag))
    return new Response(null, { status: 304, headers: common });
  return new Response(isPlain ? file.body : file[encoding], {
    status,
    headers: { ...common, "content-type": file.type, ...(!isPlain && { "content-encoding": encoding }) },
  });
}

/** Whether a browser asks for a document to show. */
const isForReading = (headers: Headers): boolean => headers.get("accept")?.startsWith("text/html") ?? false;

/** Whether a browser has what it asks for: If-None-Match names the tag, weak or not. */
const isKnown = (given: string | null, etag: string): boolean =>
  given?.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag) ?? false;
