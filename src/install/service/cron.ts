import { statSync } from "node:fs";
import { PawprintError } from "../../utils/errors.ts";
import { endProcess, launch, runningProcess } from "./background.ts";
import type { Job, MarkedLine, ServiceManager, ServiceSystem } from "./contract.ts";
import { crontabOf, hasLine, markerOf } from "./marked-lines.ts";
import { profileOf } from "./profile.ts";

const PERIOD_MINUTES = 15;
/** What cron reads of a line: https://manpages.debian.org/bookworm/cron/crontab.5.en.html */
const MAX_LINE = 998;

/** A word for sh, in single quotes. */
const word = (text: string): string =>
  /^[\w/.:=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The command that starts the job unless it is running. */
function commandOf({ name, program, env }: Job): string {
  const variables = Object.entries(env).map(([key, value]) => `${key}=${word(value)} `);
  return `${variables.join("")}${[...program, "service", "run", name].map(word).join(" ")}`;
}

/** The line of the crontab. Each home has its own minutes, so that the machines of a team do not all send at once. */
function cronLine(job: Job, { places }: ServiceSystem): string {
  const first = Bun.hash.xxHash32(`${places.home}\n${process.getBuiltinModule("node:os").hostname()}`) % PERIOD_MINUTES;
  const minutes = Array.from({ length: 60 / PERIOD_MINUTES }, (_, index) => first + index * PERIOD_MINUTES);
  // cron takes a percent sign for a newline.
  const command = commandOf(job).replaceAll("%", String.raw`\%`);
  const line = `${minutes.join(",")} * * * * ${command} >/dev/null 2>&1${markerOf(job.name)}`;
  if (line.length > MAX_LINE)
    throw new PawprintError(
      "bad_setting",
      `the line for cron would have ${line.length} characters, of at most ${MAX_LINE}`,
      "write settings to ~/.claude/pets/.env instead of the environment",
    );
  return line;
}

/** The line of the shell's profile, which starts the command in the background and returns at once. */
const loginLine = (job: Job): string =>
  `[ -x ${word(job.program[0] ?? "")} ] && (${commandOf(job)} </dev/null >/dev/null 2>&1 &)${markerOf(job.name)}`;

function linesOf(job: Job, system: ServiceSystem): MarkedLine[] {
  const profile = profileOf(system);
  return [
    { file: null, line: cronLine(job, system) },
    ...(profile === null ? [] : [{ file: profile, line: loginLine(job) }]),
  ];
}

/** The crontab of a user, with a line in the shell's profile for what was missed while the machine was off. */
export const cron: ServiceManager = {
  name: "cron",
  description: `a line in the crontab of this user, run each ${PERIOD_MINUTES} minutes, and one in the profile of the shell, run at login`,
  async problem({ run }) {
    return (await crontabOf(run)).problem;
  },
  files: () => [],
  lines: linesOf,
  start: launch,
  stop: endProcess,
  disable: endProcess,
  async state(job, { run, clock }) {
    const pid = await runningProcess(job, run);
    const isListed = hasLine((await crontabOf(run)).text, job.name);
    const lastRun = statSync(job.log, { throwIfNoEntry: false })?.mtimeMs;
    const minutes = lastRun === undefined ? null : Math.max(0, Math.round((clock.now() - lastRun) / 60_000));
    return {
      isRunning: pid !== null || (isListed && job.name === "sync"),
      detail: [
        isListed ? `in the crontab, each ${PERIOD_MINUTES} min` : "stopped: not in the crontab",
        ...(pid === null ? [] : [`process ${pid}`]),
        minutes === null ? "no output yet" : `newest output ${minutes} min ago`,
      ].join(", "),
    };
  },
  logs: (job, isFollowing) => ["tail", "-n", "200", ...(isFollowing ? ["-F"] : []), job.log],
  hints: ({ name }) =>
    name === "serve" ? [`cron starts a hub that has ended after at most ${PERIOD_MINUTES} minutes`] : [],
};
