import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ccusageOptions, optionsOf, refusedBy } from "../../src/cli/report-options.ts";
import type { Option } from "../../src/commands/contract.ts";
import { reportNamed } from "../contracts/report-home.ts";
import { freshHome, type Home, machineTime } from "../entry-points/program.ts";
import { ccusage, expectSame, type Fields, runCcusage } from "./ccusage.ts";
import { writeCorpus } from "./corpus.ts";

const DAY_MS = 86_400_000;
const NAMES = ["daily", "weekly", "monthly", "session", "blocks"];
const days = ["monday", "tuesday", "saturday"];

/** Command lines that both programs understand. */
const BOTH: readonly string[] = [
  ...NAMES.flatMap((name) => [
    `${name} -j -O -z UTC -s 20260310 -u 20260405`,
    `${name} --json --offline --timezone Asia/Kolkata --since 2026-03-10 --until 2026-04-05 --breakdown`,
    `${name} -j -O -z Europe/Berlin -m calculate -b`,
  ]),
  ...["daily", "weekly", "monthly", "blocks"].map((name) => `${name} -j -O -z UTC -o desc`),
  "daily -j -O -z UTC -i",
  "daily --json --offline --timezone UTC --instances --order desc --since 20260401",
  "daily -j -O -z UTC --project=-home-ada-work-api",
  ...days.map((day) => `weekly -j -O -z UTC --start-of-week ${day}`),
  "weekly -j -O -z UTC -w friday --order desc",
];
/** The same where the result depends on the time of day. */
const NOW: readonly string[] = [
  ...["daily", "weekly", "monthly"].flatMap((name) => [1, 2, 5].map((count) => `${name} -j -O -z UTC --last ${count}`)),
  "weekly -j -O -z UTC --last 2 -w wednesday",
  "blocks -j -O -z UTC -a",
];

describe.skipIf(!ccusage)("a command line written for ccusage", () => {
  let [past, recent]: Home[] = [];
  beforeAll(() => {
    [past, recent] = [freshHome(machineTime), freshHome(machineTime)];
    writeCorpus(past.path);
    // The same sessions, of which the last one ends now.
    writeCorpus(recent.path, Date.now() - writeCorpus(recent.path, 0));
  });
  afterAll(() => [past, recent].forEach((home) => home?.[Symbol.dispose]()));

  test.each([...BOTH.map((line) => [line, false] as const), ...NOW.map((line) => [line, true] as const)])(
    "%s gives the same fields and values",
    async (line, isRecent) => {
      const home = isRecent ? recent : past;
      if (!home) throw new Error("no home");
      const args = line.split(" ");
      const both = async () => ({ theirs: await runCcusage(home.path, args), ours: await home.run("cli", args) });
      const today = (): number => Math.floor(Date.now() / DAY_MS);
      const before = today();
      const first = await both();
      // At midnight the two programs may see different days.
      const { theirs, ours } = today() === before ? first : await both();
      expect({ code: ours.code, err: ours.err }).toEqual({ code: 0, err: "" });
      const [left, right] = [theirs, ours.out].map((text) => JSON.parse(text) as Fields);
      expectSame(comparable(left, line), right, line);
      const list = Object.values(left ?? {}).find((one) => typeof one === "object");
      expect(Object.keys(list as object).length).toBeGreaterThan(0);
    },
  );

  test.each(NAMES.flatMap((name) => [`claude ${name}`, name]))(
    "ccusage %s has no flag that we do not know",
    async (command) => {
      const folder = mkdtempSync(join(tmpdir(), "pawprint-ccusage-help-"));
      const child = Bun.spawn([ccusage ?? "", ...command.split(" "), "--help"], {
        env: { HOME: folder },
        stdio: ["ignore", "pipe", "ignore"],
      });
      const help = await child.stdout.text();
      rmSync(folder, { recursive: true });
      const flags = help.matchAll(/^ {2}(?:-(\w), )?--([\w-]+)/gm).flatMap(([, short, long = ""]) => [short, long]);
      const report = reportNamed(command.split(" ").at(-1) ?? "");
      const listed = new Set(ccusageOptions().flatMap(({ option }) => namesOf(option)));
      const taken = [...optionsOf(report), ...refusedBy(report)].flatMap(namesOf);
      const known = new Set(taken.filter((name) => listed.has(name)));
      const others = new Set(["h", "help", "v", "version"]);
      const unknown = [...flags].filter((flag) => flag !== undefined && !known.has(flag) && !others.has(flag));
      expect(unknown).toEqual([]);
    },
  );
});

/**
 * What both programs define in the JSON of ccusage: no projection, which depends on the minute; no project of a day that is
 * not split by project, and no pause after the last window of a range.
 */
function comparable(json: Fields | undefined, line: string): unknown {
  const isDropped = (key: string, value: unknown): boolean =>
    (key === "projection" && value !== null) || (key === "project" && !/-i|--instances/.test(line));
  const kept = JSON.parse(
    JSON.stringify(json, (key, value: unknown) => (isDropped(key, value) ? undefined : value)),
  ) as Fields;
  const { blocks } = kept;
  return Array.isArray(blocks) ? { ...kept, blocks: blocks.slice(0, lastWindow(blocks as Fields[])) } : kept;
}

const lastWindow = (blocks: readonly Fields[]): number => blocks.findLastIndex(({ isGap }) => isGap !== true) + 1;
const namesOf = ({ name, aliases = [] }: Pick<Option, "name" | "aliases">): string[] => [name, ...aliases];
