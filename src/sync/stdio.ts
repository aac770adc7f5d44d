import { z } from "zod";
import { decodeFrame, encodeFrame } from "../model/frame-coding.ts";
import { type AnyFrame, levels, WIRE_VERSION, wireLimits } from "../model/wire.ts";
import { PawprintError } from "../utils/errors.ts";
import { clean } from "../utils/terminal.ts";

/*
 * Frames over a pair of byte streams, such as the pipes of ssh. Each side first writes one line: "pawprint-frames 1 ", a JSON
 * object, a newline. Then frames follow: one byte for the kind (0 text, 1 binary), four bytes for the length (big-endian), and
 * the frame as a WebSocket would carry it.
 */

const MAGIC = `pawprint-frames ${WIRE_VERSION} `;
const ANY_VERSION = /^pawprint-frames (\d{1,9}) /;
const MAX_OPENING_BYTES = 8_192;
const HEADER_BYTES = 5;
const TEXT = 0;
const BINARY = 1;
const NEWLINE = 10;

const short = z.string().min(1).max(wireLimits.nameLength);

/** What the hub's side says first: whose rows it asks for, and under which identity it will store them. */
export const hubOpening = z.object({
  /** Identifies the hub in the other machine's cursor. */
  hub: short,
  /** The machine's id at this hub, which the other side has no influence on. */
  machine: short,
  /** The machine's name at this hub. */
  name: short,
  /** The hub's key for hashes of branches, e-mail addresses and accounts: 32 bytes, base64url. */
  key: z.string().regex(/^[\w-]{43}$/),
  /** The most that the hub wants to be sent. */
  level: z.enum(levels),
});
/** The parsed form of hubOpening. */
export type HubOpening = z.infer<typeof hubOpening>;

/** What the machine's side says first. */
export const machineOpening = z.object({ program: short });

/** The first line of one side. */
export const encodeOpening = (fields: object): Uint8Array => Buffer.from(`${MAGIC}${JSON.stringify(fields)}\n`);

/** A frame with its header. */
export function packFrame(frame: AnyFrame): Uint8Array {
  const data = encodeFrame(frame);
  const content = typeof data === "string" ? Buffer.from(data) : data;
  const packed = Buffer.allocUnsafe(HEADER_BYTES + content.byteLength);
  packed[0] = typeof data === "string" ? TEXT : BINARY;
  packed.writeUInt32BE(content.byteLength, 1);
  packed.set(content, HEADER_BYTES);
  return packed;
}

/** Takes the bytes of one direction apart, in pieces of any size. Holds at most one frame and one piece in memory. */
export class FrameReader<Opening> {
  readonly #schema: z.ZodType<Opening>;
  #rest: Buffer = Buffer.alloc(0);
  #opening: Opening | null = null;

  constructor(schema: z.ZodType<Opening>) {
    this.#schema = schema;
  }

  /** The other side's first line; null until it is complete. */
  get opening(): Opening | null {
    return this.#opening;
  }

  /** Whether the bytes so far end in the middle of a line or a frame. */
  get isPartial(): boolean {
    return this.#rest.byteLength > 0;
  }

  /**
   * Returns the frames that are complete with these bytes. Throws answer_unusable if something else than a first line comes
   * first, wrong_version, too_large, and what decodeFrame throws.
   */
  *push(bytes: Uint8Array): Generator<AnyFrame> {
    this.#rest = this.#rest.byteLength === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    if (this.#opening === null && !this.#readOpening()) return;
    while (this.#rest.byteLength >= HEADER_BYTES) {
      const kind = this.#rest[0];
      const length = this.#rest.readUInt32BE(1);
      if (kind !== TEXT && kind !== BINARY) throw foreignBytes(this.#rest, "between the frames");
      if (length > wireLimits.frameBytes)
        throw new PawprintError(
          "too_large",
          `the frame has ${length} bytes, of at most ${wireLimits.frameBytes}`,
          "update the older program",
        );
      const end = HEADER_BYTES + length;
      if (this.#rest.byteLength < end) return;
      const content = this.#rest.subarray(HEADER_BYTES, end);
      this.#rest = this.#rest.subarray(end);
      yield decodeFrame(kind === TEXT ? content.toString() : content);
    }
  }

  #readOpening(): boolean {
    const start = this.#rest.subarray(0, MAGIC.length).toString("latin1");
    const [, version] = ANY_VERSION.exec(this.#rest.subarray(0, 32).toString("latin1")) ?? [];
    if (version !== undefined && Number(version) !== WIRE_VERSION) {
      const message = `the other side speaks version ${version} of the frames, this program version ${WIRE_VERSION}`;
      throw new PawprintError("wrong_version", message, "update the older program");
    }
    if (!MAGIC.startsWith(start) && !"pawprint-frames ".startsWith(start.slice(0, "pawprint-frames ".length)))
      throw foreignBytes(this.#rest, "before the first frame");
    const end = this.#rest.indexOf(NEWLINE);
    if (end < 0 && this.#rest.byteLength <= MAX_OPENING_BYTES) return false;
    if (end < 0 || !start.startsWith(MAGIC)) throw foreignBytes(this.#rest, "before the first frame");
    this.#opening = this.#parse(this.#rest.subarray(MAGIC.length, end).toString());
    this.#rest = this.#rest.subarray(end + 1);
    return true;
  }

  #parse(text: string): Opening {
    try {
      return this.#schema.parse(JSON.parse(text));
    } catch (error) {
      const hint = "update the older program";
      throw new PawprintError("bad_frame", "the first line of the other side cannot be read", hint, error);
    }
  }
}

/** The error for bytes that are no frame: what a shell prints at login, a message of another program. */
const foreignBytes = (bytes: Buffer, where: string): PawprintError =>
  new PawprintError(
    "answer_unusable",
    `the other side sent something else ${where}: "${clean(bytes.subarray(0, 200).toString(), 120)}"`,
    "a login script there must print nothing where there is no terminal; try: ssh HOST true",
  );
