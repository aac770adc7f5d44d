import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Collector, type ScanResult } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Observation } from "../../src/model/observation.ts";
import type { LineStore, Source } from "../../src/sources/contract.ts";
import { fields, lineOf, linesIn } from "../../src/utils/json.ts";
import { dumpOf, folder, wrongSums } from "../ledger/dump.ts";
import { plainAction, plainResponse } from "../ledger/sample.ts";
import { queriesOf } from "../ledger/queries.ts";

/** The observations that a reader makes of one line {id, session, output}. */
type Reading = (line: { id: string; session: string; output: number }) => Observation[];

const response = (id: string, body: Partial<typeof plainResponse> & object): Observation => ({
  kind: "response",
  key: `response:${id}`,
  body: { ...plainResponse, ...body },
});

/** A source of *.log files with one session each, at a version of its reader. */
function sourceOf(readerVersion: number, read: Reading): Source {
  const store: LineStore = {
    kind: "lines",
    name: "logs",
    roots: (_, home) => [home],
    owns: (path) => path.endsWith(".log"),
    read(pass, { bytes, offset }, findings) {
      for (const { from, to } of linesIn(bytes)) {
        const line = lineOf(bytes, from, to);
        if (!line) findings.skip(offset + from, "bad_json");
        else if (pass === "usage") for (const one of read(fields(line) as never)) findings.emit(one);
        else findings.emit({ kind: "action", key: `action:${String(line["id"])}`, body: plainAction });
      }
    },
  };
  const identity = {
    name: "logger",
    title: "Logger",
    description: "a made-up assistant",
    caveats: "Nothing.",
    tested: null,
  };
  return { ...identity, stores: [store], gaps: [], ...(readerVersion > 1 && { readerVersion }) };
}

const first = sourceOf(1, ({ id, session, output }) => [response(id, { session, output })]);

/** A home and its ledger, to be scanned with different versions of a reader. */
class Harness implements Disposable {
  readonly #folder = folder();
  readonly home = this.#folder.path;
  readonly path = join(this.home, "ledger.db");
  readonly ledger = new Ledger(this.path, () => "here");

  write(name: string, ...lines: readonly (object | string)[]): void {
    const text = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
    writeFileSync(join(this.home, name), text);
  }

  remove(name: string): void {
    rmSync(join(this.home, name));
  }

  async scan(source: Source): Promise<ScanResult> {
    const collector = new Collector(this.ledger, [source], { env: {}, home: this.home, now: () => 0 });
    const scanned = await collector.scan("usage");
    await collector.scan("activity");
    expect(wrongSums(this.path)).toEqual([]);
    return scanned;
  }

  /** Output tokens by session. */
  get output(): Record<string, number> {
    const whole = { from: 0, to: 4e12 };
    const rows = queriesOf(this.ledger).usage(whole, [{ ...whole, offsetMs: 0 }], ["session"]);
    return Object.fromEntries(rows.map(({ session, output }) => [session, output]));
  }

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }
}

const parent = { id: "a", session: "parent", output: 7 };
const copy = { id: "a", session: "fork", output: 7, of: "parent" };

describe("a file that an older version of its reader read", () => {
  test("is read again from its beginning, once, in both phases", async () => {
    using harness = new Harness();
    harness.write("parent.log", parent, { ...parent, id: "b" });
    await harness.scan(first);
    const before = queriesOf(harness.ledger).progress();
    const second = sourceOf(2, ({ id, session, output }) => [response(id, { session, output: output * 2 })]);
    expect((await harness.scan(second)).bytes).toBe(before.usage);
    expect(harness.output).toEqual({ parent: 28 });
    expect(queriesOf(harness.ledger).progress()).toEqual(before);
    expect((await harness.scan(second)).files).toBe(0);
    expect((await harness.scan(first)).files).toBe(0);
  });

  test("keeps no skipped lines from before, and adds no journal row for an unchanged observation", async () => {
    using harness = new Harness();
    harness.write("parent.log", parent, "{torn");
    await harness.scan(first);
    const before = dumpOf(harness.path).journal.length;
    await harness.scan(sourceOf(2, ({ id, session, output }) => [response(id, { session, output })]));
    expect(dumpOf(harness.path).journal.length).toBe(before);
    expect(harness.ledger.files.skipped()).toHaveLength(1);
    expect(harness.output).toEqual({ parent: 7 });
  });

  test("may give less than before: what the older version observed in it no longer counts", async () => {
    using harness = new Harness();
    harness.write("parent.log", parent);
    await harness.scan(first);
    await harness.scan(sourceOf(2, ({ id, session }) => [response(id, { session, output: 3 })]));
    expect(harness.output).toEqual({ parent: 3 });
    harness.ledger.rebuild();
    expect(harness.output).toEqual({ parent: 3 });
  });

  test("that was deleted keeps what the older version observed in it", async () => {
    using harness = new Harness();
    harness.write("parent.log", parent);
    await harness.scan(first);
    harness.remove("parent.log");
    await harness.scan(sourceOf(2, () => []));
    expect(harness.output).toEqual({ parent: 7 });
  });

  test("may turn out to be another session's copy, whether the original still exists or not", async () => {
    const ofParent: Reading = ({ id, session, output, ...rest }) => {
      const { of } = rest as { of?: string };
      return [response(id, of ? { session: of, formerSession: session, copy: 4, output } : { session, output })];
    };
    for (const isGone of [false, true]) {
      using harness = new Harness();
      harness.write("fork.log", copy);
      harness.write("parent.log", parent);
      await harness.scan(first);
      if (isGone) harness.remove("parent.log");
      await harness.scan(sourceOf(2, ofParent));
      expect(harness.output).toEqual({ parent: 7 });
    }
  });

  test("may give an observation under another key: the former key is withdrawn and no longer counts", async () => {
    using harness = new Harness();
    harness.write("parent.log", parent);
    await harness.scan(first);
    const renamed: Reading = ({ id, session, output }) => [
      response(id, { session, isWithdrawn: true }),
      response(`new-${id}`, { session, output }),
    ];
    await harness.scan(sourceOf(2, renamed));
    expect(harness.output).toEqual({ parent: 7 });
    // An older program that still runs somewhere and reads a copy of the file changes nothing.
    harness.write("copy.log", parent);
    await harness.scan(first);
    expect(harness.output).toEqual({ parent: 7 });
    harness.ledger.rebuild();
    expect(harness.output).toEqual({ parent: 7 });
  });

  test("is read again even if an older version continued it", async () => {
    using harness = new Harness();
    const second = sourceOf(2, ({ id, session, output }) => [response(id, { session, output: output * 2 })]);
    harness.write("parent.log", parent);
    await harness.scan(second);
    harness.write("parent.log", parent, { ...parent, id: "b" });
    await harness.scan(first);
    expect(harness.output).toEqual({ parent: 21 });
    await harness.scan(second);
    expect(harness.output).toEqual({ parent: 28 });
  });

  test("observes again where its session began: what was another session's does not stay the beginning", async () => {
    // The fork works in two directories; what it copied from its parent was done in a third one, earlier.
    const lines = [
      { ...copy, project: "/parent", at: 1 },
      { id: "b", session: "fork", output: 2, project: "/fork", at: 5 },
      { id: "c", session: "fork", output: 3, project: "/fork/below", at: 6 },
    ];
    const reading =
      (isNewer: boolean): Reading =>
      ({ id, session, output, ...rest }) => {
        const { of, project, at } = rest as { of?: string; project: string; at: number };
        const whose = isNewer && of ? { session: of, formerSession: session, copy: 4 } : { session };
        return [response(id, { ...whose, output, project, at })];
      };
    const projects = (ledger: Ledger): unknown => {
      const whole = { from: 0, to: 4e12 };
      return queriesOf(ledger)
        .usage(whole, [{ ...whole, offsetMs: 0 }], ["project", "session"])
        .map(({ project, session, output }) => ({ project, session, output }))
        .toSorted((a, b) => a.output - b.output);
    };
    using fresh = new Harness();
    fresh.write("fork.log", ...lines);
    await fresh.scan(sourceOf(2, reading(true)));
    const right = projects(fresh.ledger);
    expect(right).toEqual([
      { project: "/fork", session: "fork", output: 2 },
      { project: "/fork", session: "fork", output: 3 },
      { project: "/parent", session: "parent", output: 7 },
    ]);
    using harness = new Harness();
    harness.write("fork.log", ...lines);
    await harness.scan(sourceOf(1, reading(false)));
    await harness.scan(sourceOf(2, reading(true)));
    expect(projects(harness.ledger)).toEqual(right);
    harness.ledger.rebuild();
    expect(projects(harness.ledger)).toEqual(right);
  });
});
