import type { Truth } from "./trap.ts";
import { type Json, type Response, World } from "./world.ts";

/** What a file holds: lines (objects are written as JSON, strings as they stand), or the very text or bytes. */
export type Content = readonly (Json | string)[] | string | Uint8Array;

/** A trap's homes and truth before they are written. */
export interface Scene {
  /** What happened in the world; the truth is made of these and of nothing in the files. */
  readonly responses: readonly Response[];
  /** Files by their path from the home. */
  readonly files: Readonly<Record<string, Content>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly costMicros?: number;
  /** Parts of the truth that the files cannot tell. */
  readonly untold?: readonly ("byDay" | "byModel" | "bySession")[];
}

/** A trap as it is designed: where it is written, and the scene made for it. */
export interface Design {
  readonly name: string;
  readonly meaning: string;
  readonly why: string;
  readonly scene: Scene;
}

/** Designs a trap; the scene is set in a world of its own. */
export function trap(name: string, meaning: string, why: string, scene: (world: World) => Scene): Design {
  return { name, meaning, why, scene: scene(new World(name)) };
}

/** The path of a session's transcript. */
export const main = (session: string, project = "x"): string =>
  `.claude/projects/-home-dev-work-${project}/${session}.jsonl`;

/** The path of a subagent's transcript. */
export const sub = (session: string, agent: string, folder = "subagents"): string =>
  main(session).replace(/\.jsonl$/, `/${folder}/agent-${agent}.jsonl`);

/** Lines as the file holds them, each with its newline. */
export const jsonl = (lines: readonly (Json | string)[]): string =>
  lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");

const total = (r: Response): number => r.input + r.output + r.write5m + r.write1h + r.read;

function totals(responses: readonly Response[], key: (r: Response) => string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const r of responses) sums[key(r)] = (sums[key(r)] ?? 0) + total(r);
  return sums;
}

/** The truth of a scene. */
export function truthOf({ responses, costMicros, untold = [] }: Scene): Truth {
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
    ...(!untold.includes("byDay") && { byDay: totals(responses, (r) => new Date(r.at).toISOString().slice(0, 10)) }),
    ...(!untold.includes("byModel") && { byModel: totals(responses, (r) => r.model) }),
    ...(!untold.includes("bySession") && { bySession: totals(responses, (r) => r.session) }),
    ...(costMicros !== undefined && { costMicros }),
  };
}
