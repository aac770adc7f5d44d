import { type LogRecord, type RecordKind, recordKinds } from "../model/record.ts";
import { checkLogSettings } from "../install/machine.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import type { OpenSink } from "../monitoring/sinks/contract.ts";
import { PawprintError } from "../utils/errors.ts";
import { logDirectory } from "../utils/paths.ts";
import { jsonText } from "../utils/terminal.ts";
import { type Command, kindOf } from "./contract.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const POLL_MS = 500;

/** Prints records over all rotated files, oldest first. */
export const logs: Command = {
  name: "logs",
  words: `[${recordKinds.join("|")}]`,
  description: "print records, oldest first, over all rotated files; one JSON object a line",
  options: [
    { name: "since", value: "30m, 12h, 1d, 2w or a date", description: "only records that are not older" },
    { name: "f", description: "go on with new records as they come" },
  ],
  async run({ words, options, places, settings, problems, clock, print, warn }) {
    checkLogSettings({ problems });
    const kind = kindOf(words);
    const since = typeof options["since"] === "string" ? sinceOf(options["since"], clock.now()) : 0;
    const directory = await logDirectory(settings, places);
    const sink = openSink(settings, places, directory);
    try {
      const seen = new Set<string>();
      let from = printNew(sink, kind, since, seen, print);
      if (seen.size === 0 && !options["f"]) warn(`no ${kind} records in ${directory}`);
      while (options["f"]) {
        await clock.sleep(POLL_MS);
        from = printNew(sink, kind, from, seen, print);
      }
    } finally {
      sink.close();
    }
    return 0;
  },
};

/** Prints what was not printed yet in time order; returns the time from which newer records are to be looked for. */
function printNew(
  sink: OpenSink,
  kind: RecordKind,
  since: number,
  seen: Set<string>,
  print: (line: string) => void,
): number {
  const fresh: LogRecord[] = [...sink.read(kind, since)].filter(({ id }) => !seen.has(id));
  for (const record of fresh.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))) {
    seen.add(record.id);
    print(jsonText(record));
  }
  const newest = fresh.map(({ timestamp }) => Date.parse(timestamp)).reduce((a, b) => Math.max(a, b), since);
  return Math.max(since, newest - 60_000);
}

/** A stretch back from now (30m, 12h, 1d, 2w) or a date, as epoch milliseconds. Throws bad_usage. */
export function sinceOf(text: string, now: number): number {
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  const ms = match ? now - Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0) : Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new PawprintError(
    "bad_usage",
    `--since does not understand "${text}"`,
    "for instance 30m, 12h, 1d, 2w or 2026-11-20",
  );
}
