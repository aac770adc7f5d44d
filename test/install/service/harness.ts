import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { service } from "../../../src/commands/service.ts";
import type { Command } from "../../../src/commands/contract.ts";
import { emptyInstallRecord } from "../../../src/install/installation.ts";
import type { Environment } from "../../../src/utils/config.ts";
import { contextOf } from "../harness.ts";

/**
 * The crontab of a file in the home, which behaves as Debian's does: seen with its cron 3.0pl1, which also refuses a text
 * without a newline at its end.
 */
const CRONTAB = `#!/bin/sh
case $1 in
  -l) [ -f "$HOME/crontab" ] || { echo "no crontab for alice" >&2; exit 1; }; cat "$HOME/crontab" ;;
  -r) rm "$HOME/crontab" ;;
  -) cat >"$HOME/crontab.new"; [ -z "$(tail -c 1 "$HOME/crontab.new")" ] || { echo "missing newline" >&2; exit 1; }
     mv "$HOME/crontab.new" "$HOME/crontab" ;;
esac
`;
/** A program of the system that keeps its argument lists, and fails for the words in "failing". */
const KEEPING = `#!/bin/sh
echo "\${0##*/} $*" >>"$HOME/commands"
! grep -qxF -- "$*" "$HOME/failing" 2>/dev/null
`;
/** An installed program whose jobs write what they got and then wait to be ended. */
const PROGRAM = `#!/bin/sh
case $1 in
  service) echo "$*" >>"$HOME/runs" ;;
  *) echo "$* as $CODEX_HOME" >>"$HOME/started"; while :; do sleep 1; done ;;
esac
`;

/** A home with an installed program, and programs of the system on PATH. */
export interface ServiceHome extends Disposable {
  readonly path: string;
  readonly pets: string;
  /** Everything that was printed, since the last run. */
  readonly printed: string[];
  /** The argument lists of programs of the system, since the last call. */
  commands(): string[];
  read(name: string): string | null;
  write(name: string, text: string): void;
  /** Runs `pawprint service ...` or another command; options are written as in a command line. */
  run(words: string, env?: Environment, command?: Command): Promise<number>;
}

/** The parts of a system that keeps services. */
export type Part = "crontab" | "systemctl" | "launchctl" | "journalctl";

/** Makes a home; `name` is part of its path. */
export function serviceHome(parts: readonly Part[], name = "service"): ServiceHome {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
  const pets = join(path, ".claude/pets");
  const printed: string[] = [];
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(path, file)), { recursive: true, mode: 0o700 });
    writeFileSync(join(path, file), text);
  };
  const program = (file: string, text: string): void => {
    write(file, text);
    chmodSync(join(path, file), 0o755);
  };
  for (const part of parts) program(`system/${part}`, part === "crontab" ? CRONTAB : KEEPING);
  program(".claude/pets/bin/pawprint", PROGRAM);
  write(".claude/pets/install.json", JSON.stringify({ ...emptyInstallRecord, files: ["pawprint"] }));
  write(".claude/pets/login.json", "{}");
  const read = (file: string): string | null =>
    existsSync(join(path, file)) ? readFileSync(join(path, file), "utf8") : null;
  return {
    path,
    pets,
    printed,
    read,
    write,
    commands() {
      const found = (read("commands") ?? "").trimEnd().split("\n").filter(Boolean);
      rmSync(join(path, "commands"), { force: true });
      return found;
    },
    run(words, env = {}, command = service) {
      printed.length = 0;
      const all = words.split(" ");
      const options = all.flatMap((word): [string, string | true][] => {
        const [, option, value] = /^--([\w-]+)(?:=(.*))?$/.exec(word) ?? [];
        return option === undefined ? [] : [[option, value ?? true]];
      });
      const environment = { HOME: path, PATH: `${path}/system:/usr/bin:/bin`, SHELL: "/bin/bash", ...env };
      const context = contextOf(environment, pets, Object.fromEntries(options), printed);
      const args = all.filter((word) => !word.startsWith("--") && word !== command.name);
      return command.run({ ...context, args });
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Waits until a condition holds; throws after 20 seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 20_000) throw new Error(`never: ${what}`);
    await Bun.sleep(20);
  }
}

/** Whether a process exists. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
