import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import zones from "../fixtures/cli/usage-zones.json";
import { quotasOf } from "../../src/model/quota.ts";
import { isUsageText, parseUsageText, type TextLimits } from "../../src/claude/usage-text.ts";

const NOW = Date.parse("2026-11-20T08:45:00.000Z");
const fixture = (path: string): Promise<string> => Bun.file(new URL(`../fixtures/${path}`, import.meta.url)).text();
const at = (resets_at: string | null, utilization: number): { utilization: number; resets_at: string | null } => ({
  utilization,
  resets_at,
});

const five = at("2026-11-20T10:56:00.000Z", 42);
const week = "2026-11-24T13:39:00.000Z";
const sonnet = { seven_day_sonnet: at(week, 5) };
const fable = { model_scoped: [{ display_name: "Fable", ...at(week, 9) }] };

/** The expected limits of each recorded text. */
const recorded: Readonly<Record<string, TextLimits | null>> = {
  "cli/oauth-p-usage-seed-full.stdout": { five_hour: five, seven_day: at(week, 17), ...sonnet, ...fable },
  "cli/oauth-p-usage-seed-stale10m.stdout": { five_hour: five, seven_day: at(week, 17), ...sonnet, ...fable },
  "cli/oauth-p-usage-seed-nolimits.stdout": { five_hour: five, seven_day: at(week, 17), ...sonnet },
  "cli/oauth-p-usage-seed-basic.stdout": { five_hour: five, seven_day: at(week, 17) },
  "cli/oauth-p-usage-seed-over.stdout": {
    five_hour: { ...five, utilization: 100 },
    seven_day: at(week, 17),
    ...sonnet,
    ...fable,
  },
  "cli/oauth-p-usage-seed-nulls.stdout": { five_hour: at(null, 0) },
  "cli/oauth-p-usage-seed-stale2h.stdout": null,
  "cli/key-p-usage.stdout": null,
  "screens/oauth-200x60-usage-cached.txt": {
    five_hour: at("2026-11-20T11:03:00.000Z", 42),
    seven_day: at("2026-11-24T13:46:00.000Z", 17),
    seven_day_sonnet: at("2026-11-24T13:46:00.000Z", 5),
    model_scoped: [{ display_name: "Fable", ...at("2026-11-24T13:46:00.000Z", 9) }],
  },
  "screens/oauth-200x60-usage-headers.txt": {
    five_hour: at("2026-11-20T10:36:00.000Z", 42),
    seven_day: at("2026-11-24T08:36:00.000Z", 17),
  },
  "screens/key-120x50-usage.txt": null,
};

test.each(Object.entries(recorded))("the limits in %s are parsed", async (path, limits) => {
  const text = await fixture(path);
  expect(parseUsageText(text, NOW)).toEqual(limits as TextLimits);
  expect(isUsageText(text)).toBe(true);
});

test.each(zones)("limits printed in $zone are parsed", ({ now, lines, five_hour, seven_day }) => {
  const limits = parseUsageText(lines.join("\n"), Date.parse(now));
  expect(limits).toEqual({ five_hour: at(five_hour, 42), seven_day: at(seven_day, 17) });
});

test("quotasOf reads parsed text like a get_usage answer", async () => {
  const rate_limits = parseUsageText(await fixture("cli/oauth-p-usage-seed-full.stdout"), NOW);
  expect(quotasOf({ text: "", rate_limits }).map(({ key, percent }) => [key, percent])).toEqual([
    ["five_hour", 42],
    ["seven_day", 17],
    ["model:Fable", 9],
    ["model:Sonnet", 5],
  ]);
});

describe("reset times", () => {
  const reset = (text: string, now: string, title = "Current week (all models)"): string | null | undefined => {
    const limits = parseUsageText(`${title}: 1% used · resets ${text}`, Date.parse(now));
    return (limits?.five_hour ?? limits?.seven_day)?.resets_at;
  };

  test.each([
    // without a date: the next such time
    ["10:56am (UTC)", "2026-11-20T08:00:00Z", "2026-11-20T10:56:00.000Z"],
    ["3pm (UTC)", "2026-11-20T15:30:00Z", "2026-11-21T15:00:00.000Z"],
    ["9pm (America/Denver)", "2026-03-12T20:00:00Z", "2026-03-13T03:00:00.000Z"],
    ["1:30pm (Asia/Calcutta)", "2025-10-23T10:00:00Z", "2025-10-24T08:00:00.000Z"],
    ["12am (UTC)", "2026-11-20T23:59:00Z", "2026-11-21T00:00:00.000Z"],
    ["12pm (UTC)", "2026-11-20T11:59:00Z", "2026-11-20T12:00:00.000Z"],
    ["15:00 (Europe/Berlin)", "2026-11-20T08:00:00Z", "2026-11-20T14:00:00.000Z"],
    // a time that has just passed is not tomorrow's
    ["10:56am (UTC)", "2026-11-20T10:58:00Z", "2026-11-20T10:56:00.000Z"],
    // without a year: the nearest such date
    ["Jan 2, 9am (UTC)", "2026-12-31T23:00:00Z", "2027-01-02T09:00:00.000Z"],
    ["Dec 31, 11pm (UTC)", "2027-01-01T00:30:00Z", "2026-12-31T23:00:00.000Z"],
    ["Feb 29, 9am (UTC)", "2028-02-27T00:00:00Z", "2028-02-29T09:00:00.000Z"],
    ["Jan 2, 2027, 9:59am (America/New_York)", "2026-12-31T00:00:00Z", "2027-01-02T14:59:00.000Z"],
    ["Oct 28 at 1:30pm (UTC)", "2026-10-25T00:00:00Z", "2026-10-28T13:30:00.000Z"],
    ["Dec 1 (UTC)", "2026-11-20T00:00:00Z", "2026-12-01T00:00:00.000Z"],
    // across clock changes: to winter time on Nov 1 and to summer time on Mar 14 in New York
    ["Nov 2, 9am (America/New_York)", "2026-10-30T12:00:00Z", "2026-11-02T14:00:00.000Z"],
    ["Oct 31, 9am (America/New_York)", "2026-10-30T12:00:00Z", "2026-10-31T13:00:00.000Z"],
    ["1:30am (America/New_York)", "2026-11-01T05:00:00Z", "2026-11-01T05:30:00.000Z"],
    ["1:30am (America/New_York)", "2026-11-01T05:45:00Z", "2026-11-01T06:30:00.000Z"],
    ["2:30am (America/New_York)", "2027-03-14T05:00:00Z", "2027-03-14T07:30:00.000Z"],
    ["9am (Australia/Lord_Howe)", "2026-10-03T12:00:00Z", "2026-10-03T22:00:00.000Z"],
  ])("the reset %s, read at %s, is resolved", (text, now, expected) => {
    expect(reset(text, now)).toBe(expected);
  });

  test("limits of up to an hour ago do not move a five-hour window to tomorrow", () => {
    expect(reset("10:56am (UTC)", "2026-11-20T11:40:00Z", "Current session")).toBe("2026-11-20T10:56:00.000Z");
  });

  test.each([
    "3pm (Mars/Olympus)",
    "3pm (PST8)",
    "25pm (UTC)",
    "13pm (UTC)",
    "9:75am (UTC)",
    "Feb 30, 9am (UTC)",
    "Foo 3, 9am (UTC)",
    "soon (UTC)",
    "Thursday 9pm (UTC)",
    "3pm",
  ])("the reset %s cannot be resolved", (text) => {
    expect(reset(text, "2026-11-20T08:00:00Z")).toBeNull();
  });

  test("any instant printed in any zone is parsed back", () => {
    const zone = fc.constantFrom(
      "UTC",
      "America/New_York",
      "Asia/Kolkata",
      "Asia/Kathmandu",
      "Pacific/Apia",
      "Australia/Lord_Howe",
    );
    const minutes = fc.integer({ min: 1, max: 7 * 1_440 });
    const now = fc.integer({ min: Date.parse("2025-01-01"), max: Date.parse("2035-01-01") });
    fc.assert(
      fc.property(zone, now, minutes, (timeZone, from, ahead) => {
        const reset = Math.floor(from / 60_000) * 60_000 + ahead * 60_000;
        const year = {
          timeZone,
          month: "short",
          day: "numeric",
          hour: "numeric",
          minute: "2-digit",
          hour12: true,
        } as const;
        const printed = new Intl.DateTimeFormat("en-US", year)
          .format(reset)
          .replace(/\s?([AP]M)/, (_, half: string) => half.toLowerCase());
        const found = parseUsageText(`Current week: 1% used · resets ${printed} (${timeZone})`, from)?.seven_day
          ?.resets_at;
        // If clocks go back, one printed time stands for two instants.
        expect(Math.abs(Date.parse(found ?? "") - reset) % 3_600_000).toBeOneOf([0, 1_800_000]);
        expect(Math.abs(Date.parse(found ?? "") - reset)).toBeLessThanOrEqual(3_600_000);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("older wordings", () => {
  test("the weekly limit of Opus in older versions is parsed", () => {
    const text =
      "Current session\n█ 12% used\nResets 5pm (Asia/Seoul)\n\nCurrent week (Opus)\n 63.5% used\nResets Nov 24, 5pm (Asia/Seoul)";
    expect(parseUsageText(text, NOW)).toEqual({
      five_hour: at("2026-11-20T08:00:00.000Z", 12),
      seven_day_opus: at("2026-11-24T08:00:00.000Z", 63.5),
    });
  });

  test("usage credits are not taken for a limit", () => {
    const text = "Current session\n42% used\n\nUsage credits\n24% used\n$1 / $2 spent · Resets Dec 1 (UTC)";
    expect(parseUsageText(text, NOW)).toEqual({ five_hour: at(null, 42) });
  });
});

describe("arbitrary text", () => {
  test("parseUsageText accepts any text without throwing", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseUsageText(text, NOW)));
    const piece = fc.constantFrom(
      "Current session",
      "Current week (",
      ")",
      ": ",
      "5% used",
      "resets ",
      "(UTC)",
      "3pm ",
      "\n",
      "·",
      "Nov 31, ",
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => void parseUsageText(pieces.join(""), NOW)),
      { numRuns: 1_000 },
    );
  });

  // A regular expression with exponential or quadratic time would exceed the time limit of the test.
  test("parseUsageText takes linear time for repetitive text", () => {
    for (const piece of [
      "Current session: 1% used · resets 3pm (UTC)\n",
      "resets ",
      "(",
      "1% used",
      "Current week (x): 2% used\n",
    ]) {
      parseUsageText(piece.repeat(100_000), NOW);
    }
  });

  test("an answer of a model is not taken for usage text", () => {
    expect(isUsageText("I cannot see your usage from here.")).toBe(false);
    expect(isUsageText("")).toBe(false);
  });
});
