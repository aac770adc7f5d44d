import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ISOLATED } from "../../../src/utils/paths.ts";
import { realClaude } from "./peers.ts";

/** The `claude` of a harness: the real program if it is available, else a stand-in that answers at once. */
export interface Claude {
  readonly path: string;
  readonly isReal: boolean;
  /** How many times it was started. */
  starts(): number;
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * Creates a `claude` in a folder. It records its start and then runs the real program, which can reach no server, or
 * the stand-in.
 */
export function putClaude(folder: string): Claude {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "claude");
  const startsFile = join(folder, "starts");
  const real = realClaude();
  const standIn = [process.execPath, ...ISOLATED, fileURLToPath(import.meta.resolve("./fake-claude.ts"))];
  const program = (real === null ? standIn : [real]).map(quote).join(" ");
  const script = [
    "#!/bin/sh",
    `echo start >> ${quote(startsFile)}`,
    "export ANTHROPIC_BASE_URL=http://127.0.0.1:9 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1",
    `exec ${program} "$@"`,
  ];
  writeFileSync(path, `${script.join("\n")}\n`, { mode: 0o755 });
  return {
    path,
    isReal: real !== null,
    starts: () => (existsSync(startsFile) ? readFileSync(startsFile, "utf8").split("\n").length - 1 : 0),
  };
}
