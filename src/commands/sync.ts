import { openLedgerFor } from "../cli/report-command.ts";
import { postLink } from "../sync/post-link.ts";
import { webSocketLink } from "../sync/web-socket-link.ts";
import { failures, PawprintError } from "../utils/errors.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { type HubTarget, hubTarget, requiredTarget, senderFor } from "./hub-target/target.ts";
import { printOutgoing } from "./sync/dry-run.ts";
import { follow } from "./hub-target/follow.ts";
import { outcomeLines, outcomeOf, warningsOf } from "./sync/outcome.ts";
import { scanAll } from "./hub-target/scan.ts";
import { StopSignals } from "./hub-target/StopSignals.ts";
import { overStandardStreams } from "./sync/stdio.ts";

/** Sends new usage to the hub. */
export const sync: Command = {
  name: "sync",
  purpose: "hub",
  description: "send new usage to the hub: until nothing is pending, or with --follow until interrupted",
  options: [
    { name: "follow", aliases: ["f"], description: "go on sending: look for new usage each PET_SYNC_INTERVAL ms" },
    {
      name: "dry-run",
      description:
        "print what would be sent, one row a line, and send nothing: counts, times, models, tools, names of projects; with PET_SYNC_LEVEL=details also paths, branches, files, links and git operations; never prompts, answers or contents",
    },
    { name: "stdio", description: "send it over standard input and output, for pawprint pull" },
    { name: "strict", description: "exit with 1 if the hub is away (CI jobs with PET_HUB_URL and PET_HUB_TOKEN)" },
    { name: "json", description: "print JSON: the rows sent, acknowledged and pending" },
  ],
  examples: [
    { args: "sync", description: "read what is new and send it" },
    { args: "sync --dry-run", description: "print exactly what would be sent" },
    { args: "sync --follow", description: "send new usage as it appears" },
  ],
  related: ["login", "status", "scan"],
  async run(context) {
    const { options } = context;
    const [mode, other] = ["follow", "dry-run", "stdio"].filter((one) => options[one] !== undefined);
    if (mode !== undefined && other !== undefined)
      throw new PawprintError("bad_usage", `sync takes one of --${mode} and --${other}`, "see: pawprint sync --help");
    if (mode !== undefined && options["json"])
      throw new PawprintError("bad_usage", `sync --${mode} takes no --json`, "it would change nothing");
    if (options["dry-run"]) return dryRun(context);
    if (options["stdio"]) return await overStandardStreams(context);
    const target = await requiredTarget(context).catch((error: unknown) => unreachable(context, error));
    if (target === null) return 0;
    if (!options["follow"]) return once(context, target);
    using stop = new StopSignals();
    return await follow(context, target, stop.signal);
  },
};

async function dryRun(context: Context): Promise<number> {
  using opened = openLedgerFor(context);
  await scanAll(context, opened);
  printOutgoing(context, opened.ledger, await hubTarget(context));
  return 0;
}

async function once(context: Context, target: HubTarget): Promise<number> {
  const { options, print, settings, warn } = context;
  using opened = openLedgerFor(context);
  await scanAll(context, opened);
  const sender = senderFor(context, opened.ledger, target);
  const link = target.isCi ? postLink : webSocketLink;
  const runner = sender.runner(link(target.address));
  await runner.untilDone(settings.syncRetries);
  await runner.sayDone();
  const outcome = outcomeOf(sender);
  sender.save();
  const { problem } = sender.client.status;
  sender.client.end();
  for (const line of warningsOf(sender)) warn(`pawprint: ${line}`);
  if (options["json"]) print(jsonText(outcome));
  else for (const line of outcomeLines(outcome, target.address.url)) print(line);
  // A login that has ended is a failure even before there is something to send.
  if (outcome.pending === 0 && (problem === null || problem.code === "hub_away")) return 0;
  return problem && isForgiven(context, target.isCi, problem) ? 0 : failures[problem?.code ?? "hub_away"].exit;
}

/** Whether a CI job succeeds although the hub is away. */
const isForgiven = ({ options }: Context, isCi: boolean, error: unknown): boolean =>
  isCi && !options["strict"] && (error as { code?: unknown }).code === "hub_away";

/** A CI job joins the hub first, which may be away; null if that is forgiven. */
function unreachable(context: Context, error: unknown): null {
  const { settings, options, print, warn } = context;
  const isCi = settings.hubUrl !== null && settings.hubToken !== null;
  if (!isForgiven(context, isCi, error)) throw error;
  warn(`pawprint: ${clean(error instanceof Error ? error.message : "", 500)}; nothing was sent (--strict fails)`);
  if (options["json"]) print(jsonText({ sent: 0, acknowledged: 0, pending: null }));
  return null;
}
