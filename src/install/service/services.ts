import { existsSync } from "node:fs";
import { PawprintError } from "../../utils/errors.ts";
import { removeIfPresent } from "../../utils/files.ts";
import { find } from "../../utils/registry.ts";
import { refuseOthersDirectory } from "../home.ts";
import { withInstallLock } from "../install.ts";
import { removeRecordedFiles, writeRecordedFiles } from "../recorded-files.ts";
import type {
  Job,
  JobName,
  MarkedLine,
  ServiceManager,
  ServiceState,
  ServiceSystem,
  SystemCommand,
} from "./contract.ts";
import { launch } from "./background.ts";
import { cron } from "./cron.ts";
import { jobOf, logOf } from "./job.ts";
import { launchd } from "./launchd.ts";
import { crontabOf, putLine, takeLine } from "./marked-lines.ts";
import { readServices, type ServiceRecord, writeServices } from "./record.ts";
import { systemd } from "./systemd.ts";

/** All managers; the first one that a machine can use is its default. */
export const managers: readonly ServiceManager[] = [launchd, systemd, cron];

/** What an installation writes. */
export interface ServicePlan {
  readonly job: Job;
  readonly manager: ServiceManager;
  readonly files: ReturnType<ServiceManager["files"]>;
  readonly lines: readonly MarkedLine[];
}

/** What is to be installed; `chosen` is the name of a manager, null for the machine's default. */
export interface ServiceRequest {
  readonly name: JobName;
  readonly options: readonly string[];
  readonly chosen: string | null;
}

/** What `installService` would write. Throws bad_usage for an unknown manager, not_found where none can be used. */
export async function planService(
  system: ServiceSystem,
  { name, options, chosen }: ServiceRequest,
): Promise<ServicePlan> {
  const manager = await managerFor(system, chosen);
  const job = jobOf(name, options, system);
  return { job, manager, files: manager.files(job, system), lines: manager.lines(job, system) };
}

async function managerFor(system: ServiceSystem, chosen: string | null): Promise<ServiceManager> {
  const tried: string[] = [];
  for (const one of chosen === null ? managers : [find(managers, chosen, "manager of services")]) {
    const problem = await one.problem(system);
    if (problem === null) return one;
    tried.push(`${one.name}: ${problem}`);
  }
  const hint = "without one, let something else start pawprint sync again and again, or pawprint serve";
  throw new PawprintError("not_found", `nothing here can run a service: ${tried.join("; ")}`, hint);
}

/** Writes what a plan contains, records it, and starts the service; one that is installed already is replaced. */
export async function installService(system: ServiceSystem, plan: ServicePlan): Promise<ServiceState> {
  const { places, clock } = system;
  const { job, manager, files, lines } = plan;
  refuseOthersDirectory(places);
  const before = readServices(places)[job.name];
  const isReplaced = before !== undefined && before.manager !== manager.name;
  if (isReplaced) await uninstallService(system, job.name);
  else if (before) await manager.stop(job, system).catch(() => undefined);
  const made = new Map(isReplaced ? [] : before?.lines.map(({ file, isMade }) => [file, isMade] as const));
  const targets: ServiceRecord["lines"] = [];
  for (const { file } of lines) targets.push({ file, isMade: made.get(file) ?? (await isMissing(file, system)) });
  const others = (before?.lines ?? []).filter(({ file }) => !isReplaced && !lines.some((line) => line.file === file));
  const { program, options, env } = job;
  const entry: ServiceRecord = {
    manager: manager.name,
    program: [...program],
    options: [...options],
    env: { ...env },
    files: files.map(({ path }) => path),
    lines: targets,
  };
  // Recorded before anything is written, so that a process that is killed leaves nothing unknown.
  await withInstallLock(places, clock, () => {
    writeServices(places, { ...readServices(places), [job.name]: { ...entry, lines: [...targets, ...others] } });
    return Promise.resolve();
  });
  for (const one of others) await takeLine(one, job.name, system);
  await writeRecordedFiles(system, "service-files.json", files, false);
  for (const line of lines) await putLine(line, job.name, system);
  await manager.start(job, system);
  return await manager.state(job, system);
}

const isMissing = async (file: string | null, { run }: ServiceSystem): Promise<boolean> =>
  file === null ? (await crontabOf(run)).isMissing : !existsSync(file);

/** What an uninstallation removed, or in a dry run would remove. */
export interface RemovedService {
  readonly name: JobName;
  /** Files that were removed, and files with a line that was taken out; "crontab" for that of the user. */
  readonly removed: readonly string[];
  /** Files that somebody changed after they were written. */
  readonly kept: readonly string[];
}

/** Ends a service and removes what was written for it; null if it is not installed. */
export async function uninstallService(
  system: ServiceSystem,
  name: JobName,
  dryRun = false,
): Promise<RemovedService | null> {
  const { places, clock } = system;
  const found = readServices(places)[name];
  if (found === undefined) return null;
  const { job, manager } = jobIn(system, name, found);
  if (!dryRun) {
    for (const line of found.lines) await takeLine(line, name, system);
    await manager.disable(job, system);
  }
  const { removed, kept } = await removeRecordedFiles(system, "service-files.json", dryRun, found.files);
  if (!dryRun) {
    await manager.removed?.(system);
    removeIfPresent(job.log);
    await withInstallLock(places, clock, () => {
      const { [name]: _, ...others } = readServices(places);
      writeServices(places, others);
      return Promise.resolve();
    });
  }
  return { name, removed: [...removed, ...found.lines.map(({ file }) => file ?? "crontab")], kept };
}

/** Ends all services and removes what was written for them. */
export async function uninstallServices(system: ServiceSystem, dryRun: boolean): Promise<RemovedService[]> {
  const done: RemovedService[] = [];
  for (const name of installedNames(system)) {
    const one = await uninstallService(system, name, dryRun);
    if (one) done.push(one);
  }
  return done;
}

/** An installed service. */
interface InstalledService {
  readonly job: Job;
  readonly manager: ServiceManager;
  readonly lines: ServiceRecord["lines"];
}

function jobIn(system: ServiceSystem, name: JobName, record: ServiceRecord): InstalledService {
  const { program, options, env, manager, lines } = record;
  const job = { name, program, options, env, log: logOf(system.places, name) };
  return { job, manager: find(managers, manager, "manager of services"), lines };
}

/** The installed service of a name. Throws not_found. */
function installedService(system: ServiceSystem, name: JobName): InstalledService {
  const record = readServices(system.places)[name];
  if (record) return jobIn(system, name, record);
  throw new PawprintError("not_found", `no service ${name} is installed`, `run: pawprint service install ${name}`);
}

/** The names of all installed services. */
export const installedNames = ({ places }: Pick<ServiceSystem, "places">): JobName[] =>
  Object.keys(readServices(places)) as JobName[];

/** Starts, stops or restarts an installed service. Throws not_found. */
export async function controlService(
  system: ServiceSystem,
  name: JobName,
  action: "start" | "stop" | "restart",
): Promise<ServiceState> {
  const { job, manager, lines: targets } = installedService(system, name);
  if (action === "stop") for (const one of targets) await takeLine(one, name, system);
  if (action !== "start") await manager.stop(job, system);
  if (action !== "stop") {
    const lines = manager.lines(job, system).filter(({ file }) => targets.some((one) => one.file === file));
    for (const line of lines) await putLine(line, name, system);
    await manager.start(job, system);
  }
  return await manager.state(job, system);
}

/** The state of an installed service. Throws not_found. */
export function stateOfService(system: ServiceSystem, name: JobName): Promise<ServiceState> {
  const { job, manager } = installedService(system, name);
  return manager.state(job, system);
}

/** Starts the program of an installed service in the background unless it is running: what cron and a login run. */
export const runInBackground = async (system: ServiceSystem, name: JobName): Promise<void> => {
  await launch(installedService(system, name).job, system);
};

/** The command that prints the log of an installed service. Throws not_found. */
export function logCommandOf(system: ServiceSystem, name: JobName, isFollowing: boolean): SystemCommand {
  const { job, manager } = installedService(system, name);
  return manager.logs(job, isFollowing);
}
