import { openclaw } from "../../src/sources/openclaw.ts";
import type { RecordedHome } from "./recorded.ts";
import { completeResponses, expectedOf } from "./truth.ts";

/** Complete responses. Nothing is recorded of the two interrupted ones. */
export const complete = completeResponses("openclaw");

const { recorded: sums, bySession, byModel } = expectedOf("openclaw");
const { cacheWrite1h: _, ...truth } = sums;

/** The recorded database, relative to the directory of recorded homes, and where OpenClaw has it, relative to the home. */
export const RECORDED = "openclaw/openclaw-agent.sqlite";
export const DATABASE = ".openclaw/agents/main/agent/openclaw-agent.sqlite";

/** Sessions with tools, three providers in one session, retries, a nested tool, interruptions and a kill. */
export const recorded: readonly RecordedHome[] = [
  {
    name: "OpenClaw 2026.9.6",
    source: openclaw,
    place: (harness) => harness.place(RECORDED, DATABASE),
    truth,
    bySession,
    byModel,
  },
];
