import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Observation } from "../../src/model/observation.ts";
import { readActivity } from "../../src/sources/transcripts/activity.ts";

const SESSION = "82fca25e-a54f-4564-8651-9a0eae4db6ec";
const path = join(import.meta.dir, `../fixtures/transcripts/main-interactive-compact-then-resumed/${SESSION}.jsonl`);

test("a recorded compaction of a history is read once, with its time and how long it took", () => {
  const observed: Observation[] = [];
  const emitter = { memory: null, emit: (one: Observation) => void observed.push(one), skip: () => undefined };
  const file = { path, modifiedAt: 0, readSibling: () => null, listFolder: () => [] };
  readActivity({ ...file, bytes: readFileSync(path), offset: 0, isOpen: false }, emitter);
  const compactions = observed.filter(({ key }) => key.startsWith("action:compaction:"));
  expect(compactions).toMatchObject([
    {
      kind: "action",
      key: "action:compaction:8f870350-dbc9-4282-b1a6-a486fdb0b4ca",
      body: { action: "compaction", session: SESSION, at: Date.parse("2026-11-20T08:47:19.503Z"), duration: 1_291 },
    },
  ]);
});
