import type { AnyFrame } from "../model/wire.ts";
import type { PawprintError } from "../utils/errors.ts";

/** A connection to the other side, over which frames go both ways. */
export interface Link {
  /** Sends a frame; after the link is closed it does nothing. */
  send(frame: AnyFrame): void;
  close(): void;
}

/** What happens on a link: `opened` once, then frames, then `closed` once; `closed` alone if it cannot be opened. */
export interface LinkEvents {
  opened(link: Link): void;
  receive(frame: AnyFrame): void;
  /** `reason` is what went wrong; null if the link was closed without an error. */
  closed(reason: PawprintError | null): void;
}

/** Begins to open a link. It reports to `events`, never before this returns, and never throws. */
export type OpenLink = (events: LinkEvents) => void;
