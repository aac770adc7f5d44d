import { importedDays } from "../reports/shared/usage/imported-days.ts";
import { openLedger } from "../collector/open-ledger.ts";
import { dayObservations, parseDays, readJson } from "../import/files.ts";
import { prepare } from "../ledger/fold/prepare.ts";
import { FOREVER, systemZone } from "../model/calendar.ts";
import type { DayObservation } from "../model/observation.ts";
import { checkSettings } from "../install/machine.ts";
import { count } from "../render/format.ts";
import { PawprintError } from "../utils/errors.ts";
import { zoneFiles } from "../utils/files.ts";
import { ledgerPath } from "../utils/paths.ts";
import { clean } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";

/** The assistant that both file formats describe. */
const SOURCE = "claude-code";
const PROVENANCE_TITLES: Readonly<Record<string, string>> = {
  ccusage: "ccusage",
  "stats-cache": "Claude Code's own statistics",
};

/** Imports daily totals from other tools, for days whose transcripts are gone. */
const importDays: Command = {
  name: "import",
  purpose: "ledger",
  args: "<file>...",
  description:
    "import daily totals of days whose transcripts are gone: from ccusage daily --json or Claude Code's stats-cache.json",
  examples: [
    { args: "import ~/.claude/stats-cache.json", description: "days whose transcripts Claude Code has deleted" },
    { args: "import ccusage.json", description: "the saved output of ccusage daily --json" },
  ],
  related: ["daily", "prices"],
  async run({ args, env, settings, problems, places, clock, print }) {
    checkSettings({ problems }, "logging");
    if (args.length === 0) {
      throw new PawprintError(
        "bad_usage",
        "import needs at least one file",
        "for example: pawprint import ~/.claude/stats-cache.json",
      );
    }
    // All files are parsed before anything is written.
    const files: { path: string; days: DayObservation[] }[] = [];
    for (const path of args) files.push({ path, days: parseDays(await readJson(path), path) });

    using opened = openLedger(ledgerPath(settings, places), { env, home: places.home, now: () => clock.now() });
    const { ledger } = opened;
    const entries = prepare(
      ledger.machine,
      SOURCE,
      dayObservations(
        ledger.machine,
        SOURCE,
        files.flatMap(({ days }) => days),
      ),
    );
    ledger.ingest({ source: SOURCE, entries, skipped: [], restarted: [], files: [] });

    const { zone } = systemZone(env, zoneFiles);
    const whole = { filter: { from: 0, to: FOREVER }, zone, since: null, until: null };
    const known = await importedDays(whole, { queries: ledger.queries });
    const counting = new Set(known.map(idOf));
    for (const { path, days } of files) {
      const dates = [...new Map(days.map((day) => [day.date, day])).values()];
      const counted = dates.filter((day) => counting.has(idOf(day))).length;
      print(`${clean(path, 500)}: ${describe(dates)}`);
      if (dates.some(({ unsplit }) => unsplit > 0)) print(`  ${UNSPLIT_NOTE}`);
      if (counted > 0)
        print(
          `  ${daysText(counted)} ${counted === 1 ? "is" : "are"} counted: the ledger has no other data for ${counted === 1 ? "it" : "them"}`,
        );
      if (counted < dates.length) {
        print(
          `  ${daysText(dates.length - counted)} kept for comparison only: transcripts or a more complete import cover the same days`,
        );
      }
    }
    if ((await ledger.queries.span()) === null) {
      print(
        "nothing has been scanned yet; once pawprint scan finds responses of a day, the imported total of that day is no longer counted",
      );
    }
    return 0;
  },
};

export { importDays as import };

/** A caveat about Claude Code's own totals: it adds up transcript lines, by UTC day. */
const UNSPLIT_NOTE =
  "these totals are not split by token class and have no cost; they count a response once for each line it was written on";

const idOf = ({ date, provenance }: Pick<DayObservation, "date" | "provenance">): string => `${date} ${provenance}`;

const daysText = (days: number): string => `${count(days)} ${days === 1 ? "day" : "days"}`;

function describe(days: readonly DayObservation[]): string {
  const dates = days.map(({ date }) => date).toSorted();
  const [day] = days;
  if (!day) return "contains no days";
  return `${daysText(dates.length)} from ${PROVENANCE_TITLES[day.provenance] ?? day.provenance}, ${dates[0]} to ${dates.at(-1)}`;
}
