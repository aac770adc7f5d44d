import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  addDays,
  dateOf,
  localClock,
  offsetsIn,
  startOfDay,
  systemZone,
  type ZoneFiles,
} from "../../src/model/calendar.ts";
import { fileRules, posixRules } from "../../src/model/zone-rules.ts";
import { zoneFiles } from "../../src/utils/files.ts";

/** What `date` prints for some seconds since 1970 with TZ set to a zone: local time and offset. */
function printed(zone: string, seconds: readonly number[], env: Record<string, string> = {}): string[] {
  const child = Bun.spawnSync(["date", "-f", "-", "+%Y-%m-%dT%H:%M:%S"], {
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: zone, ...env },
    stdin: new TextEncoder().encode(seconds.map((one) => `@${one}\n`).join("")),
  });
  return child.stdout.toString().trim().split("\n");
}

const none: ZoneFiles = { link: () => null, bytes: () => null };
const read = (zone: string, seconds: readonly number[]): string[] => {
  const found = systemZone({ TZ: zone }, zoneFiles);
  expect(found.problem).toBeNull();
  return seconds.map((one) => localClock(found.zone, one * 1_000).slice(0, "YYYY-MM-DDTHH:MM:SS".length));
};

/**
 * Every third hour of three years, one of them a leap year, with some seconds around each change; and some distant
 * instants.
 */
const YEARS = Array.from({ length: 3 * 366 * 8 }, (_, at) => Date.UTC(2027, 0, 1) / 1_000 + at * 3 * 3_600);
const FAR = [0, 1, 951_782_400, 1_709_164_800, 4_102_444_799, 4_102_444_800, 7_258_118_399];

/** `date` of GNU coreutils gives the expected results; other systems have another program of that name. */
const gnu = process.platform === "linux" && Bun.which("date") !== null;

describe.if(gnu)("values of TZ, compared with date", () => {
  test.each([
    "JST-9",
    ":JST-9",
    "UTC0",
    "XYZ-5:45",
    "XYZ3:30:15",
    "<+0330>-3:30",
    "<-03>3",
    "EST5EDT,M3.2.0,M11.1.0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "NZST-12NZDT,M9.5.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "AAA3BBB,J60/0,J300",
    "AAA3BBB,59/0,300",
    "AAA3BBB,J59,J365/12",
    "AAA-3BBB,M3.4.4/50,M10.4.4/50",
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    "EET-2EEST,M3.5.0/3,M10.5.0/-24:30",
    "IST-2IDT,M3.4.4/26,M10.5.0",
    "AAA+5BBB+3:30,M4.1.0/2:30,M9.3.6/1:15:30",
  ])("the POSIX string %s gives the same local times as date", (zone) => {
    const rules = posixRules(zone.replace(/^:/, ""));
    if (!rules) throw new Error("no rules");
    const changes: number[] = [];
    let at: number | null = Date.UTC(2027, 0, 1);
    for (; at !== null && at < Date.UTC(2030, 0, 1); at = rules.nextChange(at)) changes.push(at / 1_000);
    const seconds = [...YEARS, ...FAR, ...changes.flatMap((one) => [one - 1, one, one + 1])];
    expect(read(zone, seconds)).toEqual(printed(zone, seconds));
  });

  test("any offset and rules give the same local times as date", () => {
    const two = (most: number) => fc.integer({ min: 0, max: most }).map((one) => String(one).padStart(2, "0"));
    const offset = fc.tuple(fc.constantFrom("", "+", "-"), two(14), two(59)).map(([sign, h, m]) => `${sign}${h}:${m}`);
    const day = fc.oneof(
      fc
        .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 6 }))
        .map(([month, week, weekday]) => `M${month}.${week}.${weekday}`),
      fc.integer({ min: 1, max: 365 }).map((one) => `J${one}`),
      fc.integer({ min: 0, max: 365 }).map(String),
    );
    const time = fc.integer({ min: -30, max: 60 }).map((hours) => `/${hours}`);
    const change = fc.tuple(day, fc.oneof(fc.constant(""), time)).map((parts) => parts.join(""));
    const text = fc.tuple(offset, change, change).map(([by, start, end]) => `AAA${by}BBB,${start},${end}`);
    const instants = fc.array(fc.integer({ min: 0, max: 4_000_000_000 }), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(text, instants, (zone, seconds) => {
        expect(read(zone, seconds)).toEqual(printed(zone, seconds));
      }),
      { numRuns: 60 },
    );
  });

  test.each(
    [
      "/usr/share/zoneinfo/Asia/Tokyo",
      ":/usr/share/zoneinfo/America/Sao_Paulo",
      ":Asia/Kathmandu",
      "posix/Africa/Casablanca",
      "/usr/share/zoneinfo/posix/Africa/Cairo",
      "",
      ":",
      // Not every system has this folder.
    ].filter((zone) => !zone.includes("posix/") || existsSync("/usr/share/zoneinfo/posix")),
  )("the path or name %j gives the same local times as date", (zone) => {
    const seconds = [...YEARS, ...FAR.filter((one) => one >= 951_782_400)];
    expect(read(zone, seconds)).toEqual(printed(zone, seconds));
  });
});

describe("files of the zone database", () => {
  test.each(["Africa/Casablanca", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Dublin"])(
    "a copy of the file of %s has the same offsets and days as the engine's zone",
    (name) => {
      const bytes = readFileSync(`/usr/share/zoneinfo/${name}`);
      const { zone } = systemZone({ TZ: "/copies/of/it" }, { ...none, bytes: () => bytes });
      expect(zone).toBe("/copies/of/it");
      const [from, to] = [Date.UTC(2020, 0, 1), Date.UTC(2045, 0, 1)];
      expect(offsetsIn(zone, from, to)).toEqual(offsetsIn(name, from, to));
      for (let date = "2026-01-01"; date < "2028-01-01"; date = addDays(date, 1)) {
        expect([date, startOfDay(zone, date)]).toEqual([date, startOfDay(name, date)]);
        expect(dateOf(zone, startOfDay(zone, date))).toBe(date);
      }
    },
  );

  test("any bytes give null or rules with an offset for any time", () => {
    const tokyo = readFileSync("/usr/share/zoneinfo/Asia/Tokyo");
    const cut = fc.integer({ min: 0, max: tokyo.length }).map((length) => tokyo.subarray(0, length));
    const changed = fc
      .tuple(fc.integer({ min: 0, max: tokyo.length - 1 }), fc.integer({ min: 0, max: 255 }))
      .map(([at, byte]) => tokyo.map((old, place) => (place === at ? byte : old)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), cut, changed), fc.integer(), (bytes, ms) => {
        const rules = fileRules(bytes);
        if (rules) expect(Number.isFinite(rules.offsetAt(ms))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("a file that claims to have four billion offsets is rejected", () => {
    const bytes = Uint8Array.from(readFileSync("/usr/share/zoneinfo/Asia/Tokyo"));
    const second = Buffer.from(bytes).indexOf("TZif", 4);
    new DataView(bytes.buffer).setUint32(second + 36, 0xffff_ffff);
    expect(fileRules(bytes)).toBeNull();
  });

  test("a link to a zone file gives its name, and a FIFO does not block", () => {
    const folder = mkdtempSync(join(tmpdir(), "pawprint-zone-"));
    try {
      const [link, fifo, text] = ["link", "fifo", "text"].map((name) => join(folder, name)) as [string, string, string];
      symlinkSync("/usr/share/zoneinfo/Asia/Kolkata", link);
      writeFileSync(text, "no zone");
      Bun.spawnSync(["mkfifo", fifo]);
      expect(systemZone({ TZ: `:${link}` }, zoneFiles)).toEqual({ zone: "Asia/Kolkata", problem: null });
      for (const path of [fifo, text, join(folder, "missing")]) {
        expect(systemZone({ TZ: path }, zoneFiles)).toMatchObject({
          zone: "UTC",
          problem: expect.stringContaining(`TZ is "${path}"`),
        });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("values of TZ that cannot be read", () => {
  test.each([
    "Mars/Base",
    "Foo",
    "JST",
    "JST-25",
    "JST-9:60",
    "EST5EDT,M13.1.0,M11.1.0",
    "EST5EDT,M3.2.0",
    "<+0330>",
    "JST-9x",
  ])("TZ=%s is reported as a problem, and the zone is UTC", (zone) => {
    expect(systemZone({ TZ: zone }, none)).toMatchObject({ zone: "UTC", problem: expect.stringContaining(zone) });
  });
});

test("without TZ the zone is that of /etc/localtime, by the target of the link or by the file's rules", () => {
  const link = (target: string): ZoneFiles => ({ ...none, link: () => target });
  expect(systemZone({}, link("../usr/share/zoneinfo/Europe/Berlin"))).toEqual({ zone: "Europe/Berlin", problem: null });
  const bytes = readFileSync("/usr/share/zoneinfo/Asia/Tokyo");
  const { zone } = systemZone({}, { ...none, bytes: () => bytes });
  expect(localClock(zone, 0)).toBe("1970-01-01T09:00:00.000Z");
});
