import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sampleSession } from "../../line/sample.ts";
import { logFiles } from "../../monitoring/LogFiles.ts";
import { openRecorder } from "../../monitoring/open-recorder.ts";
import type { RecorderOutcome } from "../../monitoring/Recorder.ts";
import type { ClaudeClient } from "../../monitoring/types.ts";
import { openSink } from "../../monitoring/sinks/registry.ts";
import { type Environment, readSettings } from "../../utils/config.ts";
import { declarations } from "../../utils/declarations.ts";
import { placesOf } from "../../utils/paths.ts";
import type { Context } from "../contract.ts";
import { readingsUntil, writeTranscripts } from "./recorded.ts";
import type { FirstRun } from "./contract.ts";

/** Variables of the user that the demo uses: how the line looks, the time zone, and where jq is. */
const USED: readonly string[] = [
  ...Object.values(declarations).flatMap(({ env, group }) => (group === "line" ? [env] : [])),
  "TZ",
  "PATH",
  "Path",
];

/** A machine in a temporary folder, whose Claude Code gives recorded answers. The folder is removed at the end, also that of the process. */
export class DemoMachine implements FirstRun, Disposable {
  readonly context: Context;
  readonly branch = { name: "main", detached: false };
  readonly limitsOf = "the recorded";
  readonly place = "the temporary folder";
  readonly directory: string;
  readonly #home: string;
  readonly #remove = (): void => rmSync(this.#home, { recursive: true, force: true });
  readonly #stop = (_: NodeJS.Signals, number: number): void => process.exit(128 + number);

  constructor(context: Context) {
    this.#home = mkdtempSync(join(tmpdir(), "pawprint-demo-"));
    process.on("exit", this.#remove);
    for (const signal of SIGNALS) process.on(signal, this.#stop);
    const used: Environment = Object.fromEntries(USED.map((name) => [name, context.env[name]]));
    const pets = `${this.#home}/.claude/pets`;
    this.directory = `${pets}/logs`;
    const env = { ...used, HOME: this.#home, PET_HOME: pets, PET_LOG_DIR: this.directory };
    const places = placesOf(env, context.places.root);
    this.context = { ...context, env, places, ...readSettings([env]), options: {} };
    writeTranscripts(this.#home, context.clock.now());
  }

  /** Records the answers of one hour with the real recorder, each at its time. */
  async capture(): Promise<RecorderOutcome> {
    const { env, places, settings, clock, entryFile } = this.context;
    const files = logFiles(this.directory, places.scope);
    const log = openSink(settings, places, this.directory);
    const { openAccounting } = await import("../../monitoring/accounting/open-accounting.ts");
    try {
      let outcome: RecorderOutcome = { result: "nothing_due" };
      const readings = readingsUntil(clock.now());
      for (const [index, { at, answers }] of readings.entries()) {
        const then = { ...clock, now: () => at };
        using accounting = openAccounting({ env, places, settings, clock: then, entryFile });
        const client: ClaudeClient = {
          ask: ({ status }) => Promise.resolve({ ...answers, status: status ? answers.status : null }),
        };
        const recorder = await openRecorder({ files, places, settings, env, clock: then, log, accounting, client });
        // The session of the line begins in the last minute; before it the log is written for others.
        const isLast = index === readings.length - 1;
        const status = isLast ? "first_seen" : index === 0 ? "interval" : "no";
        outcome = await recorder.run(isLast ? sampleSession(at) : null, { usage: true, status });
      }
      return outcome;
    } finally {
      log.close();
    }
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#stop);
    process.off("exit", this.#remove);
    this.#remove();
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
