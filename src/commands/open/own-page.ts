import { hostname } from "node:os";
import { version } from "../../../package.json";
import { openLedgerFor } from "../../cli/report-command.ts";
import { OwnServer } from "../../hub/page/OwnServer.ts";
import { systemZone } from "../../model/calendar.ts";
import { messageOf } from "../../utils/errors.ts";
import { zoneFiles } from "../../utils/files.ts";
import { clean } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";
import { scanInChild } from "../hub-target/scan.ts";
import { StopSignals } from "../hub-target/StopSignals.ts";
import { OwnLedger } from "./OwnLedger.ts";

/** Serves the page of this machine's own ledger until it is interrupted. `show` is called with the address of the page and its code. */
export async function serveOwnPage(
  context: Context,
  port: number,
  show: (address: string, pageUrl: string) => Promise<void>,
): Promise<void> {
  const { clock, env, settings, warn } = context;
  using stop = new StopSignals();
  using opened = openLedgerFor(context);
  const own = new OwnLedger(context, opened);
  const { bundledPage } = await import("../../hub/page/bundled.ts");
  const name = settings.machine ?? hostname();
  const server = new OwnServer({
    port,
    files: bundledPage,
    about: { name, timezone: systemZone(env, zoneFiles).zone, machines: [{ name, person: "" }] },
    place: () => own.place(),
    now: () => clock.now(),
    program: version,
    failed: (error) => warn(`pawprint: ${clean(messageOf(error), 1_000)}`),
  });
  try {
    const following = own.follow(server.live, scanInChild(context, stop.signal), stop.signal);
    await Promise.all([following, show(server.address, server.pageUrl())]);
  } finally {
    await server.stop();
  }
}
