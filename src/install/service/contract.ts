import type { Clock } from "../../utils/clock.ts";
import type { Environment } from "../../utils/config.ts";
import type { Places } from "../../utils/paths.ts";
import type { RegistryItem } from "../../utils/registry.ts";
import type { RecordedFile } from "../recorded-files.ts";

/** What can run as a service: the sender of this machine's usage, and the hub. */
export const jobNames = ["sync", "serve"] as const;
/** One of jobNames. */
export type JobName = (typeof jobNames)[number];

/** A program that is to run all the time, or again and again. */
export interface Job {
  readonly name: JobName;
  /** The program with an absolute path, and the options before a command. */
  readonly program: readonly string[];
  /** Options of the command. */
  readonly options: readonly string[];
  /** Variables without which the program would use other files. No secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** File of its output, where the system has no log of its own. */
  readonly log: string;
}

/** How a command ended. `exit` is null if it was not started or was stopped. */
export interface CommandOutcome {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system by its name, with text for its standard input; never throws because of the program. */
export type Runner = (command: readonly string[], input?: string) => Promise<CommandOutcome>;

/** The machine as services see it. */
export interface ServiceSystem {
  readonly places: Places;
  readonly env: Environment;
  readonly clock: Clock;
  /** Id of this user. */
  readonly uid: number;
  readonly run: Runner;
}

/** A line of ours in a file of others, or in the crontab (null). It ends with markerOf. */
export interface MarkedLine {
  readonly file: string | null;
  readonly line: string;
}

/** What is known about an installed service right now. */
export interface ServiceState {
  readonly isRunning: boolean;
  /** What the system says, in a few words. */
  readonly detail: string;
}

/** One of the argument lists that are run: a program's name and its arguments. */
export type SystemCommand = readonly [program: string, ...args: string[]];

/** A part of the system that starts programs and keeps them running. */
export interface ServiceManager extends RegistryItem {
  /** Why this machine cannot use it, as a sentence without subject; null if it can. */
  problem(system: ServiceSystem): Promise<string | null>;
  /** The file that describes the job, for managers that read one. */
  files(job: Job, system: ServiceSystem): readonly RecordedFile[];
  /** Lines in files of others. */
  lines(job: Job, system: ServiceSystem): readonly MarkedLine[];
  /** Makes it run now and from now on. Files and lines are in place. */
  start(job: Job, system: ServiceSystem): Promise<void>;
  /** Ends it now; a service that has no lines starts again at the next login. */
  stop(job: Job, system: ServiceSystem): Promise<void>;
  /** Ends it for good, before its files are removed. Never throws: what is not there is not an error. */
  disable(job: Job, system: ServiceSystem): Promise<void>;
  /** Called after its files were removed. */
  removed?(system: ServiceSystem): Promise<void>;
  state(job: Job, system: ServiceSystem): Promise<ServiceState>;
  /** Prints its newest output, and with `isFollowing` what is added. */
  logs(job: Job, isFollowing: boolean): SystemCommand;
  /** What the user should know after an installation, as sentences. */
  hints(job: Job): readonly string[];
}
