import { beforeAll, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { Collector } from "../../src/collector/Collector.ts";
import { decodeBody, encodeBody, fieldOrder, kindOf } from "../../src/model/body.ts";
import type { Bodies, Kind } from "../../src/model/observation.ts";
import { keyedHash } from "../../src/model/privacy-rules.ts";
import { checkRow as checkParsed, lowerBody, reduceRow, type Reduction } from "../../src/model/privacy.ts";
import { baseNameOf } from "../../src/model/project.ts";
import { knownFields, type Level, levels } from "../../src/model/wire.ts";
import { sources } from "../../src/sources/registry.ts";
import { SourceHarness } from "../sources/harness.ts";
import { recordedHomes } from "../sources/homes.ts";
import { plainAction, plainResponse } from "../ledger/sample.ts";

const KEY = Buffer.alloc(32, 7).toString("base64url");
const hash = keyedHash(KEY);
const reduction: Reduction = { hash, fields: knownFields(), own: "m-own", machine: "m-own" };

interface StoredRow {
  readonly key: string;
  readonly body: string;
}

const checkRow = (key: string, body: string, level: Level) =>
  checkParsed(kindOf(key), key, JSON.parse(body) as unknown[], level);

/** All rows of the recorded homes of all assistants, in one home, and what of them must not leave. */
let rows: readonly StoredRow[] = [];
beforeAll(async () => {
  using harness = new SourceHarness([]);
  for (const home of recordedHomes) home.place(harness);
  const collector = new Collector(harness.ledger, sources, { env: {}, home: harness.home, now: () => 0 });
  for (const phase of ["usage", "activity"] as const) await collector.scan(phase);
  using database = new Database(harness.path, { readonly: true });
  rows = database.query<StoredRow, []>("SELECT key, body FROM journal").all();
}, 60_000);

const fieldsOf = ({ key, body }: StoredRow): Partial<Bodies["response"] & Bodies["action"] & Bodies["worktree"]> =>
  decodeBody(kindOf(key) as Kind, body) as never;

describe("what leaves a machine", () => {
  test("at level metrics has no path, branch, address, file name or git operation of any recorded home", () => {
    const kept = rows.map(({ key, body }) => reduceRow(key, body, "metrics", reduction)).filter((row) => row !== null);
    const text = JSON.stringify(kept);
    const found = rows.map(fieldsOf);
    const directories = new Set(found.flatMap(({ project }) => (project?.includes("/") ? project : [])));
    const targets = new Set(found.flatMap(({ target }) => (target ? target : [])));
    const branches = new Set(found.flatMap(({ branch }) => (branch ? branch : [])));
    expect([directories.size > 3, targets.size > 5, branches.size > 2, kept.length > 300]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    for (const one of [...directories, ...targets]) expect(text).not.toContain(one);
    for (const one of targets) expect(text).not.toContain(one.slice(one.lastIndexOf("/") + 1));
    for (const one of branches) expect(text).not.toContain(`\\"${one}\\"`);
    expect(text).not.toMatch(/\/(?:home|Users|tmp|sessions)\/|https?:|[\w.]+@[\w]+\.[a-z]+|\b(?:home|Users)-user-/);
    const actions = kept.filter(([key]) => key.startsWith("action:")).map(([key, body]) => fieldsOf({ key, body }));
    expect(new Set(actions.map(({ action }) => action)).intersection(new Set(["file", "git", "link"])).size).toBe(0);
    expect(kept.filter(([key]) => key.startsWith("worktree:"))).toEqual([]);
  });

  test("keeps counts, times, models, tools and sessions at level metrics, and everything at level details", () => {
    const names = [
      "session",
      "agent",
      "at",
      "model",
      "input",
      "output",
      "cacheRead",
      "cost",
      "name",
      "ok",
      "length",
    ] as const;
    let compared = 0;
    for (const row of rows) {
      expect(reduceRow(row.key, row.body, "details", reduction)).toEqual([row.key, row.body]);
      const reduced = reduceRow(row.key, row.body, "metrics", reduction);
      if (reduced === null) continue;
      const [before, after] = [fieldsOf(row), fieldsOf({ key: reduced[0], body: reduced[1] })];
      for (const name of names) expect(after[name]).toEqual(before[name] as never);
      compared++;
    }
    expect(compared).toBeGreaterThan(300);
  });

  test("is accepted by a hub at its level, and refused at a lower one if it has more", () => {
    let refused = 0;
    for (const { key, body } of rows) {
      for (const level of levels) {
        const [sentKey, sent] = reduceRow(key, body, level, reduction) ?? [];
        if (sentKey !== undefined && sent !== undefined) expect(checkRow(sentKey, sent, level)).toBeNull();
      }
      const { project, branch } = fieldsOf({ key, body });
      const hasMore = (project?.includes("/") ?? false) || Boolean(branch);
      if (hasMore) refused += +(checkRow(key, body, "metrics")?.code === "bad_row");
    }
    expect(refused).toBeGreaterThan(100);
  });

  test("contains the name of a project without its location", () => {
    const names = {
      "/home/ann/work/api": "api",
      "/home/ann/work/api/.claude/worktrees/fix": "api",
      "/home/ann/.codex/worktrees/a1b2/api": "api",
      "C:\\Users\\ann\\work\\api\\": "api",
      "-home-ann-work-api": "api",
      "home-ann-shop": "shop",
      "/home/ann": "~",
      "/Users/ann/": "~",
      "/": "",
      "": "",
    };
    for (const [path, name] of Object.entries(names)) expect([path, baseNameOf(path)]).toEqual([path, name]);
  });

  test("has the same hash for a branch on every machine of a hub, and another one at another hub", () => {
    const branchAt = (key: string): unknown => {
      const row = reduceRow("response:r", encodeBody("response", plainResponse), "metrics", {
        ...reduction,
        hash: keyedHash(key),
      });
      return fieldsOf({ key: "response:r", body: row?.[1] ?? "" }).branch;
    };
    expect(branchAt(KEY)).toBe(branchAt(KEY));
    expect(branchAt(KEY)).toMatch(/^h-[\w-]{22}$/);
    expect(branchAt(KEY)).not.toBe(branchAt(Buffer.alloc(32, 8).toString("base64url")));
  });

  test("has no fields that the hub or this program does not know, at level metrics", () => {
    const body = encodeBody("response", { ...plainResponse, formerSession: "s0" });
    const known = fieldOrder.response.split(" ").length;
    const newer = JSON.stringify([...(JSON.parse(body) as unknown[]), true, "new field"]);
    const lengthFor = (text: string, fields: Record<string, number>): number =>
      (JSON.parse(reduceRow("response:r", text, "metrics", { ...reduction, fields })?.[1] ?? "[]") as unknown[]).length;
    expect(lengthFor(newer, knownFields())).toBe(known);
    expect(lengthFor(body, { ...knownFields(), response: 22 })).toBe(22);
    expect(reduceRow("response:r", body, "metrics", { ...reduction, fields: {} })).toBeNull();
    expect(reduceRow("future:r", "[1]", "metrics", reduction)).toBeNull();
    expect(reduceRow("future:r", "[1]", "details", reduction)).toEqual(["future:r", "[1]"]);
    expect(checkRow("future:r", "[1]", "metrics")?.code).toBe("unknown_fields");
    expect(checkRow("response:r", newer, "metrics")?.code).toBe("unknown_fields");
    expect(checkRow("response:r", newer, "details")).toBeNull();
  });

  test("names an account and a finding by a hash at every level, in the key and in the body", () => {
    const body = {
      at: 1,
      account: "ann@example.com",
      scope: "login-1a2b",
      name: "five_hour",
      usedPercent: 5,
      resetsAt: 60_000,
      plan: "max",
    };
    const rest = { spent: null, spendLimit: null, currency: null, period: null, decimals: null };
    const text = encodeBody("account-limit", { ...body, ...rest });
    for (const level of levels) {
      const row = reduceRow("account-limit:ann@example.com::1:five_hour", text, level, reduction);
      expect(row?.[0]).toBe(`account-limit:${hash("ann@example.com")}::1:five_hour`);
      expect(row?.[1]).not.toMatch(/ann@|login-1a2b/);
      expect(checkRow(row?.[0] ?? "", row?.[1] ?? "", level)).toBeNull();
      expect(checkRow("account-limit:ann@example.com::1:five_hour", text, level)?.code).toBe("bad_row");
    }
    const finding = {
      at: 1,
      scope: "login-1a2b",
      finding: "/home/ann is not writable",
      type: "x",
      severity: "error",
      state: "appeared",
    };
    const found = encodeBody("finding", { ...finding, message: "/home/ann is not writable", fix: "chmod /home/ann" });
    const [key, reduced] =
      reduceRow("finding:login-1a2b:/home/ann is not writable:m-own", found, "metrics", reduction) ?? [];
    expect(`${key}${reduced}`).not.toMatch(/ann|login/);
    expect(key).toEndWith(":m-own");
  });

  test("names this machine in keys as the hub knows it", () => {
    const key = "limit:codex:primary:300:1:m-own";
    const body = encodeBody("limit", {
      at: 1,
      name: "codex",
      windowMinutes: 300,
      usedPercent: 1,
      resetsAt: 1,
      plan: "",
    });
    expect(reduceRow(key, body, "metrics", { ...reduction, machine: "ci" })?.[0]).toBe("limit:codex:primary:300:1:ci");
  });

  test.each([
    ["/home/ann/models/secret.gguf", "secret.gguf"],
    ["C:\\Users\\ann\\secret.gguf", "secret.gguf"],
    ["lmstudio//home/ann/secret.gguf", "secret.gguf"],
    ["http://gpu.acme.example:8080/v1", "h-"],
    ["ann@acme.example", "h-"],
    ["qwen/qwen3-coder:30b", "qwen/qwen3-coder:30b"],
  ])("calls the model %p %p at level metrics", (model, name) => {
    const body = encodeBody("action", { ...plainAction, model });
    const row = reduceRow("action:tool:t", body, "metrics", reduction);
    expect(fieldsOf({ key: "action:tool:t", body: row?.[1] ?? "" }).model).toStartWith(name);
    expect(checkRow("action:tool:t", row?.[1] ?? "", "metrics")).toBeNull();
    if (model !== name) expect(checkRow("action:tool:t", body, "metrics")?.code).toBe("bad_row");
    const total = { input: 1, output: 1, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0, searches: 0, cost: 1 };
    const state = encodeBody("cost-state", { session: "s", duration: 1, cost: 1, models: { [model]: total } });
    const sent = reduceRow("cost-state:s", state, "metrics", reduction)?.[1] ?? "";
    expect(sent).toContain(name);
    expect(checkRow("cost-state:s", sent, "metrics")).toBeNull();
    if (model !== name) expect([sent.includes("ann"), sent.includes("acme")]).toEqual([false, false]);
    if (model !== name) expect(checkRow("cost-state:s", state, "metrics")?.code).toBe("bad_row");
  });

  test("has the same hash for a key that contains a path, at every level", () => {
    const key = "action:tool:opencode:lmstudio//home/ann/secret.gguf@1795168984100:call_1";
    const response = encodeBody("response", plainResponse);
    const used = encodeBody("action", { ...plainAction, action: "tool" });
    const changed = encodeBody("action", { ...plainAction, action: "file", target: "/p/a.ts", tool: key });
    const [own] = reduceRow(key, used, "metrics", reduction) ?? [];
    expect(own).toMatch(/^action:h-[\w-]{22}$/);
    for (const level of levels) {
      expect(reduceRow(key, used, level, reduction)?.[0]).toBe(own as string);
      expect(reduceRow("response:x//home/ann@1", response, level, reduction)?.[0]).toMatch(/^response:h-[\w-]{22}$/);
      expect(checkRow(key, reduceRow(key, used, level, reduction)?.[1] ?? "", level)?.code).toBe("bad_row");
    }
    // The change of a file names the tool use by its key.
    const [fileKey, file = ""] = reduceRow("action:file:/p/a.ts", changed, "details", reduction) ?? [];
    expect([fileKey, fieldsOf({ key, body: file }).tool]).toEqual(["action:file:/p/a.ts", own]);
  });

  test.each([
    ["mcp__acme__query", true],
    ["mcp/github/search issues", true],
    ["cat /home/ann/secret", false],
    ["mail ann@acme.example", false],
    ["x".repeat(200), false],
  ])("has the name of the tool %p as it is: %p", (name, isKept) => {
    const body = encodeBody("action", { ...plainAction, project: "", branch: "", action: "tool", name, agent: name });
    const row = reduceRow("action:tool:t", body, "metrics", reduction);
    const sent = fieldsOf({ key: "action:tool:t", body: row?.[1] ?? "" });
    expect([sent.name === name, sent.agent === name]).toEqual([isKept, isKept]);
    expect(checkRow("action:tool:t", body, "metrics") === null).toBe(isKept);
  });

  test("is at level metrics the same whether the machine or the hub leaves the details out", () => {
    let compared = 0;
    for (const { key, body } of rows) {
      const [ownKey, whole = ""] = reduceRow(key, body, "details", reduction) ?? [];
      const reduced = reduceRow(key, body, "metrics", reduction);
      expect(lowerBody(ownKey ?? "", whole, hash)).toBe(reduced?.[1] ?? null);
      compared += +(reduced !== null);
    }
    expect(compared).toBeGreaterThan(300);
  });
});
