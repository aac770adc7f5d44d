import type { PawprintError } from "../utils/errors.ts";

/** What a client needs besides its rows. */
export interface ClientOptions {
  /** Epoch milliseconds. */
  now(): number;
  /** A random number from 0 to below 1. */
  random(): number;
}

/** "away": without a link; "opening": one is being opened or greeted; "ready": rows are sent; "ended": nothing more happens. */
export type ClientState = "away" | "opening" | "ready" | "ended";

/** What the client has to say about itself. Times are epoch milliseconds. */
export interface ClientStatus {
  readonly state: ClientState;
  /** Rows sent and rows acknowledged, since this client was made. */
  readonly sent: number;
  readonly acknowledged: number;
  /** When the hub last answered; null if it never did. */
  readonly lastContact: number | null;
  /** Milliseconds that this machine's clock is ahead of the hub's; null if not known. */
  readonly clockSkewMs: number | null;
  /** Why the link was closed or could not be opened; null while all is well. */
  readonly problem: PawprintError | null;
  /** What the hub wants people to look at; null if there is nothing. */
  readonly warning: string | null;
  /** How often opening a link has failed since the hub last answered. */
  readonly attempts: number;
}
