import type { EventsFrame, Frame, Level } from "../model/wire.ts";

/** How many rows and bytes of rows one frame may have. */
export interface FrameLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** A hello, as far as the rows are concerned. */
export type Greeting = Omit<Frame<"hello">, "type" | "v" | "now">;

/** The rows of this machine, as the client needs them. Numbers are those of the journal (`seq`). */
export interface Outgoing {
  /** What this machine says about itself when it begins to send. */
  hello(): Greeting;
  /** Takes what the hub says about itself and returns the number after which the first row is sent. */
  welcomed(welcome: Frame<"welcome">): number;
  /** The rows after a number; null if there are none. */
  next(from: number, limits: FrameLimits): EventsFrame | null;
  /** All rows up to a number are on the hub's disk, except these. */
  acknowledged(upto: number, refused: NonNullable<Frame<"ack">["refused"]>, late: number): void;
  /** The number up to which all rows are on the hub's disk, as far as this machine knows. */
  readonly acked: number;
  /** The epoch that the hub was last asked about, and the most that leaves of any row. */
  readonly sentAs: { readonly epoch: string; readonly level: Level };
  /** The newest number. */
  head(): number;
  /** The number of rows after a number. */
  pending(from: number): number;
}
