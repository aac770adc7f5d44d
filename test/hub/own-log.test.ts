import { outboxOf } from "../../src/ledger/sqlite/Outbox.ts";
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { hubPlace } from "../../src/hub/reader/place.ts";
import type { Hub } from "../../src/hub/Hub.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { keyedHash } from "../../src/model/privacy-rules.ts";
import { reduceRow } from "../../src/model/privacy.ts";
import { PriceTable } from "../../src/model/price.ts";
import { knownFields, type Level } from "../../src/model/wire.ts";
import { LogCollector } from "../../src/monitoring/log-source/LogCollector.ts";
import { diagnostics } from "../../src/reports/diagnostics.ts";
import { limits } from "../../src/reports/limits.ts";
import { runWithOptions } from "../../src/reports/shared/run.ts";
import { folder } from "../ledger/dump.ts";
import { answers, Harness, MINUTE, session, START } from "../monitoring/harness.ts";
import { expectFrame, helloOf, hubOf, joined } from "./harness.ts";

const HUB_KEY = Buffer.alloc(32, 7).toString("base64url");

/** Sends what the log of a machine says, as it leaves at a level. */
async function send(hub: Hub, harness: Harness, name: string, level: Level): Promise<void> {
  using ledger = new Ledger(":memory:", () => name);
  const place = { directory: harness.directory, database: null };
  await new LogCollector(ledger, place, { env: {}, home: "/home/user", now: () => harness.now }).scan();
  const { ask, machine } = joined(hub, name, ledger.machine);
  const reduction = { hash: keyedHash(HUB_KEY), fields: knownFields(), own: ledger.machine, machine };
  const { rows, upto } = outboxOf(ledger).after(0, { rows: 500, characters: 1_000_000 });
  const reduced = rows.map(({ key, body }) => reduceRow(key, body, level, reduction)).filter((row) => row !== null);
  expect(reduced).toHaveLength(rows.length);
  await ask(helloOf(machine, { level }));
  const groups = [{ source: "pawprint", reader: 1, level, rows: reduced }];
  const ack = expectFrame(await ask({ type: "events", epoch: "e1", from: 0, upto, groups }), "ack");
  expect({ upto: ack.upto, refused: ack.refused ?? [] }).toEqual({ upto, refused: [] });
}

test("what the logs of two machines say is one limit at the hub, without the address and the sentences", async () => {
  using place = folder();
  using hub = hubOf(`${place.path}/hub.db`);
  using laptop = new Harness();
  using tower = new Harness();
  await laptop.recorder().run(session("s-1"));
  tower.now = START + 5 * MINUTE;
  tower.reply = {
    ...answers,
    usage: {
      source: "control",
      data: {
        subscription_type: "max",
        rate_limits: { five_hour: { utilization: 55, resets_at: "2026-11-20T10:56:31Z" } },
      },
    },
  };
  await tower.recorder().run(session("s-2"));
  await send(hub.hub, laptop, "laptop", "metrics");
  await send(hub.hub, tower, "tower", "details");
  const zone = { zone: "UTC", problem: null } as const;
  const context = hubPlace(hub.hub.ledger, new PriceTable([]), START + 10 * MINUTE);
  const found = await runWithOptions(limits, {}, zone, context);
  const json = found.json(found.rows) as { limits: Record<string, unknown>[] };
  const account = keyedHash(HUB_KEY)("dummy@example.com");
  expect(json.limits.filter(({ limit }) => limit === "5 hours")).toMatchObject([
    { account, usedPercent: 55, readBy: "tower", ageMs: 5 * MINUTE, plan: "max" },
  ]);
  expect(new Set(json.limits.map((one) => one["account"]))).toEqual(new Set([account]));
  const findings = await runWithOptions(diagnostics, {}, zone, context);
  const { findings: rows } = findings.json(findings.rows) as { findings: Record<string, unknown>[] };
  expect(rows.map(({ machine, message }) => [machine, message !== null])).toEqual(
    expect.arrayContaining([
      ["laptop", false],
      ["tower", true],
    ]),
  );
  const stored = ["", "-wal"].map((end) => readFileSync(`${place.path}/hub.db${end}`, "latin1")).join("");
  expect(stored).toContain(account);
  for (const secret of ["dummy@example.com", "login-x"]) expect(stored.includes(secret)).toBe(false);
});
