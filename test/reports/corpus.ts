import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const MODELS = ["claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"];
const PROJECTS = ["api", "shop", "notes"];
const BEGIN = Date.parse("2026-03-02T05:00:00.000Z");
const HOUR_MS = 3_600_000;
const TURN_MS = 240_000;

/** A deterministic generator of numbers below `limit`. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/**
 * Writes about 3 MB of transcripts below a home: 24 sessions of two months, some across midnight, with subagents; responses
 * of one to three lines, of which only the last has the complete output. All usage counters agree on this data. The first
 * session begins soon after `first` (epoch milliseconds); returns the end of the last one.
 */
export function writeCorpus(home: string, first = BEGIN): number {
  let end = first;
  const roll = randomFrom(7);
  for (let index = 0; index < 24; index++) {
    const session = `c0de0000-0000-4000-8000-${String(index).padStart(12, "0")}`;
    const project = PROJECTS[roll(PROJECTS.length)] ?? "";
    const begin = first + (index * 57 + roll(20)) * HOUR_MS + roll(HOUR_MS);
    const turns = 20 + roll(40);
    end = Math.max(end, begin + turns * TURN_MS);
    const folder = join(home, ".claude/projects", `-home-ada-work-${project}`);
    write(join(folder, `${session}.jsonl`), linesOf({ session, project, begin, id: `${index}`, turns }, roll));
    if (index % 3 !== 0) continue;
    const agent = linesOf({ session, project, begin, id: `${index}a`, turns: 12, agent: "a1b2c3" }, roll);
    write(join(folder, session, "subagents", "agent-a1b2c3.jsonl"), agent);
  }
  return end;
}

interface Plan {
  readonly session: string;
  readonly project: string;
  /** Epoch milliseconds of the first response. */
  readonly begin: number;
  readonly id: string;
  readonly turns: number;
  readonly agent?: string;
}

function linesOf({ session, project, begin, id, turns, agent }: Plan, roll: (limit: number) => number): unknown[] {
  const place = { cwd: `/home/ada/work/${project}`, sessionId: session, version: "2.1.300", gitBranch: "main" };
  const who = agent === undefined ? { isSidechain: false } : { isSidechain: true, agentId: agent };
  return Array.from({ length: turns }, (_, turn) => {
    const model = MODELS[agent === undefined ? roll(2) : 2];
    const [output, fiveMinutes, oneHour] = [50 + roll(2_000), roll(4_000), roll(2) * roll(3_000)];
    const usage = {
      input_tokens: roll(40),
      cache_creation_input_tokens: fiveMinutes + oneHour,
      cache_read_input_tokens: roll(80_000),
      cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: oneHour },
      service_tier: "standard",
    };
    const at = begin + turn * TURN_MS;
    const lines = 1 + roll(3);
    return Array.from({ length: lines }, (_, line) => ({
      type: "assistant",
      ...place,
      ...who,
      uuid: `${id}-${turn}-${line}`,
      timestamp: new Date(at + line * 700).toISOString(),
      requestId: `req_${id}_${turn}`,
      message: {
        id: `msg_${id}_${turn}`,
        type: "message",
        role: "assistant",
        model,
        content: [{ type: "text", text: "word ".repeat(200 + roll(400)) }],
        usage: { ...usage, output_tokens: line === lines - 1 ? output : 1 },
      },
    }));
  }).flat();
}

function write(path: string, lines: readonly unknown[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
