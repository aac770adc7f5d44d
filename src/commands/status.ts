import { existsSync } from "node:fs";
import { count } from "../render/format.ts";
import { hubPath } from "../utils/paths.ts";
import { clean, columns, duration, jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { hubTarget } from "./hub-target/target.ts";
import { noStatus, statusOf, type SyncStatus } from "./hub-target/status.ts";

/** Shows how far this machine's usage has reached the hub. */
export const status: Command = {
  name: "status",
  purpose: "hub",
  description: "show what is pending, and whether the hub answers",
  options: [{ name: "json", description: "print JSON" }],
  examples: [
    { args: "status", description: "what is pending, and when the hub last answered" },
    { args: "status --json", description: "the same for scripts; times are epoch milliseconds" },
  ],
  related: ["sync", "login", "sources"],
  async run(context) {
    const { options, print } = context;
    const found = await findStatus(context);
    if (options["json"]) print(jsonText(found, 2));
    else for (const line of statusLines(found, context.clock.now())) print(line);
    return 0;
  },
};

async function findStatus(context: Context): Promise<SyncStatus> {
  const { settings, places } = context;
  const target = await hubTarget(context);
  if (target) return await statusOf(context, target);
  if (!existsSync(hubPath(settings, places))) return noStatus;
  return (await import("./hub/own-status.ts")).ownStatus(context);
}

function statusLines(found: SyncStatus, now: number): string[] {
  if (found.hub === null) return ["This machine sends to no hub. To join one: pawprint login URL#CODE"];
  const ago = (at: number | null): string => (at === null ? "never" : `${duration(Math.max(now - at, 0))} ago`);
  const sources = Object.entries(found.pendingBySource).map(([name, rows]) => `${name} ${count(rows)}`);
  const skew = found.clockSkewMs;
  const rows: [string, string][] = [
    ["hub", clean(found.hub)],
    ["machine", `${clean(found.name ?? "")} (${clean(found.machine ?? "")})`],
    ["level", found.level ?? ""],
    ["health", found.problem === null ? found.health : `${found.health}: ${clean(found.problem, 500)}`],
    ["pending", `${count(found.pending ?? 0)} rows${sources.length > 0 ? `: ${sources.join(", ")}` : ""}`],
    ["acknowledged", found.acknowledged ? `the first ${count(found.acknowledged)} rows of the ledger` : "nothing yet"],
    ["last contact", ago(found.lastContact)],
    [
      "clock",
      skew === null ? "not compared yet" : `${duration(Math.abs(skew))} ${skew < 0 ? "behind" : "ahead of"} the hub's`,
    ],
    ...(found.warning === null ? [] : [["warning", clean(found.warning, 500)] as [string, string]]),
    ...(found.refused === 0 ? [] : [["refused", `${count(found.refused)} rows`] as [string, string]]),
    ...found.refusedRows.map(({ key, code, reason }): [string, string] => [
      "",
      `${clean(key)}: ${clean(code)}, ${clean(reason)}`,
    ]),
    ...(found.late === 0
      ? []
      : [["late", `${count(found.late)} rows of days that the hub has pruned: not counted there`] as [string, string]]),
    ...found.unsendable.map((key): [string, string] => ["not sent", `${clean(key)}: damaged or too long`]),
  ];
  return columns(rows).split("\n");
}
