import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openclaw } from "../../src/sources/openclaw.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";
import { completeResponses, type SentUsage, sumOf, tokensByModel, tokensOf } from "./truth.ts";

/** Complete responses. Nothing is recorded of the two interrupted ones. */
export const complete = completeResponses("openclaw");

const { bySession } = JSON.parse(readFileSync(join(assistants, "openclaw/EXPECTED.json"), "utf8")) as {
  readonly bySession: Readonly<Record<string, SentUsage>>;
};

const truth: Totals = {
  responses: complete.length,
  input: sumOf(complete, ({ fresh }) => fresh),
  output: sumOf(complete, ({ output }) => output),
  cacheRead: sumOf(complete, ({ cacheRead }) => cacheRead),
  cacheWrite: sumOf(complete, ({ cacheWrite }) => cacheWrite),
  reasoning: sumOf(complete, ({ reasoning }) => reasoning ?? 0),
};

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
    bySession: Object.fromEntries(Object.entries(bySession).map(([session, usage]) => [session, tokensOf(usage)])),
    byModel: tokensByModel(complete),
  },
];
