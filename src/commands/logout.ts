import { outboxOf } from "../ledger/sqlite/Outbox.ts";
import { askHub, trustOf } from "../sync/hub-address.ts";
import { hubIdOf, readLogin, removeLogin } from "../sync/login-file.ts";
import { encodeFrame } from "../model/frame-coding.ts";
import { PawprintError } from "../utils/errors.ts";
import { ledgerPath } from "../utils/paths.ts";
import { existsSync } from "node:fs";
import { clean } from "../utils/terminal.ts";
import { openLedgerFor } from "../cli/report-command.ts";
import type { Command } from "./contract.ts";

/** Leaves the hub. */
export const logout: Command = {
  name: "logout",
  purpose: "hub",
  description: "leave the hub: its token for this machine ends; what was sent stays there",
  examples: [{ args: "logout", description: "stop sending, and end this machine's token at the hub" }],
  related: ["login", "forget"],
  async run(context) {
    const { places, settings, print, warn } = context;
    const login = readLogin(places);
    if (login === null) {
      print("This machine sends to no hub.");
      return 0;
    }
    const { url, token, pin, key } = login;
    const address = { url, token, pin };
    try {
      const bye = encodeFrame({ type: "stop", code: "logged_out", message: "the machine has left" });
      await askHub(address, "/v1/stop", await trustOf(address), bye);
    } catch (error) {
      if (!(error instanceof PawprintError)) throw error;
      if (error.code !== "unauthorized")
        warn(`pawprint: ${clean(error.message)}: end its token there: pawprint revoke ${clean(login.name)}`);
    }
    removeLogin(places);
    // Another login to the same hub begins with what the hub says that it has.
    if (existsSync(ledgerPath(settings, places))) {
      using opened = openLedgerFor(context);
      outboxOf(opened.ledger).dropCursor(hubIdOf(key));
    }
    print(`This machine no longer sends to ${clean(url)}.`);
    print(`What it sent stays there; on the hub, this removes it: pawprint forget --machine ${clean(login.name)}`);
    return 0;
  },
};
