import { expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKSUMS, checksumsText, MANIFEST, manifestText } from "../../src/commands/archive/manifest.ts";
import { END_OF_ARCHIVE, headerOf, paddingOf } from "../../src/commands/archive/tar.ts";
import { recordedHome } from "../entry-points/ledger-home.ts";
import type { Home } from "../entry-points/program.ts";

/** The Pawprint directory of a home. */
export const pets = (home: Home): string => join(home.path, ".claude/pets");

/** A price list of the user's own: every model costs as much as the most expensive one, or more. */
const PRICES = JSON.stringify({
  rows: [{ models: ["claude-*"], input: 100, output: 500, cacheWrite5m: 125, cacheWrite1h: 200, cacheRead: 10 }],
});

/** A home with a ledger, a log in two files and a database, prices and settings. */
export async function usedHome(storage = "hybrid"): Promise<Home> {
  const home = recordedHome();
  mkdirSync(pets(home), { recursive: true });
  const settings = [
    "PET_USAGE_LOGGING_ENABLED=true",
    `PET_LOG_DIR=${home.logs}`,
    `PET_LOG_STORAGE_TYPE=${storage}`,
    "PET_NAME=Mia",
    "",
  ];
  writeFileSync(join(pets(home), ".env"), settings.join("\n"));
  writeFileSync(join(pets(home), "prices.json"), PRICES);
  for (const args of [["capture"], ["capture", "status"], ["scan", "--wait"]])
    expect(await home.run("cli", args)).toMatchObject({ code: 0 });
  writeFileSync(join(home.logs, "usage.jsonl.000001"), readFileSync(join(home.logs, "usage.jsonl")));
  return home;
}

/** Runs a command that prints JSON. */
export async function json(home: Home, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await home.run("cli", [...args, "--json"]);
  expect({ args, code, err }).toEqual({ args, code: 0, err: "" });
  return JSON.parse(out) as Record<string, unknown>;
}

/** The bytes of an archive with these files, whose checksums are right. */
export function archiveOf(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const sha256 = (content: string | Buffer): string => new Bun.CryptoHasher("sha256").update(content).digest("hex");
  const list = Object.entries(files).map(([name, content]) => ({
    name,
    size: Buffer.byteLength(content),
    sha256: sha256(content),
  }));
  const about = { program: "0.1.0", created: "2026-11-20T00:00:00.000Z", machine: "m", responses: null };
  const manifest = manifestText({ ...about, files: list });
  const checksums = checksumsText([...list, { name: MANIFEST, sha256: sha256(manifest) }]);
  const all = Object.entries({ ...files, [MANIFEST]: manifest, [CHECKSUMS]: checksums });
  const parts = all.flatMap(([name, content]) => {
    const size = Buffer.byteLength(content);
    return [headerOf(name, size, 1_780_000_000), Buffer.from(content), new Uint8Array(paddingOf(size))];
  });
  return Buffer.concat([...parts, END_OF_ARCHIVE]);
}
