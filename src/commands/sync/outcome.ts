import { count } from "../../render/format.ts";
import type { HubSender } from "../../sync/HubSender.ts";
import type { PawprintError } from "../../utils/errors.ts";
import { reducedLines } from "../hub-target/reduced-lines.ts";
import { clean } from "../../utils/terminal.ts";

/** What `sync --json` prints: rows. */
export interface SyncOutcome {
  readonly sent: number;
  readonly acknowledged: number;
  readonly pending: number;
}

/** Rows that were sent and that are still to be sent. */
export function outcomeOf({ client }: HubSender): SyncOutcome {
  const { sent, acknowledged } = client.status;
  return { sent, acknowledged, pending: client.isDone ? 0 : client.pending };
}

const rows = (number: number): string => `${count(number)} ${number === 1 ? "row" : "rows"}`;

/** The outcome as lines for people. */
export const outcomeLines = ({ sent, acknowledged, pending }: SyncOutcome, url: string): string[] => [
  `${rows(sent)} sent to ${clean(url)}, ${count(acknowledged)} acknowledged, ${count(pending)} pending`,
];

/** What people should look at, as lines. */
export function warningsOf(sender: HubSender): string[] {
  const { client, rows: outgoing, levels } = sender;
  const { refusedCount, refused, late, unsendable } = outgoing.report;
  const { warning, problem } = client.status;
  return [
    ...(problem ? [problemLine(problem)] : []),
    ...(warning === null ? [] : [`the hub warns: ${clean(warning, 500)}`]),
    ...(refusedCount === 0
      ? []
      : [`the hub refused ${rows(refusedCount)}, such as ${refused.map(refusedText)[0] ?? ""}: pawprint status`]),
    ...(late === 0 ? [] : [`${rows(late)} came after the hub had pruned their day, and are not counted there`]),
    ...(unsendable.length === 0 ? [] : [`not sent, since they are damaged or too long: ${listed(unsendable)}`]),
    ...reducedLines(sender),
    ...levels.wrong.map((entry) => `PET_SYNC_PROJECTS: "${clean(entry)}" is not directory=off, metrics or details`),
  ];
}

const problemLine = ({ message, hint }: PawprintError): string => `${clean(message, 500)} (${clean(hint, 500)})`;

const refusedText = ({ key, reason }: { readonly key: string; readonly reason: string }): string =>
  `${clean(key)} (${clean(reason)})`;

const listed = (keys: readonly string[]): string =>
  keys
    .slice(0, 3)
    .map((key) => clean(key))
    .join(", ");
