import { outboxOf } from "../../ledger/sqlite/Outbox.ts";
import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import { jsonText } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";
import { type HubTarget, senderFor } from "../hub-target/target.ts";

const PAGE = { rows: 500, characters: 1_000_000 };

/** Prints the rows that would leave, each as one line of JSON with exactly the texts that would be sent. */
export function printOutgoing(context: Context, ledger: Ledger, target: HubTarget | null): void {
  const { print, warn } = context;
  if (target === null)
    warn(
      "pawprint: this machine sends to no hub: all rows are printed, with hashes that each hub would make otherwise",
    );
  const { rows, levels } = senderFor(context, ledger, target ?? nowhere(ledger.machine));
  levels.refresh();
  const outbox = outboxOf(ledger);
  for (let from = rows.acked; ;) {
    const part = outbox.after(from, PAGE);
    if (part.upto === from) return;
    for (const { source, reader, level, row } of part.rows.flatMap((one) => rows.outgoing(one)))
      print(jsonText({ source, reader, level, key: row[0], body: row[1] }));
    from = part.upto;
  }
}

/** A hub that does not exist, with a key of its own. */
const nowhere = (machine: string): HubTarget => ({
  address: { url: "", token: null, pin: null },
  hub: crypto.randomUUID(),
  key: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url"),
  machine,
  name: "",
  isCi: false,
});
