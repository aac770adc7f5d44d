import { cline } from "../../src/sources/cline.ts";
import type { RecordedHome } from "./recorded.ts";
import { expectedOf, renamed } from "./truth.ts";

/** Expected totals of the recorded sessions. */
export const expected = expectedOf("cline");
const { cacheWrite1h: _, ...truth } = expected.recorded;

/**
 * Sessions with tools, a subagent, a teammate, retries, kills, resumed sessions, interruptions, a compaction, a fork and
 * an undo, with three providers.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Cline 3.0.65",
    source: cline,
    place: (harness) => harness.place("cline/sessions", ".cline/data/sessions"),
    truth,
    byModel: expected.byModel,
    // Subagents and teammates belong to the session that started them.
    bySession: renamed(expected.bySession, (session) => session.split("__")[0] ?? session),
  },
];
