import { noAction, noDetails, type Observation } from "../../../src/model/observation.ts";
import type { World } from "./world.ts";

/** Directories in which work is done. */
export const DIRECTORIES = ["/home/dev/api", "/home/dev/secret", "/srv/web"] as const;
/** Sessions in which work is done. */
export const SESSIONS = ["5e551011", "5e551022", "5e551033"] as const;
const MODELS = ["claude-opus-4-6", "claude-sonnet-4-6"] as const;

/** One thing that a machine's files say, as a source emits it. Ids come from a small pool, so that many lines are about the same. */
export function observed(world: World, machine: string): Observation {
  const { random } = world;
  const number = random.whole(1, 12);
  // Most ids are a machine's own; some are those of a home that was copied.
  const id = `${random.chance(0.7) ? machine : "shared"}_${number}`;
  const place = {
    session: SESSIONS[number % SESSIONS.length] ?? "",
    project: DIRECTORIES[number % DIRECTORIES.length] ?? "",
    branch: number % 2 === 0 ? "main" : "feat/x",
    agent: "",
  };
  const at = Date.UTC(2026, 9, 1 + number, 8, number);
  switch (random.whole(1, 8)) {
    case 1:
      return {
        kind: "session",
        key: `session:claude-code:${place.session}:${id}`,
        body: { ...place, first: at, last: at + random.whole(0, 5) * 60_000, reason: null, version: "2.1.98" },
      };
    case 2:
      return {
        kind: "action",
        key: `action:file_${id}`,
        body: { ...noAction, ...place, action: "file", at, name: "update", target: `${place.project}/a.ts`, added: 2 },
      };
    case 3:
      return {
        kind: "action",
        key: `action:tool_${id}`,
        body: {
          ...noAction,
          ...place,
          action: "tool",
          at,
          name: "Bash",
          ok: random.chance(0.8),
          duration: 10 * number,
        },
      };
    default: {
      const output = random.whole(1, 4) * 100;
      const body = { ...noDetails, ...place, at, model: MODELS[number % MODELS.length] ?? "", request: `req_${id}` };
      return {
        kind: "response",
        key: `response:msg_${id}`,
        body: { ...body, input: number, output, cacheRead: 1_000, prompt: 1_000 + number, reasoning: null },
      };
    }
  }
}
