import { type CommandResult, runCommand } from "./run-command.ts";
import { additions, argumentsOf, type Invocation, linesOf, type Request } from "./program.ts";

/** The program, how it is started, and when it is stopped. */
export interface Runtime {
  readonly program: string;
  readonly directory: string;
  /** Scrubbed already. */
  readonly env: Readonly<Record<string, string>>;
  /** Bytes of output, both streams together, above which a run is stopped. */
  readonly maxBytes: number;
  /** Stops everything at the deadline. */
  readonly deadline: AbortSignal;
}

/**
 * Runs one invocation, without a shell, and leaves no process behind. With `asked`, those requests are written to its stdin,
 * which is closed once `isAnswered` says of a line of its output that it was the last one needed. Never throws for what the
 * program does.
 */
export function run(
  runtime: Runtime,
  name: Invocation,
  asked: readonly Request[] = [],
  isAnswered: (line: string) => boolean = () => false,
): Promise<CommandResult> {
  const { program, directory, env, maxBytes, deadline } = runtime;
  const input = linesOf(asked);
  return runCommand({
    command: [program, ...argumentsOf(name)],
    directory,
    env: { ...env, ...additions[name] },
    input: input === "" ? null : input,
    maxBytes,
    deadline,
    isLast: isAnswered,
  });
}
