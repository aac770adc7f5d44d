import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ohMyPi } from "../../src/sources/oh-my-pi.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** Totals in the format of EXPECTED.json. `fresh` is input without caches; `cacheWrite` includes `cacheWrite1h`. */
interface Sums {
  readonly responses: number;
  readonly fresh: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
  readonly total: number;
}

/** What oh-my-pi wrote of an interrupted response: the counts with which the response begins. */
interface Beginning {
  readonly session: string;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

interface Expected {
  /** Complete responses that a file contains. */
  readonly total: Sums;
  readonly byModel: Readonly<Record<string, Sums>>;
  readonly bySession: Readonly<Record<string, Sums>>;
  readonly notHeldByAnyFile: readonly { readonly n: number; readonly total: number }[];
  readonly interrupted: readonly { readonly n: number; readonly recorded: Beginning | null }[];
  readonly allCompleteRequests: { readonly responses: number; readonly total: number };
}

/** What the home contains, determined from the requests to the server. */
export const expected = JSON.parse(readFileSync(join(assistants, "oh-my-pi/18.3.4/EXPECTED.json"), "utf8")) as Expected;

/** The responses that were interrupted and have usage. */
export const begun = expected.interrupted.flatMap(({ recorded: one }) => one ?? []);
const added = (name: keyof Omit<Beginning, "session">): number => begun.reduce((sum, one) => sum + one[name], 0);
/** All tokens of an interrupted response. */
export const tokensOf = (one: Beginning): number => one.input + one.cacheRead + one.cacheWrite + one.output;

const { total } = expected;
const truth: Totals = {
  responses: total.responses + begun.length,
  input: total.fresh + added("input"),
  output: total.output + added("output"),
  cacheRead: total.cacheRead + added("cacheRead"),
  cacheWrite: total.cacheWrite + added("cacheWrite"),
  reasoning: total.reasoning,
};

/** Tokens by name, with those of interrupted responses, which belong to the names that `nameOf` returns. */
const tokens = (sums: Readonly<Record<string, Sums>>, nameOf: (one: Beginning) => string): Record<string, number> =>
  Object.fromEntries(
    Object.entries(sums).map(([name, one]) => [
      name,
      one.total + begun.filter((beginning) => nameOf(beginning) === name).reduce((sum, b) => sum + tokensOf(b), 0),
    ]),
  );

/** Sessions, relative to the home. */
export const SESSIONS = ".omp/agent/sessions";

/**
 * A day with a resumed session, three formats, a change of provider, subagents, retries, a fork, a rewind, a
 * compaction, a side question, an interruption and a kill.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "oh-my-pi 18.3.4",
    source: ohMyPi,
    place: (harness) => harness.place("oh-my-pi/18.3.4/sessions", SESSIONS),
    truth,
    bySession: tokens(expected.bySession, ({ session }) => session),
    byModel: tokens(expected.byModel, () => "claude-mock-a"),
  },
];
