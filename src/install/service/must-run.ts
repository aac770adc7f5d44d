import { PawprintError } from "../../utils/errors.ts";
import { clean } from "../../utils/terminal.ts";
import type { Runner, SystemCommand } from "./contract.ts";

/** Runs a command that has to succeed. Throws program_missing or write_failed with what it printed. */
export async function mustRun(run: Runner, command: SystemCommand, input?: string): Promise<void> {
  const done = await run(command, input);
  if (done.exit === 0) return;
  const line = command.join(" ");
  const why = clean(done.stderr.trim().split("\n")[0] ?? "");
  throw done.exit === null
    ? new PawprintError("program_missing", `${command[0]} could not be run: ${why}`, `try it by hand: ${line}`)
    : new PawprintError("write_failed", `${line} failed: ${why || `exit status ${done.exit}`}`, "try it by hand");
}
