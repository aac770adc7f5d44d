import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { ISOLATED } from "../../../src/utils/paths.ts";
import { entryPath, freshHome, recorded } from "../../entry-points/program.ts";
import { randomBelow, type Campaign, inParallel, Tally } from "./campaign.ts";
import { freshHarness } from "./harness.ts";
import { waitFor, remainingProcesses } from "./processes.ts";

const NUMBERS = { quick: { payloads: 40, huge: 1 }, full: { payloads: 2_000, huge: 12 } } as const;

/** Input that Claude Code never sends. */
export const stdin: Campaign = {
  name: "stdin",
  promise:
    "for any stdin, however it arrives, the line has one or two rows that fit, exits with 0 and writes nothing to stderr",
  async run(scale) {
    const tally = new Tally();
    const { payloads, huge } = NUMBERS[scale];
    const seed = randomBelow(2 ** 31);
    const chosen = [...fc.sample(payload, { numRuns: payloads, seed }), ...hugePayloads.slice(0, huge)];
    const bad: unknown[] = [];
    const times: number[] = [];
    using home = freshHome();
    await inParallel(chosen.length, 4, async (index) => {
      const given = chosen[index] as Payload;
      const found = await runLine(given, home.path);
      if (found.why !== null) bad.push({ ...found, ...described(given) });
      times.push(found.ms);
    });
    times.sort((a, b) => a - b);
    tally.figure("payloads", chosen.length);
    tally.figure("seed", String(seed));
    tally.figure("median ms", times[Math.floor(times.length / 2)] ?? 0);
    tally.figure("worst ms", times.at(-1) ?? 0);
    tally.passed += chosen.length - bad.length;
    for (const one of bad.slice(0, 10)) tally.check("a payload", false, one);
    tally.check("all payloads", bad.length === 0, bad.length);
    if (scale === "full") await checkLargeSession(tally);
    return tally;
  },
};

/** Bytes for stdin, how they arrive, and the environment of the line. */
interface Payload {
  readonly bytes: Uint8Array;
  /** Number of pieces in which they are written, with a pause between. */
  readonly pieces: number;
  /** Whether stdin stays open afterwards. */
  readonly isOpen: boolean;
  readonly env: Readonly<Record<string, string>>;
}

const documents = readdirSync(recorded).map((name) => readFileSync(join(recorded, name), "utf8"));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

/** Values that replace valid ones of the recorded document. */
const poison = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1e308,
    -1e308,
    2 ** 53,
    1e-320,
    "",
    "7",
    [],
    {},
    [[[[]]]],
    "\u0000",
    "\u001b[2J\u001b]0;x\u0007",
  ),
  fc.constantFrom<unknown>(
    "\u202eevil",
    "x".repeat(100_000),
    "日".repeat(500),
    "../../../../etc/passwd",
    "/\u0000/",
    "\\\\?\\C:\\",
    "a\nb\rc",
  ),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.jsonValue(),
  fc.double(),
);

/** The text of a recorded document in which some values are replaced. */
const poisoned = fc
  .tuple(
    fc.constantFrom(...documents),
    fc.array(poison, { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 12 }),
  )
  .map(([text, values, every]) => {
    let seen = 0;
    const replace = (value: unknown): unknown => {
      if (seen++ > 0 && seen % every === 0) return values[seen % values.length];
      if (Array.isArray(value)) return value.map(replace);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
    };
    return bytesOf(JSON.stringify(replace(JSON.parse(text))));
  });

/** A recorded document with bytes changed, truncated, or repeated. */
const mangled = fc
  .tuple(
    fc.constantFrom(...documents.map(bytesOf)),
    fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { maxLength: 8 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([whole, changes, share]) => {
    const copy = whole.slice(0, Math.ceil(whole.length * share));
    for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte;
    return copy;
  });

const odd = fc.constantFrom(
  ...documents.flatMap((text) => [
    bytesOf(`\ufeff${text}`),
    Buffer.from(text, "utf16le"),
    bytesOf(text.replaceAll("{", "{\u0000")),
    bytesOf(`\u0000\u0000${text}`),
    bytesOf(`${text}\n${text}`),
    bytesOf(`garbage before ${text} and behind`),
    bytesOf(text.replaceAll("\n", "\r\n")),
    bytesOf(text.replace(/\d+(\.\d+)?/g, "9".repeat(400))),
    bytesOf(text.replace(/\d+(\.\d+)?/g, "1e999")),
    bytesOf(text.replace(/"[^"]*"(?=\s*:)/, '"__proto__"')),
  ]),
  ...[1_000, 100_000].flatMap((depth) => [
    bytesOf(nested(depth, "[", "]")),
    bytesOf(nested(depth, '{"a":', "}").replace("}", "1}")),
    bytesOf(`{"cwd":${nested(depth, "[", "]")}}`),
  ]),
  ...["", "\n", "{", "}", "{}", "[]", "null", '"', "{{}}", '{"a":1,}', "NaN", "\u0000"].map(bytesOf),
);

const environment = fc.record(
  {
    COLUMNS: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 300 })).map(String),
    PET_ROWS: fc.constantFrom("1", "2"),
    PET_LINKS: fc.constantFrom("true", "false"),
    PET_GLYPHS: fc.constantFrom("ascii", "unicode"),
    NO_COLOR: fc.constant("1"),
  },
  { requiredKeys: ["COLUMNS"] },
);

const payload: fc.Arbitrary<Payload> = fc.record({
  bytes: fc.oneof(
    { weight: 4, arbitrary: poisoned },
    { weight: 3, arbitrary: mangled },
    odd,
    fc.uint8Array({ maxLength: 400 }),
  ),
  pieces: fc.constantFrom(1, 1, 2, 7),
  isOpen: fc.boolean(),
  env: environment,
});

const MB = 1_048_576;
const columns = { COLUMNS: "100" };
const long = (megabytes: number): Uint8Array => bytesOf(`{"cwd":"${"x".repeat(megabytes * MB)}"}`);
/** Payloads above and just below the limit of 16 MB, in one piece and in many, with and without an end. */
const hugePayloads: readonly Payload[] = [17, 15].flatMap((megabytes) =>
  [true, false].flatMap((isOpen) =>
    [1, 3, 16].map((pieces) => ({ bytes: long(megabytes), pieces, isOpen, env: columns })),
  ),
);

interface LineResult {
  /** What is wrong with the output, or null. */
  readonly why: string | null;
  readonly ms: number;
  readonly out: string;
  readonly err: string;
}

/** Longest time for a line on a machine that runs four at a time: it waits 3 s for the first byte and 3 s for the rest. */
const HANGS_MS = 12_000;

async function runLine({ bytes, pieces, isOpen, env }: Payload, home: string): Promise<LineResult> {
  const started = performance.now();
  const child = Bun.spawn([process.execPath, ...ISOLATED, entryPath("statusline")], {
    cwd: join(home, "project"),
    env: { PATH: "/usr/bin:/bin", HOME: home, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let isHung = false;
  const timer = setTimeout(() => {
    isHung = true;
    child.kill("SIGKILL");
  }, HANGS_MS);
  const write = async (): Promise<void> => {
    const step = Math.max(Math.ceil(bytes.length / pieces), 1);
    for (let at = 0; at < bytes.length; at += step) {
      await child.stdin.write(bytes.subarray(at, at + step));
      await child.stdin.flush();
      if (pieces > 1) await Bun.sleep(2);
    }
    if (!isOpen) await child.stdin.end();
  };
  // The line may close its stdin once it has read enough.
  void write().catch(() => undefined);
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  clearTimeout(timer);
  const rows = out.split("\n");
  const end = rows.pop();
  const most = Math.max(Number(env["COLUMNS"]) - 4, 1);
  const faults: readonly (readonly [string, boolean])[] = [
    ["it hangs", isHung],
    [`exit ${code}`, code !== 0],
    ["something on stderr", err !== ""],
    [`${rows.length} rows`, end !== "" || rows.length < 1 || rows.length > Number(env["PET_ROWS"] ?? 2)],
    ["an empty row", rows.some((row) => Bun.stripANSI(row).trim() === "")],
    [`a row wider than ${most}`, rows.some((row) => Bun.stringWidth(row) > most)],
  ];
  const why = faults.find(([, holds]) => holds)?.[0] ?? null;
  return { why, ms: performance.now() - started, out: out.slice(0, 300), err: err.slice(0, 300) };
}

/** A session whose document does not fit into an environment variable is still recorded. */
async function checkLargeSession(tally: Tally): Promise<void> {
  using harness = freshHarness();
  const context_window = { used_percentage: 3, more: "x".repeat(200_000) };
  const line = await harness.line({ document: { context_window } });
  tally.equal("a session of 200 KB: exit", line.code, 0);
  const isThere = await waitFor(() => harness.ids("usage").length > 0, 3_000);
  tally.check("a session of 200 KB: its record", isThere);
  await remainingProcesses(harness.home, 10_000);
}

const described = ({ bytes, pieces, isOpen, env }: Payload): object => ({
  stdin: Buffer.from(bytes.subarray(0, 400)).toString("base64"),
  length: bytes.length,
  pieces,
  isOpen,
  env,
});
