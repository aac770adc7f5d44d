import { outboxOf } from "../ledger/sqlite/Outbox.ts";
import { decodeBody, kindOf } from "../model/body.ts";
import { type DigestSums, sumDigests } from "../ledger/fold/digests.ts";
import { digestOf } from "../ledger/fold/prepare.ts";
import { placeOf, type RowPlace } from "../ledger/fold/prepare-rows.ts";
import { dayOf } from "../ledger/fold/times.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { lastPart, withParents } from "../model/project.ts";
import type { KeyedHash } from "../model/privacy-rules.ts";
import {
  type AnyFrame,
  type ForgottenHashes,
  type Frame,
  type FrameType,
  WIRE_VERSION,
  type WireGroup,
  wireLimits,
} from "../model/wire.ts";
import type { OutgoingRow, OutgoingRows } from "./OutgoingRows.ts";

/** Asks the hub: sends a frame and returns the one that answers it. */
export type Ask = <Type extends FrameType>(frame: AnyFrame, type: Type) => Promise<Frame<Type>>;

/** Rows of one bucket of digests here and at the hub. */
export interface BucketDifference {
  /** The low byte of the digests. */
  readonly bucket: string;
  readonly here: number;
  readonly atHub: number;
}

/** What a comparison with the hub found. */
export interface HubProof {
  /** Rows that leave this machine and that the hub may have. */
  readonly rows: number;
  /** Rows that were forgotten at the hub, and are kept out. */
  readonly forgotten: number;
  readonly differences: readonly BucketDifference[];
  /** Rows sent again, and of these those that the hub refused and those whose day it has pruned. */
  readonly resent: number;
  readonly refused: number;
  readonly late: number;
  /** What still differs then. Where the hub has more, these are rows that this ledger has no more. */
  readonly remaining: readonly BucketDifference[];
}

const PAGE = { rows: 500, characters: 1_000_000 };
/** Characters of the rows of one frame. */
const FRAME_CHARACTERS = 250_000;

/** Compares digests of all rows with the hub's, and sends again the rows of the parts that differ. Throws what `ask` throws. */
export async function prove(ledger: Ledger, rows: OutgoingRows, ask: Ask, now: number): Promise<HubProof> {
  const welcome = await ask({ type: "hello", v: WIRE_VERSION, now, ...rows.hello() }, "welcome");
  rows.welcomed(welcome);
  // Rows of days before this one are no longer in the hub's journal.
  const horizon = welcome.horizon ?? -Infinity;
  let isForgotten: (one: OutgoingDigest) => boolean = () => false;
  function* all(): Generator<OutgoingDigest> {
    for (const one of digestsOf(ledger, rows, horizon)) if (!isForgotten(one)) yield one;
  }
  let sums = sumDigests(all(), "bucket");
  const sent = countOf(sums);
  let { differences, forgotten } = await compare(sums, ask);
  if (differences.length > 0 && forgotten.length > 0) {
    isForgotten = forgottenBy(forgotten, rows.hash);
    sums = sumDigests(all(), "bucket");
    ({ differences } = await compare(sums, ask));
  }
  const found = { rows: countOf(sums), forgotten: sent - countOf(sums), differences };
  if (differences.length === 0) return { ...found, resent: 0, refused: 0, late: 0, remaining: [] };
  const buckets = new Set(differences.map(({ bucket }) => bucket));
  let [resent, refused, late] = [0, 0, 0];
  for (const groups of framesOf(all(), buckets)) {
    // All of this epoch is acknowledged, or is sent later: these rows move no cursor.
    const ack = await ask({ type: "events", ...rows.form, from: 0, upto: 0, groups }, "ack");
    resent += groups.reduce((sum, group) => sum + group.rows.length, 0);
    refused += ack.refused?.length ?? 0;
    late += ack.late ?? 0;
  }
  return { ...found, resent, refused, late, remaining: (await compare(sums, ask)).differences };
}

/** Whether a row is kept out. The hub names what was forgotten by the keyed hash of the text that the row has at its level. */
function forgottenBy(forgotten: ForgottenHashes, hash: KeyedHash): (one: OutgoingDigest) => boolean {
  const hashesOf = (kind: ForgottenHashes[number]["kind"]): Set<string> =>
    new Set(forgotten.flatMap((one) => (one.kind === kind ? one.hash : [])));
  const [sessions, projects, names] = [hashesOf("session"), hashesOf("project"), hashesOf("name")];
  const isMeant = (project: string): boolean =>
    names.has(hash(lastPart(project))) || withParents(project).some((one) => projects.has(hash(one)));
  const before = Math.max(...forgotten.map(({ kind, at }) => (kind === "machine" ? at : -1)));
  return ({ place: { session, project, at } }) =>
    at <= before || sessions.has(hash(session)) || (project !== "" && isMeant(project));
}

interface OutgoingDigest extends OutgoingRow {
  readonly digest: number;
  readonly day: number;
  readonly place: RowPlace;
}

/** The rows as they leave, each once: two rows may differ only in what is left out. */
function* digestsOf(ledger: Ledger, rows: OutgoingRows, horizon: number): Generator<OutgoingDigest> {
  const outbox = outboxOf(ledger);
  const seen = new Set<bigint>();
  for (let from = 0; ;) {
    const part = outbox.after(from, PAGE);
    if (part.upto === from) return;
    for (const one of part.rows.flatMap((row) => rows.outgoing(row))) {
      const [key, body] = one.row;
      const id = Bun.hash.xxHash64(`${one.source}\n${key}\n${body}`);
      const kind = kindOf(key);
      const decoded = kind === null ? {} : decodeBody(kind, body);
      const day = dayOf(decoded);
      if (seen.size === seen.add(id).size || (day !== 0 && day < horizon)) continue;
      yield { ...one, digest: digestOf(body), day, place: placeOf(decoded) };
    }
    from = part.upto;
  }
}

async function compare(
  sums: DigestSums,
  ask: Ask,
): Promise<{ differences: readonly BucketDifference[]; forgotten: ForgottenHashes }> {
  const own = Object.fromEntries(
    Object.entries(sums).map(([part, sum]) => [part, [...sum] as [number, number, number]]),
  );
  const { sums: others, forgotten = [] } = await ask({ type: "digest", by: "bucket", sums: own }, "differ");
  const differences = Object.keys(others)
    .filter((bucket) => (sums[bucket] ?? NONE).join() !== others[bucket]?.join())
    .map((bucket) => ({ bucket, here: sums[bucket]?.[0] ?? 0, atHub: others[bucket]?.[0] ?? 0 }));
  return { differences, forgotten };
}

const NONE = [0, 0, 0] as const;

const countOf = (sums: DigestSums): number => Object.values(sums).reduce((sum, [rows]) => sum + rows, 0);

/** The rows of some buckets as the groups of frames. */
function* framesOf(rows: Iterable<OutgoingDigest>, buckets: ReadonlySet<string>): Generator<WireGroup[]> {
  let groups = new Map<string, WireGroup & { readonly rows: OutgoingRow["row"][] }>();
  let count = 0;
  let characters = 0;
  for (const { source, reader, level, row, digest } of rows) {
    if (!buckets.has(String(digest % 256))) continue;
    if (count === wireLimits.rows || characters > FRAME_CHARACTERS) {
      yield [...groups.values()];
      groups = new Map();
      count = characters = 0;
    }
    const name = `${source}\n${reader}\n${level}`;
    const group = groups.get(name) ?? { source, reader, level, rows: [] };
    groups.set(name, group);
    group.rows.push(row);
    count++;
    characters += row[0].length + row[1].length;
  }
  if (count > 0) yield [...groups.values()];
}
