import type { OffsetInterval } from "../../model/calendar.ts";
import type { Identity } from "../identity.ts";
import type { RouteAnswer } from "../routes/contract.ts";

/** The first line that a reading process receives: the file of the hub, and the folder of the user's own prices. */
export interface ReaderPlaces {
  readonly store: string;
  readonly pets: string;
}

/** A request to a reading process, one line of JSON. `now` is the hub's clock, epoch milliseconds. */
export interface ReaderRequest {
  readonly id: number;
  readonly route: string;
  readonly params: unknown;
  readonly identity: Identity;
  readonly now: number;
}

/** Its answer, or the error that it threw, one line of JSON; `days` are intervals whose sums by day it would have used. */
export type ReaderReply =
  | { readonly id: number; readonly answer: RouteAnswer; readonly days: readonly OffsetInterval[] }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string; readonly hint: string } };
