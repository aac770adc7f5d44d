import type { AnyFrame } from "../model/wire.ts";
import { PawprintError } from "../utils/errors.ts";
import type { LinkEvents, OpenLink } from "./link.ts";
import { encodeOpening, FrameReader, type HubOpening, hubOpening, packFrame } from "./stdio.ts";

/** Bytes in both directions: the pipes of a process. */
export interface ByteStreams {
  readonly input: AsyncIterable<Uint8Array>;
  /** Sends bytes, in order. Does nothing once the other side is gone. */
  write(bytes: Uint8Array): void;
  /** Ends the output once all bytes are sent. */
  end(): void;
}

/** A hub that asks for this machine's rows over a pair of streams. */
export interface StreamHub {
  readonly opening: HubOpening;
  /** Opens the only link that there is: a second one is closed at once. */
  readonly open: OpenLink;
}

/**
 * Answers the hub at the other end of the streams, and waits until it has said who it is. `program` is the version of this
 * program. Throws hub_away if it ends before that, and what FrameReader throws.
 */
export async function answerHub({ input, write, end }: ByteStreams, program: string): Promise<StreamHub> {
  write(encodeOpening({ program }));
  const reader = new FrameReader(hubOpening);
  const pieces = input[Symbol.asyncIterator]();
  const frames: AnyFrame[] = [];
  while (reader.opening === null) {
    const { value, done } = await pieces.next();
    if (done) throw gone();
    frames.push(...reader.push(value));
  }
  let isUsed = false;
  const run = async (events: LinkEvents): Promise<void> => {
    const own = { isClosed: false };
    // A link never reports before it was returned.
    await Promise.resolve();
    if (isUsed) return events.closed(gone());
    isUsed = true;
    events.opened({
      send: (frame) => (own.isClosed ? undefined : write(packFrame(frame))),
      close() {
        own.isClosed = true;
        end();
      },
    });
    try {
      for (const frame of frames) events.receive(frame);
      for (let next = await pieces.next(); !next.done && !own.isClosed; next = await pieces.next())
        for (const frame of reader.push(next.value)) events.receive(frame);
      if (!own.isClosed) events.closed(gone());
    } catch (error) {
      if (!(error instanceof PawprintError)) throw error;
      end();
      events.closed(error);
    }
  };
  return { opening: reader.opening, open: (events) => void run(events) };
}

const gone = (): PawprintError =>
  new PawprintError("hub_away", "the hub has closed the connection", "run pawprint pull there again");
