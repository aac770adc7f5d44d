import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import statusAnswer from "../fixtures/control/oauth-seed.get_status.json";
import usageAnswer from "../fixtures/control/oauth-seed.get_usage.json";
import type { RecordKind } from "../../src/model/record.ts";
import { recordSchemas } from "../../src/model/record-schema.ts";
import { type Session, sessionOf } from "../../src/model/session.ts";
import { type LoggerState, stateOf } from "../../src/model/state.ts";
import { jsonl } from "../../src/monitoring/sinks/jsonl.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { loadMemory, type Memory } from "../../src/monitoring/Memory.ts";
import { Recorder, type RecorderOutcome } from "../../src/monitoring/Recorder.ts";
import type { ClaudeAnswers, ClaudeClient, RecorderOptions } from "../../src/monitoring/types.ts";
import { readSettings } from "../../src/utils/config.ts";

export const START = Date.parse("2026-11-20T09:00:10.000Z");
export const MINUTE = 60_000;
export const doctor = readFileSync(join(import.meta.dir, "../fixtures/cli/key-doctor.stdout"), "utf8");
/** Recorded answers of the real program. */
export const answers: ClaudeAnswers = {
  usage: { source: "control", data: usageAnswer },
  status: { get_status: statusAnswer, auth_status: { loggedIn: true, email: "dummy@example.com" }, doctor },
  failure: null,
  wallMs: 400,
};

/** A log directory, a clock that is set by hand, and a client that gives the answers in `reply`. */
export class Harness implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "pawprint-recorder-"));
  readonly files = logFiles(this.directory, "login-x");
  now = START;
  reply: ClaudeAnswers = answers;
  requests: { usage: boolean; status: boolean }[] = [];
  readonly client: ClaudeClient = {
    ask: (request) => {
      this.requests.push({ usage: request.usage, status: request.status });
      const { usage, status } = this.reply;
      return Promise.resolve({
        ...this.reply,
        usage: request.usage ? usage : null,
        status: request.status ? status : null,
      });
    },
  };

  recorder(env: Record<string, string> = {}, change: Partial<RecorderOptions> = {}): Recorder {
    const { settings } = readSettings([env]);
    return new Recorder({
      files: this.files,
      scope: "login-x",
      settings,
      home: "/home/user",
      clock: { now: () => this.now, sleep: (ms) => ((this.now += ms), Promise.resolve()) },
      log: jsonl.open({ ...settings, directory: this.directory, dbPath: "" }),
      client: this.client,
      messages: pino({ enabled: false }),
      freeBytes: () => 10 ** 12,
      ...change,
    });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Returns the records of a kind, each checked against its schema. */
  lines(kind: RecordKind): { id: string; [field: string]: unknown }[] {
    const text = readFileSync(this.path(`${kind}.jsonl`), { encoding: "utf8", flag: "a+" });
    const records = text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { id: string });
    for (const record of records) recordSchemas[kind].parse(record);
    return records;
  }

  state(): LoggerState | null {
    return stateOf(readFileSync(this.files.state, "utf8"));
  }

  memory(): Memory {
    return loadMemory(this.files, "login-x");
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const session = (id: string, change: object = {}): Session =>
  sessionOf({
    session_id: id,
    cwd: "/home/user/work/proj",
    model: { id: "claude-opus-5-5" },
    version: "2.1.328",
    ...change,
  });

export const idsOf = (outcome: RecorderOutcome): string[] =>
  outcome.result === "recorded" ? outcome.records.map(({ record }) => record.id) : [outcome.result];
