import { existsSync } from "node:fs";
import type { Environment } from "../../utils/config.ts";
import { PawprintError } from "../../utils/errors.ts";
import { type Places, selfCommand } from "../../utils/paths.ts";
import { declarations } from "../../utils/declarations.ts";
import { binOf, EXECUTABLE, isTemporary } from "../command.ts";
import type { Job, JobName } from "./contract.ts";

/** Variables that name the files of assistants or of Pawprint. */
const FILE_VARIABLES = new Set(
  `CLAUDE_CONFIG_DIR CODEX_HOME CLINE_DIR CLINE_DATA_DIR CLINE_SESSION_DATA_DIR CONTINUE_GLOBAL_DIR COPILOT_HOME FACTORY_HOME_OVERRIDE
  GEMINI_CLI_HOME OPENCLAW_HOME OPENCLAW_STATE_DIR OPENCLAW_PROFILE PI_CONFIG_DIR QWEN_HOME QWEN_RUNTIME_DIR QWEN_DATA_DIR
  XDG_CONFIG_HOME XDG_DATA_HOME PET_HOME`.split(/\s+/),
);
const SECRET_VARIABLES = new Set<string>(
  Object.values(declarations).flatMap((one) => ("isSecret" in one ? one.env : [])),
);
const SETTING_VARIABLES = new Set<string>(Object.values(declarations).map(({ env }) => env));

/** The log of a service in Pawprint's own directory. */
export const logOf = ({ pets }: Pick<Places, "pets">, name: JobName): string => `${pets}/service-${name}.log`;

/**
 * A job for this machine. Throws not_found if there is no program that will still be there tomorrow, and bad_setting for a
 * variable that no file can hold.
 */
export function jobOf(name: JobName, options: readonly string[], { places, env }: JobPlace): Job {
  const installed = `${binOf(places)}/${EXECUTABLE}`;
  const self = selfCommand();
  const program = existsSync(installed) ? [installed] : self;
  if (program === self && self.some((word) => word.startsWith("/") && isTemporary(word, env)))
    throw new PawprintError(
      "not_found",
      "this copy of Pawprint is in a temporary place, from which a service cannot run",
      "run first: pawprint install",
    );
  return { name, program, options, env: variablesOf(env), log: logOf(places, name) };
}

/** What a job depends on. */
interface JobPlace {
  readonly places: Places;
  readonly env: Environment;
}

/** Variables of this environment that the service must have too: where files are, and settings that are no secrets. */
function variablesOf(env: Environment): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!value || SECRET_VARIABLES.has(name)) continue;
    if (!FILE_VARIABLES.has(name) && !SETTING_VARIABLES.has(name)) continue;
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(value))
      throw new PawprintError(
        "bad_setting",
        `${name} contains a control character, which no service can be given`,
        `unset ${name}, or correct it`,
      );
    variables[name] = value;
  }
  return variables;
}
