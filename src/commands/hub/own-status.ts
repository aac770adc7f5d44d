import { outboxOf } from "../../ledger/sqlite/Outbox.ts";
import { openLedgerFor } from "../../cli/report-command.ts";
import { addressIn } from "../../hub/store.ts";
import { hubIdOf } from "../../sync/login-file.ts";
import { hubPath } from "../../utils/paths.ts";
import type { Context } from "../contract.ts";
import { type SyncStatus, withProgress } from "../hub-target/status.ts";
import { isServed, openHub } from "./open-hub.ts";

/** How far this machine's usage has reached the hub that this machine is. Throws what openHub throws. */
export function ownStatus(context: Context): SyncStatus {
  const { settings, places } = context;
  using hub = openHub(context);
  using opened = openLedgerFor(context);
  const machine = outboxOf(opened.ledger).machine.id;
  const name = hub.members.find(machine)?.name ?? "";
  const served = addressIn(hub.ledger);
  // A hub that was only ever filled by `pull` has no address.
  const address = { url: served?.url ?? hubPath(settings, places), token: null, pin: null };
  const target = { address, hub: hubIdOf(hub.key), key: hub.key, machine, name, isCi: false };
  const found = withProgress(context, opened.ledger, target);
  // Both have one clock.
  if (served === null) return { ...found, clockSkewMs: 0, health: "ok" };
  if (isServed(context)) return { ...found, clockSkewMs: 0, lastContact: context.clock.now(), health: "ok" };
  const problem = "the hub of this machine is not running: pawprint serve, or pawprint service start serve";
  return { ...found, clockSkewMs: 0, health: "hub_away", problem };
}
