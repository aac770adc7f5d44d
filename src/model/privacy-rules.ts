import { fields } from "../utils/json.ts";
import { baseNameOf } from "./project.ts";

/** Returns the keyed hash of a text; the same text always has the same one. */
export type KeyedHash = (text: string) => string;

/** How a hash is written: it contains nothing that separates the parts of a key or a path. */
const HASH = /^h-[\w-]{22}$/;
/** Hashes that are kept: there are few branches and accounts, but a hostile repository can have many. */
const MAX_HASHES = 10_000;

/** The hash of texts by a hub's key, which is 32 bytes in base64url: 132 bits of HMAC-SHA-256. */
export function keyedHash(key: string): KeyedHash {
  const secret = Buffer.from(key, "base64url");
  const known = new Map<string, string>();
  return (text) => {
    let hash = known.get(text);
    if (hash !== undefined) return hash;
    if (known.size >= MAX_HASHES) known.clear();
    hash = `h-${new Bun.CryptoHasher("sha256", secret).update(text).digest("base64url").slice(0, 22)}`;
    known.set(text, hash);
    return hash;
  };
}

/** How a field leaves at level metrics, and whether a value that arrives is of that form. */
export interface Rule {
  reduce(value: unknown, hash: KeyedHash): unknown;
  isReduced(value: unknown): boolean;
}

const same: Rule = { reduce: (value) => value, isReduced: () => true };
const absent: Rule = { reduce: () => null, isReduced: (value) => value === null };
const empty: Rule = { reduce: () => "", isReduced: (value) => value === "" };
const SEPARATOR = /[\\/]/;
const baseName: Rule = {
  reduce: (value) => (typeof value === "string" ? baseNameOf(value) : ""),
  isReduced: (value) => typeof value === "string" && !SEPARATOR.test(value),
};
const hashed: Rule = {
  reduce: (value, hash) => (typeof value === "string" && value !== "" ? hash(value) : ""),
  isReduced: (value) => value === "" || (typeof value === "string" && HASH.test(value)),
};
/** Is hashed before, at every level. */
const identity: Rule = { reduce: same.reduce, isReduced: hashed.isReduced };
/** A path or an address, also behind the name of a provider: assistants name a model that runs on this machine by its file. */
const PATH = /(?:^|[\s:@(=/])(?:[\\/]|~|\.{1,2}[\\/]|[A-Za-z]:[\\/])/;
const EMAIL = /[^\s@]@[\w-]+\.[\w.-]*[A-Za-z]/;
/** Whether a text contains a path or an address. */
export const hasPlace = (text: unknown): text is string =>
  typeof text === "string" && (PATH.test(text) || EMAIL.test(text));
/** Longer texts are no names. */
const MAX_NAME = 128;
const isName = (text: unknown): boolean => typeof text !== "string" || (text.length <= MAX_NAME && !hasPlace(text));
/** A name or an id: of a tool, a subagent, a plan. What is none leaves as a hash. */
const name: Rule = {
  reduce: (value, hash) => (isName(value) ? value : hash(String(value))),
  isReduced: isName,
};
const nameOfModel = (model: string, hash: KeyedHash): string => {
  if (isName(model)) return model;
  const last = baseNameOf(model);
  return model.includes("://") || !isName(last) ? hash(model) : last;
};
const modelName: Rule = {
  reduce: (value, hash) => (typeof value === "string" ? nameOfModel(value, hash) : value),
  isReduced: isName,
};
/** Totals by the name of the model. */
const models: Rule = {
  reduce: (value, hash) =>
    Object.fromEntries(Object.entries(fields(value)).map(([model, total]) => [nameOfModel(model, hash), total])),
  isReduced: (value) => Object.keys(fields(value)).every(isName),
};

/** How fields leave at level metrics. */
export const rules = {
  same,
  absent,
  empty,
  baseName,
  hashed,
  identity,
  name,
  modelName,
  models,
} as const satisfies Record<string, Rule>;
/** The name of a rule. */
export type RuleName = keyof typeof rules;
