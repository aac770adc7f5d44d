import { describe, expect, test } from "bun:test";
import { loggedRecord, type LogRecord } from "../../src/model/record.ts";
import { firstSeenId, intervalId, limitsId } from "../../src/model/record-ids.ts";
import { sessionKey } from "../../src/monitoring/Schedule.ts";
import { type CaptureContext, diagnosticRecordOf } from "../../src/monitoring/records.ts";
import { START } from "./harness.ts";

const scopeIn = (id: string): string => loggedRecord({ id } as LogRecord).scope;
const finding = { type: "other", severity: "warning", message: "m", details: {} } as const;

describe("a record read from the log", () => {
  test.each([
    ["login-1a2b3c4d", 0],
    ["login-1a2b3c4d", 12],
    ["auth_token-00000000", 0],
    ["api_key-5c09e000", 3],
  ])("has the account %s of its id, however often the clock was set back (%d)", (scope, generation) => {
    const capture = { now: START, scope, generation, session: null } as CaptureContext;
    const ids = [
      intervalId("usage", 3, 60_000, capture),
      limitsId("gemini-cli", 3, 60_000, capture),
      diagnosticRecordOf({ finding, state: "appeared", key: "k" }, START, capture).id,
      ...["s-1", "a-login-12345678", "login-12345678-g1", "x-g2"].map((id) =>
        firstSeenId(sessionKey(id), 3, 60_000, capture),
      ),
    ];
    expect(ids.map(scopeIn)).toEqual(ids.map(() => scope));
  });

  test("has no account if its id names none", () => {
    expect(["", "odd", "usage-2026-11-20T09:00:00.000Z", "usage-3"].map(scopeIn)).toEqual(["", "", "", ""]);
  });
});
