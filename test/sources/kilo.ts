import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kilo } from "../../src/sources/kilo.ts";
import { assistants } from "./harness.ts";
import { answered, byModel, truthOf } from "./opencode.ts";
import type { RecordedHome } from "./recorded.ts";

/** Totals in the format of EXPECTED.json. */
interface Sums {
  readonly responses: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

/** What the server sent, without what no file contains; and what that was. */
interface Expected {
  readonly recorded: Sums;
  readonly bySession: Readonly<Record<string, Sums>>;
  readonly byModel: Readonly<Record<string, Sums>>;
  readonly unrecorded: readonly { readonly n: number; readonly tokens: number; readonly why: string }[];
}

/** What the home of 7.7.9 contains, determined from the requests to the server. */
export const expected = JSON.parse(readFileSync(join(assistants, "kilo/7.7.9/EXPECTED.json"), "utf8")) as Expected;

const tokens = (sums: Readonly<Record<string, Sums>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(sums).map(([name, one]) => [name, one.input + one.cacheRead + one.cacheWrite + one.output]),
  );

/** Data directory, relative to the home. */
export const DATA = ".local/share/kilo";

/** Complete responses of 7.7.9 without those that no table contains. */
export const kept = answered("7.7.9", "kilo").filter(({ n }) => !expected.unrecorded.some((one) => one.n === n));
const old = answered("7.0.33", "kilo");

/**
 * A day with forks, also of a session with a subagent, a compaction, undone prompts, a deleted session, a kill and a
 * change of provider; and three responses of the oldest version, in three formats.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Kilo CLI 7.7.9",
    source: kilo,
    place: (harness) => harness.place("kilo/7.7.9/kilo.db", `${DATA}/kilo.db`),
    truth: truthOf(kept, ["messages", "responses"]),
    bySession: tokens(expected.bySession),
    byModel: tokens(expected.byModel),
  },
  {
    name: "Kilo CLI 7.0.33",
    source: kilo,
    place: (harness) => harness.place("kilo/7.0.33/kilo.db", `${DATA}/kilo.db`),
    truth: truthOf(old),
    byModel: byModel(old),
  },
];
