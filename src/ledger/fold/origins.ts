import { type Bodies, isUsage, type Kind } from "../../model/observation.ts";

/** Where a session began, as far as it was read, and the account it belongs to. */
export interface SessionOrigin {
  readonly session: string;
  /** The configuration directory of its files; "" if it is not known. */
  readonly account: string;
  /** Epoch milliseconds of its earliest observation. */
  readonly at: number;
  /** The directory of that observation. */
  readonly directory: string;
  /** Whether something was observed in another directory. */
  readonly hasMoved: boolean;
  /** Version of the source's reader that observed it: an older reader may have taken another session's entries for its own. */
  readonly reader: number;
}

/** The start of a session of which only the account is known: later than any observation. */
export const NEVER = Number.MAX_SAFE_INTEGER;
/**
 * The bit of `copy` for copies in forks. They have the times of the original but possibly another directory, so they
 * count only if there is nothing else.
 */
const COPIED = 4;

/**
 * Collects the origins of sessions from observations; `account` is the configuration directory that they were read
 * from.
 */
export class OriginsBuilder {
  readonly #bySession = new Map<string, SessionOrigin>();
  /** The origin of the newest observation: the next one nearly always has the same session. */
  #last: SessionOrigin | null = null;

  add(kind: Kind, body: unknown, account: string, reader: number): void {
    const observed = body as Partial<Bodies["response"] & Bodies["session"]>;
    const began = observed.first ?? observed.at ?? null;
    const last = this.#last;
    // Called for every observation; nearly all of them add nothing.
    if (
      last !== null &&
      observed.session === last.session &&
      observed.project === last.directory &&
      account === last.account &&
      reader === last.reader &&
      (began ?? NEVER) >= last.at
    )
      return;
    if (!isUsage(kind) && kind !== "action" && kind !== "session") return;
    const { session = "", project = "" } = observed;
    if (session === "") return;
    const time = project === "" || (observed.copy ?? 0) >= COPIED ? null : began;
    const directory = time === null ? "" : project;
    const known = this.#bySession.get(session);
    const one = { session, account, at: time ?? NEVER, directory, hasMoved: false, reader };
    const merged = known ? mergeOrigins(known, one) : one;
    this.#last = merged;
    this.#bySession.set(session, merged);
  }

  get all(): SessionOrigin[] {
    return [...this.#bySession.values()];
  }
}

/** Merges two origins of a session; their order does not matter. */
export function mergeOrigins(a: SessionOrigin, b: SessionOrigin): SessionOrigin {
  const first = isFirst(a, b) ? a : b;
  const areAlike = a.directory !== "" && b.directory !== "" && a.reader === b.reader;
  return {
    ...first,
    account: a.account === "" || (b.account !== "" && b.account < a.account) ? b.account : a.account,
    hasMoved: areAlike ? a.hasMoved || b.hasMoved || a.directory !== b.directory : first.hasMoved,
  };
}

/** Whether `a` is where the session began: an origin with a directory wins, then the newest reader's, then the earliest. */
function isFirst(a: SessionOrigin, b: SessionOrigin): boolean {
  if ((a.directory === "") !== (b.directory === "")) return b.directory === "";
  if (a.reader !== b.reader) return a.reader > b.reader;
  return a.at < b.at || (a.at === b.at && a.directory <= b.directory);
}
