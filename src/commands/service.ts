import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type JobName, jobNames, type ServiceState } from "../install/service/contract.ts";
import {
  controlService,
  installedNames,
  installService,
  logCommandOf,
  managers,
  planService,
  runInBackground,
  type ServicePlan,
  stateOfService,
  uninstallService,
} from "../install/service/services.ts";
import { expand, loginFile } from "../utils/paths.ts";
import { PawprintError } from "../utils/errors.ts";
import { find, unknownName } from "../utils/registry.ts";
import { jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { readServeOptions, serveOptionList } from "./hub/serve-options.ts";
import { removedLines } from "./system-services/removed-lines.ts";
import { followCommand, serviceSystem } from "./system-services/system.ts";

const actions = ["install", "uninstall", "start", "stop", "restart", "status", "logs"] as const;
type ServiceAction = (typeof actions)[number];

/** Lets `sync` or `serve` run for good, by what the system has for it. */
export const service: Command = {
  name: "service",
  purpose: "hub",
  description: "let sync or serve run all the time: by systemd, launchd or cron",
  args: `<${actions.join("|")}> [${jobNames.join("|")}]`,
  argValues: [actions, jobNames],
  options: [
    {
      name: "with",
      value: managers.map(({ name }) => name).join("|"),
      values: managers.map(({ name }) => name),
      description: "what starts it; otherwise the first of these that this machine has",
    },
    ...serveOptionList,
    { name: "follow", aliases: ["f"], description: "keep printing what is added to the log" },
    { name: "dry-run", description: "show what would change, without changing anything" },
    { name: "json", description: "print the status as JSON" },
  ],
  examples: [
    { args: "service install sync", description: "send the usage of this machine to its hub from now on" },
    { args: "service install sync --dry-run", description: "show the files and lines that this would write" },
    { args: "service status", description: "whether the installed services run" },
    { args: "service logs serve -f", description: "the output of the hub, as it arrives" },
  ],
  related: ["sync", "serve", "status", "uninstall"],
  async run(context) {
    const [given, ...names] = context.args;
    if (given === undefined)
      throw new PawprintError("bad_usage", "service takes an action", `one of: ${actions.join(", ")}`);
    // What cron and the profile of a shell run; users have `start`.
    if (given === "run") return await runJob(context, jobNamed(names, installedNames(context)));
    const action = actions.find((one) => one === given);
    if (action === undefined) throw unknownName("action of service", given, actions);
    refuseOptions(context, action);
    return await runAction[action](context, names);
  },
};

/** The options that each action takes. */
const optionsOf: Readonly<Record<ServiceAction, readonly string[]>> = {
  install: ["with", "dry-run", ...serveOptionList.map(({ name }) => name)],
  uninstall: ["dry-run"],
  start: [],
  stop: [],
  restart: [],
  status: ["json"],
  logs: ["follow"],
};

function refuseOptions({ options }: Context, action: ServiceAction): void {
  const wrong = Object.keys(options).find((name) => !optionsOf[action].includes(name));
  if (wrong === undefined) return;
  throw new PawprintError("bad_usage", `service ${action} takes no --${wrong}`, "see: pawprint service --help");
}

const runAction: Readonly<Record<ServiceAction, (context: Context, names: readonly string[]) => Promise<number>>> = {
  install: runInstall,
  async uninstall(context, names) {
    const dryRun = context.options["dry-run"] === true;
    const removed = await uninstallService(serviceSystem(context), jobNamed(names, installedNames(context)), dryRun);
    for (const line of removed === null ? ["it is not installed; nothing changed"] : removedLines(removed, dryRun))
      context.print(line);
    return 0;
  },
  start: control("start"),
  stop: control("stop"),
  restart: control("restart"),
  status: runStatus,
  logs: (context, names) => {
    const system = serviceSystem(context);
    const name = jobNamed(names, installedNames(context));
    return followCommand(context, logCommandOf(system, name, context.options["follow"] === true));
  },
};

function control(action: "start" | "stop" | "restart") {
  return async (context: Context, names: readonly string[]): Promise<number> => {
    const name = jobNamed(names, installedNames(context));
    const state = await controlService(serviceSystem(context), name, action);
    context.print(stateLine(name, state));
    return action === "stop" || state.isRunning ? 0 : 1;
  };
}

async function runInstall(context: Context, names: readonly string[]): Promise<number> {
  const { options, print } = context;
  const name = jobNamed(names, []);
  const system = serviceSystem(context);
  const chosen = typeof options["with"] === "string" ? options["with"] : null;
  const plan = await planService(system, { name, options: serveWords(context, name), chosen });
  const dryRun = options["dry-run"] === true;
  for (const line of planLines(plan, dryRun ? "would write" : "writing")) print(line);
  if (dryRun) return 0;
  if (name === "sync") refuseWithoutHub(context);
  const state = await installService(system, plan);
  print(stateLine(name, state));
  for (const hint of plan.manager.hints(plan.job)) print(`  ${hint}`);
  print(`  log: pawprint service logs ${name}; remove it: pawprint service uninstall ${name}`);
  return state.isRunning ? 0 : 1;
}

/** Throws not_found where `sync` would only fail: without a hub that is known from a file. A token in the environment stays there. */
function refuseWithoutHub({ env, places, settings }: Context): void {
  if (existsSync(loginFile(places))) return;
  if (settings.hubUrl !== null && settings.hubToken !== null && !env["PET_HUB_TOKEN"]) return;
  throw new PawprintError("not_found", "this machine sends to no hub", "join one first: pawprint login URL#CODE");
}

/** The options of `serve` among those that were given. Throws bad_usage for another job, and for what `serve` would refuse. */
function serveWords(context: Context, name: JobName): string[] {
  const { options } = context;
  const given = serveOptionList.filter((one) => options[one.name] !== undefined);
  if (name !== "serve" && given[0])
    throw new PawprintError("bad_usage", `service install ${name} takes no --${given[0].name}`, "it is for serve");
  if (name === "serve") readServeOptions(context);
  return given.flatMap((one) => {
    const value = options[one.name];
    if (typeof value !== "string") return [`--${one.name}`];
    // A service runs in another folder.
    const isFile = one.value === "file";
    return [`--${one.name}=${isFile ? resolve(expand(value, context.places)) : value}`];
  });
}

/** Everything that an installation writes, before it is written. */
function planLines({ job, files, lines, manager }: ServicePlan, what: string): string[] {
  const indented = (text: string): string[] =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`);
  return [
    `${manager.name}: ${manager.description}`,
    `it runs: pawprint ${[job.name, ...job.options].join(" ")}`,
    ...files.flatMap(({ path, text }) => [`${what} ${path}:`, ...indented(text)]),
    ...lines.flatMap(({ file, line }) => [`${what} this line to ${file ?? "your crontab"}:`, ...indented(line)]),
  ];
}

async function runStatus(context: Context, names: readonly string[]): Promise<number> {
  const { print, options } = context;
  const system = serviceSystem(context);
  const installed = installedNames(system);
  const wanted = names.length > 0 ? [jobNamed(names, installed)] : installed;
  const states: { name: JobName; state: ServiceState }[] = [];
  for (const name of wanted) states.push({ name, state: await stateOfService(system, name) });
  if (options["json"] === true)
    print(
      jsonText({
        services: states.map(({ name, state }) => ({ name, running: state.isRunning, detail: state.detail })),
      }),
    );
  else if (states.length === 0) print("no service is installed; pawprint service install sync installs one");
  else for (const { name, state } of states) print(stateLine(name, state));
  return states.every(({ state }) => state.isRunning) ? 0 : 1;
}

async function runJob(context: Context, name: JobName): Promise<number> {
  await runInBackground(serviceSystem(context), name);
  return 0;
}

/** The job that is named, or the only one of those that are installed. Throws bad_usage. */
function jobNamed(names: readonly string[], installed: readonly JobName[]): JobName {
  const [given, ...more] = names;
  if (given === undefined && installed.length === 1 && installed[0]) return installed[0];
  if (given === undefined)
    throw new PawprintError("bad_usage", "which service is missing", `one of: ${jobNames.join(", ")}`);
  if (more.length > 0) throw unknownName("service", names.join(" "), jobNames);
  return find(
    jobNames.map((name) => ({ name })),
    given,
    "service",
  ).name;
}

const stateLine = (name: JobName, { isRunning, detail }: ServiceState): string =>
  `${name}: ${isRunning ? "running" : "not running"}; ${detail}`;
