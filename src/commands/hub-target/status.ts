import { outboxOf } from "../../ledger/sqlite/Outbox.ts";
import { openLedgerFor } from "../../cli/report-command.ts";
import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import { type Frame, WIRE_VERSION } from "../../model/wire.ts";
import { askFrame } from "../../sync/ask-frame.ts";
import { type HubMemory, noHubMemory, readSyncMemory } from "../../sync/sync-memory.ts";
import { PawprintError } from "../../utils/errors.ts";
import type { Context } from "../contract.ts";
import { type HubTarget, senderFor } from "./target.ts";

/** What `status --json` prints. Times are epoch milliseconds. */
export interface SyncStatus {
  /** Address of the hub; null if this machine sends to none. */
  readonly hub: string | null;
  readonly machine: string | null;
  readonly name: string | null;
  readonly level: string | null;
  /** Rows that the hub has not acknowledged, in all and by assistant; of what has been read into the ledger. */
  readonly pending: number | null;
  readonly pendingBySource: Readonly<Record<string, number>>;
  /** Number of this ledger's newest row that the hub has acknowledged. */
  readonly acknowledged: number | null;
  readonly lastContact: number | null;
  /** Milliseconds that this machine's clock is ahead of the hub's. */
  readonly clockSkewMs: number | null;
  /** "ok", or the code of what is wrong: "hub_away", "unauthorized", ... */
  readonly health: string;
  readonly problem: string | null;
  readonly warning: string | null;
  readonly refused: number;
  readonly refusedRows: HubMemory["named"];
  readonly late: number;
  readonly unsendable: readonly string[];
}

/** The status of a machine without a hub. */
export const noStatus: SyncStatus = {
  hub: null,
  machine: null,
  name: null,
  level: null,
  pending: null,
  pendingBySource: {},
  acknowledged: null,
  lastContact: null,
  clockSkewMs: null,
  health: "no hub",
  problem: null,
  warning: null,
  refused: 0,
  refusedRows: [],
  late: 0,
  unsendable: [],
};

/** The status of a machine that sends to a hub, which is asked. */
export async function statusOf(context: Context, target: HubTarget): Promise<SyncStatus> {
  const { clock } = context;
  using opened = openLedgerFor(context);
  // The hub was asked already: each CI job joins it anew, and sends everything from the start.
  if (target.isCi) return { ...withProgress(context, opened.ledger, target), lastContact: clock.now(), health: "ok" };
  const { rows } = senderFor(context, opened.ledger, target);
  const asked = clock.now();
  const answer = await welcomeOf(target, { type: "hello", v: WIRE_VERSION, now: asked, ...rows.hello() });
  if (answer instanceof PawprintError)
    return { ...withProgress(context, opened.ledger, target), health: answer.code, problem: answer.message };
  // What a restored hub has lost is pending again.
  const progress = withProgress(context, opened.ledger, target, rows.welcomed(answer));
  const clockSkewMs = Math.round((asked + clock.now()) / 2 - answer.now);
  return { ...progress, lastContact: clock.now(), clockSkewMs, warning: answer.warning ?? null, health: "ok" };
}

/** What this machine knows itself, without the hub's health; `acknowledged` is the hub's number, if it was asked. */
export function withProgress(
  context: Context,
  ledger: Ledger,
  target: HubTarget,
  acknowledged = senderFor(context, ledger, target).rows.acked,
): SyncStatus {
  const pendingBySource = outboxOf(ledger).pending(acknowledged);
  const pending = Object.values(pendingBySource).reduce((sum, one) => sum + one, 0);
  return { ...knownOf(context, target), pending, pendingBySource, acknowledged };
}

function knownOf({ places, settings }: Context, { address, hub, machine, name }: HubTarget): SyncStatus {
  const { lastContact, clockSkewMs, late, named, refused, unsendable, warning } =
    readSyncMemory(places).hubs[hub] ?? noHubMemory;
  const kept = { lastContact, clockSkewMs, late, refused, refusedRows: named, unsendable, warning };
  return { ...noStatus, ...kept, hub: address.url, machine, name, level: settings.syncLevel };
}

/** The hub's answer to `hello`, or what is wrong. */
async function welcomeOf({ address }: HubTarget, hello: Frame<"hello">): Promise<Frame<"welcome"> | PawprintError> {
  try {
    return await askFrame(address, hello, "welcome");
  } catch (error) {
    if (error instanceof PawprintError) return error;
    throw error;
  }
}
