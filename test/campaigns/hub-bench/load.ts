// Machines and one subscriber in one process: bun load.ts < plan.json, prints a LoadResult as JSON.
import { encodeFrame } from "../../../src/model/frame-coding.ts";
import { type AnyFrame, knownFields, WIRE_VERSION, wireLimits } from "../../../src/model/wire.ts";
import { encodeBody } from "../../../src/model/body.ts";
import { noDetails } from "../../../src/model/observation.ts";

/** What the machines do. */
export interface LoadPlan {
  readonly url: string;
  /** Machines with their tokens. */
  readonly machines: readonly { readonly id: string; readonly token: string }[];
  /** A token that reads. */
  readonly reader: string;
  /** Events of each machine per second. */
  readonly rate: number;
  /** Rows of each machine that another run has sent; 0 if missing. */
  readonly sent?: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What was seen at the subscriber. Times in milliseconds from the observation to the subscriber. */
export interface LoadResult {
  readonly observed: number;
  readonly acknowledged: number;
  readonly seen: number;
  readonly p50: number;
  readonly p99: number;
  readonly largest: number;
  readonly stops: readonly string[];
}

/** How often due events are sent, milliseconds. */
const TICK_MS = 5;
/** Sockets opened at once. */
const OPENING = 200;
const MODELS = ["claude-opus-4-6", "claude-sonnet-4-6", "gpt-5.4-codex"];

/** A row that any hub may have seen. */
export function benchRow(machine: string, number: number, at: number): [key: string, body: string] {
  const body = encodeBody("response", {
    ...noDetails,
    session: `${machine.slice(0, 8)}-${number >> 7}`,
    project: `project-${number % 7}`,
    branch: "3f2a9c",
    agent: "",
    at,
    request: `req_${machine.slice(-8)}${number}`,
    model: MODELS[number % MODELS.length] ?? "",
    input: 3 + (number % 5),
    output: 200 + (number % 900),
    cacheWrite: 1_200,
    cacheWrite5m: 1_200,
    cacheRead: 60_000 + number,
    prompt: 61_203 + number,
    reasoning: null,
  });
  return [`response:msg_${machine}${number}`, body];
}

interface Sender {
  readonly id: string;
  readonly socket: WebSocket;
  readonly epoch: string;
  /** When each row was observed, by its number. */
  readonly at: Map<number, number>;
  readonly waiting: [key: string, body: string][];
  /** Rows of other runs. */
  readonly sent: number;
  seq: number;
  acknowledged: number;
  seen: number;
  inFlight: number;
}

const latencies: number[] = [];
const stops: string[] = [];
const counts = { observed: 0, acknowledged: 0 };
let isMeasuring = false;
let measuredSince = 0;

const open = (url: string, token: string): WebSocket =>
  // Bun's WebSocket takes headers.
  new WebSocket(`${url.replace(/^http/, "ws")}/v1/stream`, { headers: { authorization: `Bearer ${token}` } });

/** Not checked: machines and hub share the cores, so this costs as little as possible. */
const received = (data: unknown): AnyFrame => JSON.parse(String(data)) as AnyFrame;

function join(plan: LoadPlan, { id, token }: LoadPlan["machines"][number]): Promise<Sender> {
  const socket = open(plan.url, token);
  socket.binaryType = "arraybuffer";
  const sender: Sender = {
    id,
    socket,
    epoch: crypto.randomUUID(),
    at: new Map(),
    waiting: [],
    sent: plan.sent ?? 0,
    seq: 0,
    acknowledged: 0,
    seen: 0,
    inFlight: 0,
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => {
      const hello: AnyFrame = {
        type: "hello",
        v: WIRE_VERSION,
        machine: id,
        name: id,
        born: 1_700_000_000_000,
        epoch: sender.epoch,
        fingerprint: id,
        program: "bench",
        platform: "linux",
        fields: knownFields(),
        level: "metrics",
        now: performance.timeOrigin + performance.now(),
        head: 0,
      };
      socket.send(encodeFrame({ ...hello, now: Math.round(hello.now) }));
    });
    socket.addEventListener("error", () => reject(new Error(`the stream of ${id} failed`)));
    socket.addEventListener("close", ({ code }) => {
      if (isMeasuring) stops.push(`closed ${code}`);
      reject(new Error(`the stream of ${id} was closed (${code})`));
    });
    socket.addEventListener("message", ({ data }) => {
      const frame = received(data);
      if (frame.type === "welcome") resolve(sender);
      else if (frame.type === "ack") acknowledge(sender, frame.upto);
      else if (frame.type === "stop") stops.push(`${frame.code}: ${frame.message}`);
    });
  });
}

function acknowledge(sender: Sender, upto: number): void {
  sender.inFlight--;
  counts.acknowledged += upto - sender.acknowledged;
  sender.acknowledged = upto;
  send(sender);
}

/** A machine observes something: it is sent at once, or with the next frame if the window is full. */
function observe(sender: Sender, now: number): void {
  const seq = ++sender.seq;
  sender.at.set(seq, now);
  sender.waiting.push(benchRow(sender.id, sender.sent + seq, Math.round(performance.timeOrigin + now)));
  counts.observed++;
  send(sender);
}

function send(sender: Sender): void {
  if (sender.waiting.length === 0 || sender.inFlight >= wireLimits.window) return;
  const rows = sender.waiting.splice(0);
  sender.inFlight++;
  const groups = [{ source: "claude-code", reader: 1, level: "metrics", rows }] as const;
  const from = sender.seq - rows.length;
  sender.socket.send(encodeFrame({ type: "events", epoch: sender.epoch, from, upto: sender.seq, groups }));
}

async function subscribe(plan: LoadPlan, senders: ReadonlyMap<string, Sender>): Promise<WebSocket> {
  const socket = open(plan.url, plan.reader);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => {
    const frame = received(data);
    if (frame.type === "stop") stops.push(`subscriber: ${frame.code}: ${frame.message}`);
    if (frame.type !== "commit") return;
    const now = performance.now();
    for (const { machine, upto } of frame.machines) {
      const sender = senders.get(machine);
      if (!sender) continue;
      for (; sender.seen < upto; sender.seen++) {
        const at = sender.at.get(sender.seen + 1) ?? now;
        sender.at.delete(sender.seen + 1);
        if (isMeasuring && at >= measuredSince) latencies.push(now - at);
      }
    }
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("the subscriber's stream failed")));
  });
  socket.send(encodeFrame({ type: "subscribe" }));
  return socket;
}

async function run(plan: LoadPlan): Promise<LoadResult> {
  const senders = new Map<string, Sender>();
  for (let at = 0; at < plan.machines.length; at += OPENING) {
    const joined = await Promise.all(plan.machines.slice(at, at + OPENING).map((one) => join(plan, one)));
    for (const sender of joined) senders.set(sender.id, sender);
  }
  await subscribe(plan, senders);
  const all = [...senders.values()];
  const began = performance.now();
  const perMs = (plan.rate * all.length) / 1_000;
  const measureFrom = began + plan.warmUpSeconds * 1_000;
  const end = measureFrom + plan.seconds * 1_000;
  let due = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      if (now >= end) {
        clearInterval(timer);
        resolve();
        return;
      }
      if (!isMeasuring && now >= measureFrom) {
        isMeasuring = true;
        measuredSince = now;
      }
      // Every machine has its turn, so that each sends at the rate.
      for (const target = Math.floor((now - began) * perMs); due < target; due++)
        observe(all[due % all.length] as Sender, now);
    }, TICK_MS);
  });
  // What is still under way.
  for (let waited = 0; waited < 100 && counts.acknowledged < counts.observed; waited++) await Bun.sleep(50);
  isMeasuring = false;
  latencies.sort((a, b) => a - b);
  const part = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? NaN;
  return {
    ...counts,
    seen: latencies.length,
    p50: part(0.5),
    p99: part(0.99),
    largest: latencies.at(-1) ?? NaN,
    stops: [...new Set(stops)].slice(0, 5),
  };
}

if (import.meta.main) {
  console.log(JSON.stringify(await run((await Bun.stdin.json()) as LoadPlan)));
  process.exit(0);
}
