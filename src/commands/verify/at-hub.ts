import { openLedgerFor } from "../../cli/report-command.ts";
import { count } from "../../render/format.ts";
import { askAnswer } from "../../sync/ask-frame.ts";
import { trustOf } from "../../sync/hub-address.ts";
import { type BucketDifference, type HubProof, prove } from "../../sync/prove.ts";
import { jsonText } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";
import { requiredTarget, senderFor } from "../hub-target/target.ts";

/** Compares this machine's rows with those of the hub; exits with 1 if they still differ after missing ones were sent again. */
export async function verifyAtHub(context: Context): Promise<number> {
  const target = await requiredTarget(context);
  using opened = openLedgerFor(context);
  const { rows } = senderFor(context, opened.ledger, target);
  const trust = await trustOf(target.address);
  const found = await prove(
    opened.ledger,
    rows,
    (frame, type) => askAnswer(target.address, trust, frame, type),
    context.clock.now(),
  );
  if (context.options["json"]) context.print(jsonText(found, 2));
  else for (const line of proofLines(found)) context.print(line);
  return isComplete(found) ? 0 : 1;
}

/** Whether the hub has all rows that this machine has and that it takes. */
const isComplete = ({ remaining, refused, late }: HubProof): boolean =>
  refused === 0 && remaining.reduce((sum, { here, atHub }) => sum + Math.max(here - atHub, 0), 0) <= late;

function proofLines(found: HubProof): string[] {
  const { rows, forgotten, differences, resent, refused, late, remaining } = found;
  const kept = forgotten === 0 ? [] : [`${count(forgotten)} other rows were forgotten at the hub and stay out`];
  if (differences.length === 0) return [`${count(rows)} rows: the hub has the same`, ...kept];
  const outcome = isComplete(found)
    ? "now the hub has all of them; what still differs are rows there that this ledger has no more, or of days that it pruned"
    : "the hub still lacks rows";
  return [
    `${count(rows)} rows leave this machine; ${count(differences.length)} of 256 groups differ at the hub:`,
    ...differences.map(differenceLine),
    `${count(resent)} rows sent again${refused > 0 ? `, of which the hub refused ${count(refused)}` : ""}${late > 0 ? `, ${count(late)} of days that it has pruned` : ""}`,
    ...(remaining.length === 0 ? ["now the hub has the same"] : [`${outcome}:`, ...remaining.map(differenceLine)]),
    ...kept,
  ];
}

const differenceLine = ({ bucket, here, atHub }: BucketDifference): string =>
  `  group ${bucket}: ${count(here)} rows here, ${count(atHub)} at the hub`;
