import type { Truth } from "./trap.ts";
import { type Json, type Response, World } from "./world.ts";

/** The content of a file: lines (objects are written as JSON, strings unchanged), or its text or bytes. */
export type Content = readonly (Json | string)[] | string | Uint8Array;

/** The files and responses of a trap, before they are written. */
export interface Scenario {
  /** The responses that actually happened; the truth is computed from these, never from the files. */
  readonly responses: readonly Response[];
  /** Files by path relative to the home. */
  readonly files: Readonly<Record<string, Content>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly costMicros?: number;
  /** Parts of the truth that cannot be determined from the files. */
  readonly unspecified?: readonly ("byDay" | "byModel" | "bySession")[];
}

/** The design of a trap: its texts, and its scenario. */
export interface Design {
  readonly name: string;
  readonly meaning: string;
  readonly why: string;
  readonly scenario: Scenario;
}

/** Designs a trap; its scenario gets a world of its own. */
export function trap(name: string, meaning: string, why: string, build: (world: World) => Scenario): Design {
  return { name, meaning, why, scenario: build(new World(name)) };
}

/** The path of a session's transcript. */
export const main = (session: string, project = "x"): string =>
  `.claude/projects/-home-dev-work-${project}/${session}.jsonl`;

/** The path of a subagent's transcript. */
export const sub = (session: string, agent: string, folder = "subagents"): string =>
  main(session).replace(/\.jsonl$/, `/${folder}/agent-${agent}.jsonl`);

/** Lines as text, each with a newline. */
export const jsonl = (lines: readonly (Json | string)[]): string =>
  lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");

const total = (r: Response): number => r.input + r.output + r.write5m + r.write1h + r.read;

function totals(responses: readonly Response[], key: (r: Response) => string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const r of responses) sums[key(r)] = (sums[key(r)] ?? 0) + total(r);
  return sums;
}

/** The truth of a scenario. */
export function truthOf({ responses, costMicros, unspecified = [] }: Scenario): Truth {
  const sum = (of: (r: Response) => number): number => responses.reduce((all, r) => all + of(r), 0);
  const searches = sum((r) => r.searches);
  return {
    responses: responses.length,
    input: sum((r) => r.input),
    output: sum((r) => r.output),
    cacheWrite5m: sum((r) => r.write5m),
    cacheWrite1h: sum((r) => r.write1h),
    cacheRead: sum((r) => r.read),
    ...(searches > 0 && { webSearches: searches }),
    ...(!unspecified.includes("byDay") && {
      byDay: totals(responses, (r) => new Date(r.at).toISOString().slice(0, 10)),
    }),
    ...(!unspecified.includes("byModel") && { byModel: totals(responses, (r) => r.model) }),
    ...(!unspecified.includes("bySession") && { bySession: totals(responses, (r) => r.session) }),
    ...(costMicros !== undefined && { costMicros }),
  };
}
