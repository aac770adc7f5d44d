import { type RecordKind, recordKinds } from "../model/record.ts";
import { checkSettings } from "../install/machine.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import type { OpenSink } from "../monitoring/sinks/contract.ts";
import { PawprintError } from "../utils/errors.ts";
import { logDirectory } from "../utils/paths.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import { type Command, recordKindOf } from "./contract.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const POLL_MS = 500;

/** Prints the records of all rotated files, oldest first. */
export const logs: Command = {
  name: "logs",
  purpose: "log",
  args: `[${recordKinds.join("|")}]`,
  argValues: [recordKinds],
  description: "print the records of all log files, oldest first; one JSON object per line",
  options: [
    { name: "since", value: "30m, 12h, 1d, 2w or a date", description: "only records from this time on" },
    { name: "follow", aliases: ["f"], description: "keep printing new records as they arrive" },
  ],
  examples: [
    { args: "logs usage --since 1d", description: "usage records of the last 24 hours" },
    { args: "logs status", description: "all status records" },
    { args: "logs limits --follow", description: "readings of limits as they arrive" },
  ],
  related: ["schema", "limits"],
  async run({ args, options, places, settings, problems, clock, print, warn }) {
    checkSettings({ problems }, "logging");
    const kind = recordKindOf(args);
    const since = typeof options["since"] === "string" ? sinceOf(options["since"], clock.now()) : 0;
    const directory = await logDirectory(settings, places);
    const sink = openSink(settings, places, directory);
    try {
      const seen = new Set<string>();
      let from = printNew(sink, kind, since, seen, print);
      if (seen.size === 0 && !options["follow"]) {
        const hint = settings.loggingEnabled ? "" : "; logging is off: pawprint install --log turns it on";
        warn(`no ${kind} records in ${clean(directory, 500)}${hint}`);
      }
      while (options["follow"]) {
        await clock.sleep(POLL_MS);
        from = printNew(sink, kind, from, seen, print);
      }
    } finally {
      sink.close();
    }
    return 0;
  },
};

/** Prints records that were not printed yet, in time order; returns the time (epoch milliseconds) to read from next. */
function printNew(
  sink: OpenSink,
  kind: RecordKind,
  since: number,
  seen: Set<string>,
  print: (line: string) => void,
): number {
  const fresh = [...sink.read(kind, since)].filter(({ id }) => !seen.has(id));
  for (const record of fresh.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))) {
    seen.add(record.id);
    print(jsonText({ ...record, scope: undefined }));
  }
  const newest = fresh.map(({ timestamp }) => Date.parse(timestamp)).reduce((a, b) => Math.max(a, b), since);
  return Math.max(since, newest - 60_000);
}

/** Parses a duration back from now (30m, 12h, 1d, 2w) or a date into epoch milliseconds. Throws bad_usage. */
export function sinceOf(text: string, now: number): number {
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  const ms = match ? now - Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0) : Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new PawprintError(
    "bad_usage",
    `invalid value for --since: "${text}"`,
    "for example 30m, 12h, 1d, 2w or 2026-11-20",
  );
}
