import { isLoopback } from "../../sync/hub-url.ts";
import { PawprintError } from "../../utils/errors.ts";
import { expand } from "../../utils/paths.ts";
import { clean } from "../../utils/terminal.ts";
import type { Context, Option } from "../contract.ts";

const DEFAULT_PORT = 7297;
/** Days for which rows of the journal stay. */
const KEEP_DAYS = 400;

/** The options of `serve`, which a service of it has too. None of them is a secret. */
export const serveOptionList: readonly Option[] = [
  { name: "host", value: "address", description: "address to listen on; 127.0.0.1 if missing, 0.0.0.0 for all" },
  { name: "port", value: "number", description: `port to listen on; ${DEFAULT_PORT} if missing, 0 for any free one` },
  { name: "url", value: "address", description: "address that machines use; for instance that of a reverse proxy" },
  { name: "cert", value: "file", description: "certificate chain in PEM; without it the hub makes one of its own" },
  { name: "key", value: "file", description: "private key of the certificate in PEM" },
  { name: "insecure", description: "listen beyond this machine without TLS; for instance behind a reverse proxy" },
  { name: "no-auth", description: "let this machine's programs read and upload without a token" },
  { name: "cors-origin", value: "origin", description: "origin of a page elsewhere that may ask this hub" },
  { name: "keep-days", value: "days", description: `days for which single rows are kept; ${KEEP_DAYS} if missing` },
];

/** How a hub is served. */
export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly url: string | null;
  readonly files: { readonly cert: string; readonly key: string } | null;
  readonly isPlain: boolean;
  readonly isOpen: boolean;
  readonly corsOrigin: string | null;
  readonly keepDays: number;
}

/** Reads the options. Throws bad_usage for those that are wrong, or that would expose the hub. */
export function readServeOptions({ options, places }: Pick<Context, "options" | "places">): ServeOptions {
  const textOf = (name: string): string | null => (typeof options[name] === "string" ? options[name] : null);
  const host = textOf("host") ?? "127.0.0.1";
  const isLocal = isLoopback(host);
  const [cert, key] = [textOf("cert"), textOf("key")];
  if ((cert === null) !== (key === null))
    throw new PawprintError("bad_usage", "--cert and --key belong together", "give both, or neither");
  const isOpen = options["no-auth"] === true;
  const url = originOf("url", textOf("url"));
  if (isOpen && !(isLocal && (url === null || isLoopback(new URL(url).hostname))))
    throw new PawprintError(
      "bad_usage",
      "--no-auth is for this machine only",
      "leave out --host and --url, or use tokens",
    );
  return {
    host,
    port: numberOf("port", textOf("port"), 0, 65_535) ?? DEFAULT_PORT,
    url,
    files: cert === null || key === null ? null : { cert: expand(cert, places), key: expand(key, places) },
    isPlain: cert === null && (isLocal || options["insecure"] === true),
    isOpen,
    corsOrigin: originOf("cors-origin", textOf("cors-origin")),
    keepDays: numberOf("keep-days", textOf("keep-days"), 1, 100_000) ?? KEEP_DAYS,
  };
}

function numberOf(name: string, text: string | null, min: number, max: number): number | null {
  if (text === null) return null;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new PawprintError("bad_usage", `invalid value for --${name}: "${clean(text)}"`, `from ${min} to ${max}`);
}

function originOf(name: string, text: string | null): string | null {
  if (text === null) return null;
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search + url.hash === "") return url.origin;
  throw new PawprintError("bad_usage", `invalid value for --${name}: "${clean(text)}"`, "such as https://hub.example");
}
