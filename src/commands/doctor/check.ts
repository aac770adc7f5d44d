import { constants } from "node:os";
import { isFailureCode, type PawprintError } from "../../utils/errors.ts";

/** A sentence, and the same sentence without what comes from outside of this program, so that anybody may read it. */
export interface Sentence {
  readonly text: string;
  readonly shareable: string;
}

/** The result of one check. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "note" | "broken";
  readonly message: string;
  /** The message without paths, names, commands and anything else from outside. */
  readonly shareable: string;
  /** How to fix it; null if there is nothing to do. */
  readonly remedy: string | null;
}

/** Builds a sentence. Numbers and sentences in it may be shared; any other text is from outside. */
export function says(parts: TemplateStringsArray, ...values: readonly (string | number | Sentence)[]): Sentence {
  const join = (shown: (value: string | number | Sentence) => string | number): string =>
    parts.reduce((text, part, at) => `${text}${shown(values[at - 1] ?? "")}${part}`);
  return {
    text: join((value) => (typeof value === "object" ? value.text : value)),
    shareable: join((value) =>
      typeof value === "object" ? value.shareable : typeof value === "string" ? "[…]" : value,
    ),
  };
}

/** A text of this program, which may be shared. */
export const ours = (text: string): Sentence => ({ text, shareable: text });

/** Sentences as one, separated by commas. */
export const joined = (all: readonly Sentence[]): Sentence => ({
  text: all.map(({ text }) => text).join(", "),
  shareable: all.map(({ shareable }) => shareable).join(", "),
});

/** A version number; anything else in it is not shared. */
export const versionText = (text: string): Sentence => ({
  text,
  shareable: /^\d{1,4}(?:\.\d{1,4}){1,3}(?!\d)/.exec(text)?.[0] ?? "[…]",
});

/** The main result codes of SQLite: https://www.sqlite.org/rescode.html */
const SQLITE_CODE =
  /^SQLITE_(?:ERROR|INTERNAL|PERM|ABORT|BUSY|LOCKED|NOMEM|READONLY|INTERRUPT|IOERR|CORRUPT|NOTFOUND|FULL|CANTOPEN|PROTOCOL|SCHEMA|TOOBIG|CONSTRAINT|MISMATCH|MISUSE|NOLFS|AUTH|RANGE|NOTADB)(?![A-Z])/;

/** The code of an error of this program, of the system or of SQLite, which may be shared; null for any other text. */
export function knownCode(code: unknown): string | null {
  if (typeof code !== "string") return null;
  if (isFailureCode(code) || Object.hasOwn(constants.errno, code)) return code;
  return SQLITE_CODE.exec(code)?.[0] ?? null;
}

/** A text that is shared only as far as it is the code of an error. */
export const codeText = (text: string, code: string = text): Sentence => ({
  text,
  shareable: knownCode(code) ?? "[…]",
});

/** The message of an error, which names files; its code may be shared. */
export const errorText = ({ message, code }: Pick<PawprintError, "message" | "code">): Sentence => ({
  text: message,
  shareable: code,
});

const check =
  (state: Check["state"]) =>
  (name: string, { text, shareable }: Sentence, remedy: string | null): Check => ({
    name,
    state,
    message: text,
    shareable,
    remedy,
  });

/** A check that passed. */
export const ok = (name: string, message: Sentence): Check => check("ok")(name, message, null);

/** A check with something worth knowing. */
export const note = (name: string, message: Sentence, remedy: string | null = null): Check =>
  check("note")(name, message, remedy);

/** A check that failed. */
export const broken = (name: string, message: Sentence, remedy: string): Check =>
  check("broken")(name, message, remedy);
