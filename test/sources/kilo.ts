import { kilo } from "../../src/sources/kilo.ts";
import { answered, byModel, truthOf } from "./opencode.ts";
import type { RecordedHome } from "./recorded.ts";
import { expectedOf } from "./truth.ts";

/** What the home of 7.7.9 contains, determined from the requests to the server. */
export const expected = expectedOf("kilo/7.7.9");

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
    bySession: expected.bySession,
    byModel: expected.byModel,
  },
  {
    name: "Kilo CLI 7.0.33",
    source: kilo,
    place: (harness) => harness.place("kilo/7.0.33/kilo.db", `${DATA}/kilo.db`),
    truth: truthOf(old),
    byModel: byModel(old),
  },
];
