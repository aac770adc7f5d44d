import { definedIn } from "../../install/service/background.ts";
import type { CommandOutcome, Runner, ServiceSystem, SystemCommand } from "../../install/service/contract.ts";
import { messageOf, PawprintError } from "../../utils/errors.ts";
import type { Context } from "../contract.ts";

/** How long a command of the system may take, milliseconds, and how much it may print, bytes. */
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1_048_576;

/** The variables of a command of the system: messages in English, because some of them are read. */
const environmentOf = ({ env }: Pick<Context, "env">): Record<string, string> => ({ ...definedIn(env), LC_ALL: "C" });

/** The path of a program of the system; null if PATH has none. */
const pathOf = (name: string, { env }: Pick<Context, "env">): string | null =>
  Bun.which(name, { PATH: env["PATH"] ?? "/usr/bin:/bin" });

/** The machine as services see it, with the programs on PATH. */
export const serviceSystem = (context: Pick<Context, "env" | "places" | "clock">): ServiceSystem => ({
  places: context.places,
  env: context.env,
  clock: context.clock,
  uid: process.getuid?.() ?? -1,
  run: runnerFor(context),
});

const runnerFor =
  (context: Pick<Context, "env">): Runner =>
  async ([name = "", ...args], input) => {
    const program = pathOf(name, context);
    if (program === null) return { exit: null, stdout: "", stderr: `there is no ${name}` };
    try {
      return await outcomeOf([program, ...args], environmentOf(context), input);
    } catch (error) {
      return { exit: null, stdout: "", stderr: messageOf(error) };
    }
  };

async function outcomeOf(
  command: readonly string[],
  env: Record<string, string>,
  input: string | undefined,
): Promise<CommandOutcome> {
  const child = Bun.spawn([...command], {
    cwd: "/",
    env,
    stdin: input === undefined ? "ignore" : new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    maxBuffer: MAX_BYTES,
  });
  // A process that it started may keep its pipes open.
  const late = Bun.sleep(TIMEOUT_MS + 1_000).then(() => ["", "it did not end"] as const);
  const [stdout, stderr] = await Promise.race([Promise.all([child.stdout.text(), child.stderr.text()]), late]);
  const exit = await child.exited;
  return { exit: child.signalCode === null ? exit : null, stdout, stderr };
}

/** Prints what a command prints, line by line, until it ends; returns its exit status. Throws program_missing. */
export async function followCommand(context: Context, [name, ...args]: SystemCommand): Promise<number> {
  const program = pathOf(name, context);
  if (program === null) throw new PawprintError("program_missing", `there is no ${name}`, "install it");
  const child = Bun.spawn([program, ...args], { env: environmentOf(context), stdio: ["ignore", "pipe", "pipe"] });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of child.stdout) {
    const lines = `${rest}${decoder.decode(piece, { stream: true })}`.split("\n");
    rest = (lines.pop() ?? "").slice(-MAX_BYTES);
    for (const line of lines) context.print(line);
  }
  if (rest !== "") context.print(rest);
  const [code, errors] = await Promise.all([child.exited, child.stderr.text()]);
  if (code !== 0 && errors.trim() !== "") context.warn(errors.trim());
  return code;
}
