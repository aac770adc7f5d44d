import type { Clock } from "../utils/clock.ts";
import type { Environment, Settings } from "../utils/config.ts";
import { freeBytes, realPath } from "../utils/files.ts";
import { openMessages } from "../utils/log.ts";
import type { Places } from "../utils/paths.ts";
import { prepareDirectory } from "./Claims.ts";
import { CommandExecutor } from "./CommandExecutor.ts";
import type { LogFiles } from "./LogFiles.ts";
import { findProgram } from "../claude/program.ts";
import { secretValues } from "../claude/redact-secrets.ts";
import { Recorder } from "./Recorder.ts";
import type { Accounting, ClaudeClient, OpenLog } from "./types.ts";

/** Creates a recorder for this machine. Throws directory_unusable. */
export async function openRecorder(given: {
  readonly files: LogFiles;
  readonly places: Places;
  readonly settings: Settings;
  readonly env: Environment;
  readonly clock: Clock;
  readonly log: OpenLog;
  readonly accounting?: Accounting | undefined;
  /** Who is asked, if not the claude program of this machine. */
  readonly client?: ClaudeClient;
}): Promise<Recorder> {
  const { files, places, settings, env, clock, log, accounting } = given;
  await prepareDirectory(files);
  const program = findProgram(settings, env, places);
  const executor = program === null ? null : new CommandExecutor({ program, directory: files.directory, env, clock });
  const { client = executor } = given;
  const messages = openMessages(files.messages, settings.debug);
  return new Recorder({
    files,
    scope: places.scope,
    settings,
    home: places.home,
    realHome: realPath(places.home) ?? undefined,
    secrets: secretValues(env),
    clock,
    log,
    client,
    accounting,
    messages,
    freeBytes,
  });
}
