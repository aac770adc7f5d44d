import { scopeOf } from "../../model/record-ids.ts";
import type { SourceFile } from "../../sources/contract.ts";
import { dateOf, type Fields, linesIn, outlineOf, text } from "../../utils/json.ts";
import { accountOf } from "./observations.ts";

/** The account of a way of signing in, at the time of a status record. */
export interface SignIn {
  readonly scope: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly account: string;
}

/** The sign-in of a status record; null if it has no time. */
export function signInOf(record: Fields): SignIn | null {
  const at = dateOf(record["timestamp"]);
  return at === null ? null : { scope: scopeOf(text(record["id"])), at, account: accountOf(record) };
}

/** Sign-ins that name an account, oldest first, without those that name the same one as the sign-in of their scope before. */
export function changesOf(signIns: readonly SignIn[]): SignIn[] {
  const accounts = new Map<string, string>();
  return signIns
    .toSorted((a, b) => a.at - b.at)
    .filter(({ scope, account }) => account !== "" && accounts.get(scope) !== account && accounts.set(scope, account));
}

/** The newest sign-in of a scope that is not later than a time, else the first one after it; they are given as changesOf returns them. */
export function signInAt(changes: readonly SignIn[], scope: string, at: number): SignIn | undefined {
  let later: SignIn | undefined;
  for (let index = changes.length - 1; index >= 0; index--) {
    const one = changes[index];
    if (one?.scope !== scope) continue;
    if (one.at <= at) return one;
    later = one;
  }
  return later;
}

/** Sign-ins in the status files beside a usage file. Files are read again as far as they grew. */
export class SignIns {
  readonly #files = new Map<string, { length: number; head: string; signIns: SignIn[] }>();

  /** Names the accounts of the records of a usage file, from the newest status file that is old enough. */
  accountsBeside(file: SourceFile): (scope: string, at: number) => string {
    const names = file.listFolder(".").filter((name) => /^status\.jsonl(?:\.\d{6,})?$/.test(name));
    const numberOf = (name: string): number => Number(name.split(".")[2] ?? Infinity);
    const unread = names.toSorted((a, b) => numberOf(a) - numberOf(b));
    let read: SignIn[] = [];
    return (scope, at) => {
      for (;;) {
        const found = signInAt(read, scope, at);
        if (found !== undefined && found.at <= at) return found.account;
        const next = unread.pop();
        if (next === undefined) return found?.account ?? "";
        read = changesOf([...this.#signInsOf(file, next), ...read]);
      }
    };
  }

  #signInsOf(file: SourceFile, name: string): readonly SignIn[] {
    const bytes = file.readSibling(name);
    if (bytes === null) return [];
    const head = bytes.toString("latin1", 0, Math.min(bytes.length, 200));
    const before = this.#files.get(name);
    const known =
      before && bytes.length >= before.length && head.startsWith(before.head)
        ? before
        : { length: 0, head, signIns: [] };
    const added = bytes.subarray(known.length);
    for (const { from, to, isComplete } of linesIn(added)) {
      if (!isComplete) break;
      const record = outlineOf(added, from, to);
      const signIn = record && signInOf(record);
      if (signIn) known.signIns.push(signIn);
      known.length += to + 1 - from;
    }
    this.#files.set(name, { ...known, head });
    return known.signIns;
  }
}
