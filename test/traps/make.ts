#!/usr/bin/env bun
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { agents } from "./design-agents.ts";
import { copies } from "./design-copies.ts";
import { damaged } from "./design-damaged.ts";
import { type Design, jsonl, truthOf } from "./design.ts";
import { forks } from "./design-forks.ts";
import { histories } from "./design-histories.ts";
import { iterations } from "./design-iterations.ts";
import { numbers } from "./design-numbers.ts";
import { places } from "./design-places.ts";
import { prices } from "./design-prices.ts";
import { quoted } from "./design-quoted.ts";
import { streaming } from "./design-streaming.ts";
import { times } from "./design-times.ts";
import { written } from "./design-written.ts";
import { TRAPS } from "./trap.ts";
import { type Json, World } from "./world.ts";

/** All traps by topic: the source of everything in test/fixtures/traps except its table. */
export const designs: readonly Design[] = [
  ...copies,
  ...forks,
  ...streaming,
  ...agents,
  ...quoted,
  ...damaged,
  ...written,
  ...numbers,
  ...places,
  ...times,
  ...prices,
  ...histories,
  ...iterations,
];

/** The prompt before the first response of a transcript, which some readers need. */
function prompt(lines: readonly (Json | string)[], seed: string): readonly Json[] {
  const first = lines.find((line): line is Json => typeof line === "object" && line["type"] === "assistant");
  const at = Date.parse(String(first?.["timestamp"]));
  if (first === undefined || Number.isNaN(at)) return [];
  const { requestId: _request, costUSD: _cost, isApiErrorMessage: _error, ...rest } = first;
  const own = { type: "user", uuid: new World(seed).uuid(), timestamp: new Date(at - 5000).toISOString() };
  return [{ ...rest, message: { role: "user", content: "Go on." }, ...own }];
}

/** All files of a trap by path relative to test/fixtures/traps. */
export function filesOf({ name, meaning, why, scenario: scene }: Design): Map<string, string | Uint8Array> {
  const trap = { meaning, why, ...(scene.env && { env: scene.env }), truth: truthOf(scene) };
  const files = new Map<string, string | Uint8Array>([[`${name}/trap.json`, `${JSON.stringify(trap, null, 2)}\n`]]);
  for (const [path, content] of Object.entries(scene.files)) {
    const text = typeof content === "string" || content instanceof Uint8Array;
    const bytes = text ? content : jsonl([...prompt(content, `${name} ${path}`), ...content]);
    files.set(`${name}/home/${path}`, bytes);
  }
  return files;
}

if (import.meta.main) {
  mkdirSync(TRAPS, { recursive: true });
  for (const old of readdirSync(TRAPS, { withFileTypes: true })) {
    if (old.isDirectory()) rmSync(join(TRAPS, old.name), { recursive: true });
  }
  writeFileSync(join(TRAPS, ".gitattributes"), "# The bytes are the point.\n**/home/** -text\n");
  for (const [path, bytes] of designs.flatMap((design) => [...filesOf(design)])) {
    mkdirSync(dirname(join(TRAPS, path)), { recursive: true });
    writeFileSync(join(TRAPS, path), bytes);
  }
  console.log(`${designs.length} traps`);
}
