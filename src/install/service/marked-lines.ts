import { PawprintError } from "../../utils/errors.ts";
import { clean } from "../../utils/terminal.ts";
import { editSettings } from "../settings.ts";
import type { JobName, MarkedLine, Runner, ServiceSystem } from "./contract.ts";
import { mustRun } from "./must-run.ts";

/** The end of each of our lines in files of others. */
export const markerOf = (name: JobName): string => ` # pawprint service ${name}`;

const isOurs = (name: JobName, line: string): boolean => line.endsWith(markerOf(name));

/** Whether a text has a line of the job. */
export const hasLine = (text: string, name: JobName): boolean => text.split("\n").some((line) => isOurs(name, line));

/** The text without the job's lines; all else stays as it is. */
export const withoutLine = (text: string, name: JobName): string =>
  text
    .split(/(?<=\n)/)
    .filter((line) => !isOurs(name, line.replace(/\r?\n$/, "")))
    .join("");

/** The text with the line at its beginning, where the end of a file without a newline does not matter. */
export const withLine = (text: string, name: JobName, line: string): string => `${line}\n${withoutLine(text, name)}`;

/** Puts a line into its file or the crontab, in place of an older one. Throws what editSettings throws, write_failed. */
export async function putLine({ file, line }: MarkedLine, name: JobName, system: ServiceSystem): Promise<void> {
  await edit(file, system, (text) => withLine(text ?? "", name, line));
}

/** Takes the job's lines out of a file or the crontab, which is removed if it is then empty and was made for the line. */
export async function takeLine(
  { file, isMade }: { readonly file: string | null; readonly isMade: boolean },
  name: JobName,
  system: ServiceSystem,
): Promise<void> {
  await edit(file, system, (text) => {
    if (text === null || !hasLine(text, name)) return text;
    const rest = withoutLine(text, name);
    return rest === "" && isMade ? null : rest;
  });
}

async function edit(
  file: string | null,
  { run, clock }: ServiceSystem,
  change: (text: string | null) => string | null,
): Promise<void> {
  if (file !== null) {
    await editSettings(file, clock, change, { problem: () => null, hasBackup: false });
    return;
  }
  const { text, problem, isMissing } = await crontabOf(run);
  if (problem !== null) throw new PawprintError("not_found", problem, "install cron, or use another --with");
  const before = isMissing ? null : text;
  const after = change(before);
  if (after === before) return;
  if (after === null) await mustRun(run, ["crontab", "-r"]);
  else await mustRun(run, ["crontab", "-"], after);
}

/** The crontab of this user, or why there can be none. */
interface Crontab {
  readonly text: string;
  readonly isMissing: boolean;
  readonly problem: string | null;
}

/** Reads the crontab. A user without one is not a problem. */
export async function crontabOf(run: Runner): Promise<Crontab> {
  const { exit, stdout, stderr } = await run(["crontab", "-l"]);
  if (exit === 0) return { text: stdout, isMissing: false, problem: null };
  if (exit === null) return { text: "", isMissing: true, problem: "there is no crontab" };
  // "no crontab for alice"; busybox: "can't open 'alice': No such file or directory".
  const isMissing = /no crontab for|No such file/i.test(stderr);
  return { text: "", isMissing, problem: isMissing ? null : `crontab refuses: ${clean(stderr.trim())}` };
}
