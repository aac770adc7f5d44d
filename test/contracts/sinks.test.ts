import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogRecord, recordKinds } from "../../src/model/record.ts";
import { recordSchemas } from "../../src/model/record-schema.ts";
import { sinks } from "../../src/monitoring/sinks/registry.ts";
import type { OpenSink, Sink } from "../../src/monitoring/sinks/contract.ts";

const START = Date.parse("2026-11-20T10:00:00.000Z");
const stamp = (minute: number): string => new Date(START + minute * 60_000).toISOString();
const session = { session_id: "s-1", cwd: "/home/user/日本語", model: "claude-opus-5-5", version: "2.1.328" };

const records: Record<(typeof recordKinds)[number], (minute: number) => LogRecord> = {
  usage: (minute) => ({
    id: `usage-${stamp(minute)}-login-5c09e000`,
    timestamp: stamp(minute),
    ...session,
    source: "control",
    usage_data: { rate_limits: { five_hour: { utilization: minute, resets_at: null } } },
    statusline: { rate_limits: null, context_window: { used_percentage: 3 }, cost: null },
  }),
  status: (minute) => ({
    id: `status-${stamp(minute)}-login-5c09e000`,
    timestamp: stamp(minute),
    ...session,
    email: null,
    source: "statusline",
    status_data: { doctor: 'a\nb "c"' },
    diagnostics: {
      warnings: ["w"],
      config_mismatches: [],
      permissions: { auto_update: true, requires_sudo: null },
    },
  }),
  diagnostics: (minute) => ({
    id: `diagnostics-${stamp(minute)}-login-5c09e000`,
    timestamp: stamp(minute),
    session_id: null,
    diagnostic_type: "other",
    severity: "warning",
    message: "m",
    state: "appeared",
    details: { fix: null },
  }),
  limits: (minute) => ({
    id: `limits-${stamp(minute)}-login-5c09e000`,
    timestamp: stamp(minute),
    session_id: null,
    source: "codex",
    windows: [
      {
        name: "codex",
        window_minutes: 300,
        used_percent: minute + 0.5,
        resets_at: stamp(90),
        seen_at: stamp(minute),
        plan: null,
      },
    ],
  }),
};

describe.each(sinks.map((sink) => [sink.name, sink] as const))("sink %s", (_, sink: Sink) => {
  let directory = "";
  let open: OpenSink;
  const reopen = (): OpenSink =>
    sink.open({ directory, dbPath: join(directory, "usage.db"), maxSize: 65_536, maxFiles: 3 });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "pawprint-sink-"));
    open = reopen();
  });
  afterEach(() => {
    open.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(recordKinds)(
    "%s records are read back as they were written, with their account, oldest first, and match their schema",
    (kind) => {
      for (let minute = 0; minute < 5; minute++) {
        const record = records[kind](minute);
        expect(recordSchemas[kind].parse(record)).toEqual(record as never);
        expect(open.append(kind, record)).toBe("written");
      }
      const scope = "login-5c09e000";
      expect([...open.read(kind, 0)]).toEqual([0, 1, 2, 3, 4].map((minute) => ({ ...records[kind](minute), scope })));
      const newest = [3, 4].map((minute) => records[kind](minute).id);
      expect([...open.read(kind, START + 3 * 60_000)].map(({ id }) => id)).toEqual(newest);
    },
  );

  test("a record is written only once, even by another process", () => {
    expect(open.append("usage", records.usage(1))).toBe("written");
    expect(open.append("usage", records.usage(1))).toBe("known");
    const second = reopen();
    expect(second.append("usage", records.usage(1))).toBe("known");
    expect(second.append("usage", records.usage(2))).toBe("written");
    second.close();
    expect([...open.read("usage", 0)].map(({ id }) => id)).toEqual([1, 2].map((minute) => records.usage(minute).id));
  });

  test("kinds are stored separately, and reading before the first record gives nothing", () => {
    expect([...open.read("status", 0)]).toEqual([]);
    open.append("usage", records.usage(1));
    expect([...open.read("status", 0)]).toEqual([]);
  });

  test("its files are readable by their owner only", () => {
    for (const kind of recordKinds) open.append(kind, records[kind](1));
    const files = [...new Bun.Glob("*").scanSync({ cwd: directory })];
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
  });

  test("a symbolic link in its place is refused, and the link's target is not changed", () => {
    open.close();
    rmSync(directory, { recursive: true });
    directory = mkdtempSync(join(tmpdir(), "pawprint-sink-"));
    const victim = join(directory, "victim");
    writeFileSync(victim, "mine");
    for (const name of ["usage.jsonl", "usage.db"]) symlinkSync(victim, join(directory, name));
    expect(() => {
      open = reopen();
      open.append("usage", records.usage(1));
    }).toThrow("is not a regular file");
    rmSync(join(directory, "usage.jsonl"));
    rmSync(join(directory, "usage.db"));
    expect(Bun.file(victim).size).toBe(4);
    open = reopen();
  });
});
