import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "../../src/cli/command-line.ts";
import { commandHelp, FIRST_STEPS, firstPart, programHelp, PURPOSES } from "../../src/cli/help.ts";
import { reportCommand } from "../../src/cli/report-command.ts";
import { flagsOf } from "../../src/commands/contract.ts";
import { commands } from "../../src/commands/registry.ts";
import { reports } from "../../src/reports/registry.ts";
import { openStore } from "../../src/hub/store.ts";
import { lookUp } from "../../src/utils/registry.ts";
import { styleOf, width } from "../../src/utils/terminal.ts";
import { freshHome } from "../entry-points/program.ts";

const all = [...commands, ...reports.map(reportCommand)];
const shown = all.filter(({ internal }) => !internal);
const styles = [false, true].map((colour) => styleOf({ theme: "classic", glyphs: "unicode", colour, links: false }));
const [plain = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false })] = styles;

/** Parses an example as the program would; throws if it could not be run. */
function parseExample(args: string): { name: string; options: Readonly<Record<string, string | true>> } {
  const [name = "", ...rest] = args.split(" ");
  const command = lookUp(shown, name);
  if (!command) throw new Error(`no command ${name}`);
  return { name: command.name, options: parse(command, rest).options };
}

describe.each(shown.map((command) => [command.name, command] as const))("command %s", (name, command) => {
  test("has one to four examples of itself that can be parsed", () => {
    const { examples = [] } = command;
    expect(examples.length).toBeWithin(1, 5);
    for (const { args, description } of examples) {
      const parsed = parseExample(args);
      expect(parsed.name).toBe(name);
      for (const { name: option, values } of command.options ?? [])
        if (values && option in parsed.options) expect(values).toContain(String(parsed.options[option]));
      expect(description).toMatch(/^\S.{5,70}\S$/);
    }
  });

  test("refers only to commands that the help shows, and not to itself", () => {
    const { related = [] } = command;
    expect(related.filter((one) => lookUp(shown, one) === undefined || one === name)).toEqual([]);
  });

  test("belongs to a purpose, or is a report", () => {
    expect([Object.keys(PURPOSES).includes(String(command.purpose)), command.isReport === true]).toContain(true);
  });

  test("has options with different names and placeholders for values", () => {
    const flags = (command.options ?? []).flatMap(flagsOf);
    expect(new Set(flags).size).toBe(flags.length);
    for (const { value, values, description } of command.options ?? []) {
      if (values) expect(value).toMatch(/\S/);
      expect(description).toMatch(/\S/);
    }
  });

  test("has descriptions of which the first part fits beside the names in a terminal of 80 columns", () => {
    const descriptions = [command, ...(command.options ?? [])].map(({ description }) => firstPart(description));
    expect(descriptions.filter((one) => width(one) > 60 || width(one) < 8)).toEqual([]);
  });

  test("has a help of whole words that fits the terminal", () => {
    for (const style of styles) {
      for (const columns of [60, 80, 100, 140, 200, 500]) {
        const lines = commandHelp(name, { commands: all, style, columns });
        expect(lines.filter((line) => width(line) > Math.min(columns, 200))).toEqual([]);
        expect(lines.filter((line) => /undefined|\n/.test(line))).toEqual([]);
      }
    }
    const text = commandHelp(name, { commands: all, style: plain, columns: 200 }).join("\n");
    expect(text).toStartWith("Examples\n");
    expect(command.description).toMatch(/\S/);
    for (const { name: option, description } of command.options ?? []) {
      expect(text).toContain(option);
      expect(text.replaceAll(/\s+/g, " ")).toContain(description);
    }
    expect(text.replaceAll(/\s+/g, " ")).toContain(command.description);
  });
});

describe("the names of commands and reports", () => {
  test("are different, aliases included", () => {
    const names = all.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});

describe("the help of the program", () => {
  test("has one line that fits the terminal for each command and report that is not internal", () => {
    for (const style of styles) {
      for (const columns of [60, 80, 140, 200]) {
        const lines = programHelp({ commands: all, style, columns });
        expect(lines.filter((line) => width(line) > columns || line.includes("…"))).toEqual([]);
        for (const { name, internal } of all)
          expect(lines.filter((line) => line.startsWith(`  ${name} `))).toHaveLength(internal ? 0 : 1);
      }
    }
  });

  test("begins with at most five command lines that can be run", () => {
    expect(FIRST_STEPS.length).toBeWithin(3, 6);
    for (const { args } of FIRST_STEPS) expect(() => parseExample(args)).not.toThrow();
  });
});

test.each([
  ["no end", "no end"],
  ["the first part: the second part; the third", "the first part"],
  ["the first part; the second: with a colon", "the first part"],
  ["the first (with a note: here) and more", "the first"],
  ["at 12:30, or a:b", "at 12:30, or a:b"],
])("the first part of %j is %j", (text, part) => {
  expect(firstPart(text)).toBe(part);
});

describe("the examples of the reports", () => {
  const home = freshHome();
  // Some run over the hub of this machine.
  mkdirSync(join(home.path, ".claude/pets"), { recursive: true, mode: 0o700 });
  openStore(join(home.path, ".claude/pets/hub.db"), () => "hub")[Symbol.dispose]();
  afterAll(() => home[Symbol.dispose]());
  test.each(reports.flatMap(({ examples = [] }) => examples.map(({ args }) => [args] as const)))(
    "the example pawprint %s runs",
    async (args) => {
      const { code, err } = await home.run("cli", args.split(" "));
      expect([code, err]).toEqual([0, ""]);
    },
  );
});

test("the pages of the project name no command that does not exist", () => {
  const page = readFileSync(join(import.meta.dir, "../../README.md"), "utf8");
  const named = [...page.matchAll(/`pawprint ([a-z]+)/g)].map(([, name = ""]) => name);
  expect(named.filter((name) => lookUp(all, name) === undefined)).toEqual([]);
});
