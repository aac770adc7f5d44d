import { noDetails } from "../../model/observation.ts";
import { countOf, type Fields, isNotZero, text, timeOf } from "../../utils/json.ts";
import { type Emitter, type LineChunk, objectsIn, type Phase } from "../contract.ts";
import { COUNTS } from "./hook.ts";

/** Reads the lines stored by the hook: one per turn, with its usage if Cursor reported it. */
export function readStops(phase: Phase, chunk: LineChunk, emitter: Emitter): void {
  for (const { line, place: offset } of objectsIn(chunk, emitter)) {
    const session = text(line["conversation_id"], 200);
    const generation = text(line["generation_id"], 200);
    if (!session || !generation) {
      emitter.skip(offset, "unknown_format");
      continue;
    }
    const at = timeOf(line["timestamp"]);
    const place = { session, project: text(line["workspace_root"]), branch: "", agent: "" };
    if (phase === "activity") {
      if (at === null) continue;
      const body = { ...place, first: at, last: at, reason: null, version: "" };
      emitter.emit({ kind: "session", key: `session:${session}`, body });
    } else if (COUNTS.some((name) => isNotZero(line[name]))) {
      if (at === null) emitter.skip(offset, "no_time");
      const counts = countsOf(line, () => emitter.skip(offset, "bad_count"));
      emitter.emit({
        kind: "response",
        key: `response:cursor:${session}:${generation}`,
        body: {
          ...noDetails,
          ...place,
          ...counts,
          at: at ?? chunk.modifiedAt,
          model: text(line["model"], 200),
          reasoning: null,
        },
      });
    }
  }
}

/** Input includes cache reads and writes, unless these exceed it: then they were reported separately. */
function countsOf(line: Fields, onDamage: () => void) {
  const [reported = 0, output = 0, cacheRead = 0, cacheWrite = 0] = COUNTS.map((name) => {
    const count = countOf(line[name] ?? 0);
    if (count === null) onDamage();
    return count ?? 0;
  });
  const cached = cacheRead + cacheWrite;
  const input = cached > reported ? reported : reported - cached;
  return { input, output, cacheRead, cacheWrite, prompt: input + cached };
}
