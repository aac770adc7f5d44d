import { type CommandResult, runCommand } from "./run-command.ts";
import { additions, argumentsOf, type Invocation, linesOf, type ControlRequest } from "./program.ts";

/** The program, its environment and its limits. */
export interface Runtime {
  readonly program: string;
  readonly directory: string;
  /** Already reduced by scrubEnvironment. */
  readonly env: Readonly<Record<string, string>>;
  /** Bytes of output, both streams together, above which a run is stopped. */
  readonly maxBytes: number;
  /** Stops all runs when aborted. */
  readonly deadline: AbortSignal;
}

/**
 * Runs one invocation without a shell and leaves no process behind. The requests are written to stdin, which is closed
 * once `isAnswered` returns true for a line of output. Never throws because of the program.
 */
export function run(
  runtime: Runtime,
  name: Invocation,
  requests: readonly ControlRequest[] = [],
  isAnswered: (line: string) => boolean = () => false,
): Promise<CommandResult> {
  const { program, directory, env, maxBytes, deadline } = runtime;
  const input = linesOf(requests);
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
