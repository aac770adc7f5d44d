import { messageOf, PawprintError } from "../utils/errors.ts";
import {
  type AnyFrame,
  type EventsFrame,
  type Frame,
  type FrameType,
  frameSchemas,
  levels,
  wireLimits,
  type WireGroup,
} from "./wire.ts";

/** Longest text of what the rows of a frame lack. */
const MAX_CUT_LENGTH = 8_192;

/** The first byte of a binary frame: JSON follows as it is, or compressed by zstd. */
const PLAIN = 1;
const ZSTD = 2;
/** Shorter JSON is sent as it is: compression would hardly make it shorter. */
const MIN_COMPRESSED_BYTES = 1_024;

/** A frame as it is sent: text, or bytes for `events`. */
export function encodeFrame(frame: AnyFrame): string | Uint8Array {
  if (frame.type !== "events") return JSON.stringify(frame);
  const json = Buffer.from(JSON.stringify(frame));
  const isSmall = json.byteLength < MIN_COMPRESSED_BYTES;
  return Buffer.concat([Buffer.from([isSmall ? PLAIN : ZSTD]), isSmall ? json : Bun.zstdCompressSync(json)]);
}

/**
 * Decodes a frame. Throws bad_frame with what is wrong, too_large for one above the limits, and wrong_version for a type that
 * this version does not know.
 */
export function decodeFrame(data: string | Uint8Array): AnyFrame {
  const size = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
  if (size > wireLimits.frameBytes) throw tooLarge(size, wireLimits.frameBytes);
  return typeof data === "string" ? controlFrame(parse(data)) : eventsFrame(parse(textOf(data)));
}

function textOf(data: Uint8Array): string {
  const [encoding] = data;
  const content = Buffer.from(data.buffer, data.byteOffset + 1, Math.max(data.byteLength - 1, 0));
  if (encoding === PLAIN) return content.toString();
  if (encoding !== ZSTD) throw badFrame(`unknown encoding ${encoding}`);
  try {
    // Bun.zstdDecompressSync has no limit: six kilobytes may become gigabytes.
    const { zstdDecompressSync } = process.getBuiltinModule("node:zlib");
    return zstdDecompressSync(content, { maxOutputLength: wireLimits.inflatedBytes }).toString();
  } catch (error) {
    if (/larger than|too large|ERR_BUFFER_TOO_LARGE/i.test(`${messageOf(error)} ${(error as { code?: string }).code}`))
      throw tooLarge(null, wireLimits.inflatedBytes);
    throw badFrame("it is not zstd", error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badFrame("it is not JSON", error);
  }
}

function controlFrame(value: unknown): Frame {
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type !== "string") throw badFrame("it has no type");
  if (!Object.hasOwn(frameSchemas, type)) {
    throw new PawprintError("wrong_version", `unknown frame ${type.slice(0, 50)}`, "update the older program");
  }
  const found = frameSchemas[type as FrameType].safeParse(value);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw badFrame(`${type}.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}`);
}

/** Checked by hand: a schema library would take longer for the rows than the database does. */
function eventsFrame(value: unknown): EventsFrame {
  const frame = value as Partial<EventsFrame> | null;
  if (frame?.type !== "events") throw badFrame("a binary frame is not events");
  const { epoch, from, upto, cut, groups } = frame;
  if (typeof epoch !== "string" || epoch === "" || epoch.length > 100) throw badFrame("events.epoch is no id");
  if (!isCount(from) || !isCount(upto) || upto < from) throw badFrame("events.from and upto are no range");
  if (cut !== undefined && (typeof cut !== "string" || cut.length > MAX_CUT_LENGTH))
    throw badFrame("events.cut is no text");
  if (!Array.isArray(groups)) throw badFrame("events.groups is no list");
  let rows = 0;
  for (const group of groups as readonly Partial<WireGroup>[]) rows += checkGroup(group);
  if (rows > wireLimits.rows) throw tooLarge(rows, wireLimits.rows, "rows");
  return { type: "events", epoch, from, upto, ...(cut !== undefined && { cut }), groups };
}

function checkGroup(group: Partial<WireGroup> | null): number {
  const { source, reader, level: of, rows } = group ?? {};
  if (typeof source !== "string" || !/^[a-z][a-z0-9-]{0,49}$/.test(source)) throw badFrame("events.source is no name");
  if (!isCount(reader)) throw badFrame("events.reader is no version");
  if (!levels.some((one) => one === of)) throw badFrame("events.level is unknown");
  if (!Array.isArray(rows)) throw badFrame("events.rows is no list");
  for (const row of rows as readonly unknown[]) {
    const [key, body, ...more] = Array.isArray(row) ? (row as unknown[]) : [];
    if (typeof key !== "string" || typeof body !== "string" || more.length > 0)
      throw badFrame("a row is no pair of texts");
    if (key.length === 0 || key.length > wireLimits.keyLength) throw badFrame("a key has a wrong length");
    if (body.length > wireLimits.bodyLength) throw tooLarge(body.length, wireLimits.bodyLength, "characters");
  }
  return rows.length;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const badFrame = (what: string, cause?: unknown): PawprintError =>
  new PawprintError("bad_frame", `the frame cannot be read: ${what}`, "see the API document of the hub", cause);

const tooLarge = (size: number | null, limit: number, unit = "bytes"): PawprintError =>
  new PawprintError(
    "too_large",
    `the frame is too large: ${size === null ? "more than" : `${size} ${unit} of`} ${limit}${size === null ? ` ${unit}` : ""}`,
    "send less at once",
  );
