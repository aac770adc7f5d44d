import { answerFrame } from "../../../src/hub/frame-requests.ts";
import { errorResponse } from "../../../src/hub/dispatch.ts";
import { routes } from "../../../src/hub/routes/registry.ts";
import { encodeFrame } from "../../../src/model/frame-coding.ts";
import { isFailureCode } from "../../../src/utils/errors.ts";
import { asked } from "../../hub/routes/harness.ts";
import { bodyOf, lineOf, withData } from "../../hub/routes/requests.ts";
import { sampleFrame } from "../../hub/routes/sample.ts";
import { helloOf } from "../../hub/harness.ts";
import { Random } from "../../sources/random.ts";
import { damaged } from "./damage.ts";

const message = {
  id: "m1",
  session_id: "s1",
  source: "claude_code",
  msg_type: "assistant",
  timestamp: "2026-11-28T10:00:00Z",
  model: "claude-sonnet-4-5-20250929",
  tokens: { input_tokens: 10, output_tokens: 5 },
};
/** Bodies with more to damage than the smallest ones. */
const larger: Readonly<Record<string, object>> = {
  ingest: [message, { ...message, id: "m2" }],
  "upsert-session": { id: "s1", source: "codex", cwd: "/work", started_at: "2026-11-28T09:00:00Z" },
  "api-usage-upload": {
    machineId: "mac",
    data: [
      {
        date: "2026-11-28",
        inputTokens: 1,
        outputTokens: 2,
        totalCost: 0.5,
        modelBreakdowns: [{ modelName: "m", inputTokens: 1, outputTokens: 2, cost: 0.5 }],
      },
    ],
  },
};
/** Frames that a machine sends as requests. */
const frames = {
  "/v1/hello": helloOf("id-of-phone"),
  "/v1/beat": { type: "beat", pending: 1, now: 1 },
  "/v1/digest": { type: "digest", by: "day", sums: { "20000": [1, 2, 3] } },
  "/v1/forget": { type: "forget", kind: "session", value: "nothing" },
  "/v1/events": sampleFrame("z"),
} as const;

/** What a campaign found. */
export interface Findings {
  requests: number;
  refused: number;
  readonly failed: string[];
}

/**
 * Sends damaged bodies to each route that takes one and to the frames of machines, and damaged parameters to all others. An answer must
 * be a success, or an error with a known code below 500 after which nothing has been written.
 */
export async function fuzzHub(each: number, seed: number): Promise<Findings> {
  using hub = asked();
  await withData(hub);
  const token = hub.tokenFor("admin");
  const machine = hub.hub.tokens.identify(
    hub.hub.tokens.create(
      { name: "m", scope: "machine", machine: "id-of-phone", person: "", expires: null },
      hub.operator,
    ).token,
  );
  const random = new Random(seed);
  const found: Findings = { requests: 0, refused: 0, failed: [] };
  const changes = (): number =>
    hub.hub.ledger.database.query<{ n: number }, []>("SELECT total_changes() AS n").get()?.n ?? -1;
  const check = async (what: string, ask: () => Promise<{ status: number; body: unknown }>): Promise<void> => {
    const before = changes();
    found.requests++;
    try {
      const { status, body } = await ask();
      if (status < 400) return;
      found.refused++;
      const code =
        (body as { error?: { code?: string }; code?: string } | null)?.error?.code ??
        (body as { code?: string } | null)?.code;
      if (status >= 500 || code === undefined || !isFailureCode(code)) found.failed.push(`${what}: ${status} ${code}`);
      if (changes() !== before) found.failed.push(`${what}: ${code}, but something was written`);
    } catch (error) {
      found.failed.push(`${what}: ${String(error)}`);
    }
  };
  for (const one of routes) {
    if (one.method === "DELETE" || one.name === "live") continue;
    const body = larger[one.name] ?? bodyOf(one, hub);
    for (let count = 0; count < each; count++) {
      const raw = body && damaged(JSON.stringify(body), random);
      const line = body ? lineOf(one) : `${lineOf(one).split("?")[0]}?${query(random)}`;
      await check(`${line} ${raw ?? ""}`.slice(0, 300), () =>
        hub.ask(line, { token, ...(raw === undefined ? {} : { body: raw }) }),
      );
    }
  }
  for (const [path, frame] of Object.entries(frames)) {
    for (let count = 0; count < each; count++) {
      const bytes =
        path === "/v1/events"
          ? damagedBytes(encodeFrame(frame as never) as Uint8Array, random)
          : Buffer.from(damaged(JSON.stringify(frame), random));
      await check(`${path} ${bytes.toString("latin1")}`.slice(0, 300), async () => {
        const answered = await answerFrame(hub.hub, machine, path, bytes).catch((error: unknown) =>
          errorResponse(error, hub.hub),
        );
        const text = await answered.text();
        return { status: answered.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
      });
    }
  }
  const alive = await hub.ask("GET /health");
  if (alive.status !== 200) found.failed.push(`the hub is not well: ${alive.text}`);
  return found;
}

/** Parameters with names that routes know and values that they do not expect. */
function query(random: Random): string {
  const names = [
    "since",
    "until",
    "last",
    "limit",
    "offset",
    "machine",
    "person",
    "by",
    "source",
    "id",
    "session_id",
    "machineId",
    "timezone",
    "x",
  ];
  const values = [
    "",
    "-1",
    "1e9",
    "NaN",
    "%00",
    "%ff",
    "'",
    "%",
    "2026-13-45",
    "7d",
    "day,day",
    "9".repeat(30),
    "a".repeat(5_000),
    "%22%3B--",
    "Mars/Base",
  ];
  return Array.from({ length: 1 + random.below(3) }, () => `${random.of(names)}=${random.of(values)}`).join("&");
}

/** Bytes of a frame with its JSON damaged, or some bytes changed. */
function damagedBytes(bytes: Uint8Array, random: Random): Buffer {
  if (random.below(2) === 0)
    return Buffer.concat([Buffer.from([1]), Buffer.from(damaged(JSON.stringify(frames["/v1/events"]), random))]);
  const copy = Buffer.from(bytes);
  for (let count = 0; count < 3; count++) copy[random.below(copy.length)] = random.below(256);
  return copy;
}
