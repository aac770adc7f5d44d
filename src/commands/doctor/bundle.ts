import { hostname, release } from "node:os";
import { version } from "../../../package.json";
import { readInstallRecord } from "../../install/installation.ts";
import { isCheckout } from "../../install/bundle.ts";
import { Ledger } from "../../ledger/sqlite/Ledger.ts";
import { ledgerSummary } from "../../ledger/sqlite/summary.ts";
import { segmentsByName } from "../../line/line.ts";
import { skipReasons } from "../../model/observation.ts";
import { recordKinds } from "../../model/record.ts";
import { logFiles } from "../../monitoring/LogFiles.ts";
import { sources } from "../../sources/registry.ts";
import type { Settings } from "../../utils/config.ts";
import { declarations } from "../../utils/declarations.ts";
import type { Declaration } from "../../utils/config-values.ts";
import { PawprintError } from "../../utils/errors.ts";
import { fields, msOf, parse, text, timeOf } from "../../utils/json.ts";
import { ledgerPath, logDirectory } from "../../utils/paths.ts";
import type { Machine } from "../../install/machine.ts";
import { readLines } from "../../utils/tail.ts";
import { type Check, knownCode, versionText } from "./check.ts";
import { iso } from "../../utils/clock.ts";
import { writtenFiles } from "../inventory/written-files.ts";

/** All messages that are written to pawprint.log. */
export const MESSAGES: ReadonlySet<string> = new Set([
  "Claude Code gave no usable answer",
  "recorded",
  "logging stopped",
  "some records were not written to all stores",
  "writing failed",
  "the ledger could not be queried",
]);
/** Number of the last messages in a bundle. */
const MAX_MESSAGES = 30;
/** How long to wait for another writer of the ledger, milliseconds. */
const BUSY_MS = 500;
const DAY_MS = 86_400_000;

/**
 * What helps to find a problem, for anybody to read. Nothing is taken over from outside and then redacted: every value is a number,
 * a time, a version number, or one of a closed list of words of this program.
 */
export async function bundleOf(machine: Machine, checks: readonly Check[]) {
  const { places, clock } = machine;
  const { found, foreign } = await writtenFiles(machine);
  return {
    written: iso(clock.now()),
    pawprint: version,
    bun: Bun.version,
    platform: process.platform,
    arch: process.arch,
    system: versionText(release()).shareable,
    program: Bun.isStandaloneExecutable
      ? "executable"
      : isCheckout(places.root)
        ? "checkout"
        : places.root === places.pets
          ? "installed"
          : "package",
    installed_lines: Object.keys(readInstallRecord(places)?.lines ?? {}).length,
    settings: changedSettings(machine.settings),
    setting_problems: machine.problems.map(({ kind, setting, allowed }) =>
      kind === "value" ? { setting: knownSetting(setting), allowed } : { setting: "an unknown name", allowed: null },
    ),
    checks: checks.map(({ name, state, shareable }) => ({ name: name.replace(/: .*/, ""), state, message: shareable })),
    files: found.map(({ what, paths, bytes }) => ({ what, files: paths.length, bytes })),
    files_of_others: foreign.length,
    ledger: await ledgerFacts(machine),
    messages: await lastMessages(machine),
  };
}

const knownSetting = (name: string): string =>
  Object.values(declarations).some(({ env }) => env === name) || name === "CLAUDE_CONFIG_DIR"
    ? name
    : "an unknown name";

/** The settings that differ from their defaults. Paths, and names that the user chose, are not shown. */
function changedSettings(settings: Settings): Record<string, unknown> {
  const changed = Object.entries(declarations).filter(
    ([key, declaration]) => !Bun.deepEquals(settings[key as keyof Settings], declaration.default),
  );
  return Object.fromEntries(
    changed.map(([key, declaration]) => [declaration.env, shownValue(declaration, settings[key as keyof Settings])]),
  );
}

function shownValue(declaration: Declaration, value: Settings[keyof Settings]): unknown {
  switch (declaration.kind) {
    case "boolean":
    case "integer":
    case "choice":
      return value;
    case "list":
      return Array.isArray(value)
        ? value.map((name) => (typeof name === "string" && segmentsByName.has(name) ? name : "[unknown]"))
        : [];
    case "names":
      return `[${Array.isArray(value) ? value.length : 0} names]`;
    case "text":
      return "[path]";
    case "word":
      return declaration.isSecret ? "[secret]" : "[text]";
  }
}

/** Numbers of rows and days, and versions of the assistants; null without a ledger, and the code of the error if it is unusable. */
async function ledgerFacts({ settings, places, problems }: Machine) {
  if (problems.some(({ group }) => group === "logging")) return null;
  const path = ledgerPath(settings, places);
  try {
    const summary = ledgerSummary(path);
    if (summary === null) return null;
    using ledger = new Ledger(path, hostname, { busyMs: BUSY_MS });
    const known = new Map(sources.map(({ name }) => [name, name]));
    const skipped = await ledger.queries.skipped();
    const versions = await ledger.queries.versions();
    return {
      responses: summary.responses,
      days: new Set(summary.times.map((ms) => Math.floor(ms / DAY_MS))).size,
      rows: summary.rows,
      versions: Object.fromEntries(
        [...versions].flatMap(([name, one]) => (known.has(name) ? [[name, versionText(one).shareable]] : [])),
      ),
      skipped: skipped.map(({ source, reason, files, places: lines }) => ({
        source: known.get(source) ?? "[unknown]",
        reason: skipReasons.includes(reason) ? reason : "[unknown]",
        files,
        places: lines,
      })),
    };
  } catch (error) {
    if (error instanceof PawprintError) return { error: error.code };
    throw error;
  }
}

/** The last messages of the worker and of commands: time, level, which message it is, and the code of an error. */
async function lastMessages({ settings, places, problems }: Machine) {
  if (problems.some(({ group }) => group === "logging")) return [];
  const { messages } = logFiles(await logDirectory(settings, places), places.scope);
  const last: object[] = [];
  for (const line of linesOf(messages)) {
    const { level, time, msg, code, kind, trouble } = parse(line) ?? {};
    const at = timeOf(time) ?? msOf(time);
    last.push({
      time: at === null ? null : iso(at),
      level: typeof level === "number" ? level : null,
      message: MESSAGES.has(text(msg)) ? msg : "[unknown]",
      kind: recordKinds.find((one) => one === kind) ?? null,
      code: knownCode(code) ?? knownCode(fields(trouble)["code"]),
    });
    if (last.length > MAX_MESSAGES) last.shift();
  }
  return last;
}

function linesOf(path: string): Iterable<string> {
  try {
    return [...readLines(path)];
  } catch {
    return [];
  }
}
