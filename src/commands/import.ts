import { importedDays } from "../reports/shared/usage/imported-days.ts";
import { openLedger } from "../collector/open.ts";
import { observed, parseDays, readJson } from "../import/files.ts";
import { prepare } from "../ledger/fold/prepare.ts";
import { FOREVER, systemZone } from "../model/calendar.ts";
import type { DayObservation } from "../model/observation.ts";
import { checkLogSettings } from "../install/machine.ts";
import { count } from "../render/format.ts";
import { PawprintError } from "../utils/errors.ts";
import { zoneFiles } from "../utils/files.ts";
import { ledgerPath } from "../utils/paths.ts";
import { clean } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";

/** The assistant that both sorts of files are about. */
const SOURCE = "claude-code";
const OF: Readonly<Record<string, string>> = { ccusage: "ccusage", "stats-cache": "Claude Code's own statistics" };

/** Takes in what others summed up, for the days from which no transcript is left. */
const importDays: Command = {
  name: "import",
  words: "<file>...",
  description: "take in days from ccusage daily --json or Claude Code's stats-cache.json that no transcript is left of",
  async run({ words, env, settings, problems, places, clock, print }) {
    checkLogSettings({ problems });
    if (words.length === 0) {
      throw new PawprintError(
        "bad_usage",
        "import needs a file",
        "for instance: pawprint import ~/.claude/stats-cache.json",
      );
    }
    // All files are understood before anything of one is written.
    const files: { path: string; days: DayObservation[] }[] = [];
    for (const path of words) files.push({ path, days: parseDays(await readJson(path), path) });

    using opened = openLedger(ledgerPath(settings, places), { env, home: places.home, now: () => clock.now() });
    const { ledger } = opened;
    const entries = prepare(
      ledger.machine,
      SOURCE,
      observed(
        ledger.machine,
        SOURCE,
        files.flatMap(({ days }) => days),
      ),
    );
    ledger.ingest({ source: SOURCE, entries, skipped: [], restarted: [], files: [] });

    const { zone } = systemZone(env, zoneFiles);
    const whole = { filter: { from: 0, to: FOREVER }, zone, since: null, until: null };
    const known = importedDays(whole, { queries: ledger.queries });
    const counting = new Set(known.map(idOf));
    for (const { path, days } of files) {
      const dates = [...new Map(days.map((day) => [day.date, day])).values()];
      const counted = dates.filter((day) => counting.has(idOf(day))).length;
      print(`${clean(path, 500)}: ${describe(dates)}`);
      if (dates.some(({ unsplit }) => unsplit > 0)) print(`  ${UNSPLIT}`);
      if (counted > 0) print(`  ${daysText(counted)} counted: nothing else is known of them`);
      if (counted < dates.length) {
        print(`  ${daysText(dates.length - counted)} kept as a comparison: known from transcripts or a fuller import`);
      }
    }
    if (ledger.queries.span() === null) {
      print("nothing was scanned yet: a day that pawprint scan finds responses of is no longer counted from here");
    }
    return 0;
  },
};

export { importDays as import };

/** What is to be known of sums that Claude Code keeps: it adds up the lines of transcripts, by days of UTC. */
const UNSPLIT =
  "sums over all classes of tokens, without cost; a response counts once for each line that it was written on";

const idOf = ({ date, provenance }: Pick<DayObservation, "date" | "provenance">): string => `${date} ${provenance}`;

const daysText = (days: number): string => `${count(days)} ${days === 1 ? "day" : "days"}`;

function describe(days: readonly DayObservation[]): string {
  const dates = days.map(({ date }) => date).toSorted();
  const [day] = days;
  if (!day) return "no day in it";
  return `${daysText(dates.length)} from ${OF[day.provenance] ?? day.provenance}, ${dates[0]} to ${dates.at(-1)}`;
}
