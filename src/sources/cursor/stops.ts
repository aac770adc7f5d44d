import { noDetails } from "../../model/observation.ts";
import { countOf, type Fields, isNotZero, text, timeOf } from "../../utils/json.ts";
import { type Chunk, type Findings, objectsIn, type Pass } from "../contract.ts";
import { COUNTS } from "./hook.ts";

/** The lines that the hook kept: one for each turn, with its usage where Cursor told it. */
export function readStops(pass: Pass, chunk: Chunk, findings: Findings): void {
  for (const { line, place: offset } of objectsIn(chunk, findings)) {
    const session = text(line["conversation_id"], 200);
    const generation = text(line["generation_id"], 200);
    if (!session || !generation) {
      findings.skipped(offset, "unknown_format");
      continue;
    }
    const at = timeOf(line["timestamp"]);
    const place = { session, project: text(line["workspace_root"]), branch: "", agent: "" };
    if (pass === "activity") {
      if (at === null) continue;
      const body = { ...place, first: at, last: at, reason: null, version: "" };
      findings.observed({ kind: "session", key: `session:${session}`, body });
    } else if (COUNTS.some((name) => isNotZero(line[name]))) {
      if (at === null) findings.skipped(offset, "no_time");
      const counts = countsOf(line, () => findings.skipped(offset, "bad_count"));
      findings.observed({
        kind: "response",
        key: `response:cursor:${session}:${generation}`,
        body: {
          ...noDetails,
          ...place,
          ...counts,
          at: at ?? chunk.written,
          model: text(line["model"], 200),
          reasoning: null,
        },
      });
    }
  }
}

/** Its input holds what a cache read and wrote, unless these are more than it: then it was told beside them. */
function countsOf(line: Fields, bad: () => void) {
  const [told = 0, output = 0, cacheRead = 0, cacheWrite = 0] = COUNTS.map((name) => {
    const count = countOf(line[name] ?? 0);
    if (count === null) bad();
    return count ?? 0;
  });
  const cached = cacheRead + cacheWrite;
  const input = cached > told ? told : told - cached;
  return { input, output, cacheRead, cacheWrite, prompt: input + cached };
}
