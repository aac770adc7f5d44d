import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Collector, type Scanned } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/Ledger.ts";
import type { Observation } from "../../src/model/observation.ts";
import type { LineStore, Source } from "../../src/sources/contract.ts";
import { fields, lineOf, linesIn } from "../../src/utils/json.ts";
import { dumpOf, folder, wrongSums } from "../ledger/dump.ts";
import { plainAction, plainResponse } from "../ledger/sample.ts";

/** What a reader makes of one line {id, session, output}. */
type Reading = (line: { id: string; session: string; output: number }) => Observation[];

const response = (id: string, body: Partial<typeof plainResponse> & object): Observation => ({
  kind: "response",
  key: `response:${id}`,
  body: { ...plainResponse, ...body },
});

/** A source of files *.log, one session each, read as one version of its reader does. */
function sourceOf(readerVersion: number, read: Reading): Source {
  const store: LineStore = {
    kind: "lines",
    name: "logs",
    roots: (_, home) => [home],
    owns: (path) => path.endsWith(".log"),
    read(pass, { bytes, offset }, findings) {
      for (const { from, to } of linesIn(bytes)) {
        const line = lineOf(bytes, from, to);
        if (!line) findings.skipped(offset + from, "bad_json");
        else if (pass === "usage") for (const one of read(fields(line) as never)) findings.observed(one);
        else findings.observed({ kind: "action", key: `action:${String(line["id"])}`, body: plainAction });
      }
    },
  };
  const words = { name: "logger", title: "Logger", meaning: "a made-up assistant", misleads: "Nothing.", tested: null };
  return { ...words, stores: [store], gaps: [], ...(readerVersion > 1 && { readerVersion }) };
}

const first = sourceOf(1, ({ id, session, output }) => [response(id, { session, output })]);

/** A home, its ledger, and readers of several versions that come one after the other. */
class Desk implements Disposable {
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

  async scan(source: Source): Promise<Scanned> {
    const collector = new Collector(this.ledger, [source], { env: {}, home: this.home, now: () => 0 });
    const scanned = await collector.scan("usage");
    await collector.scan("activity");
    expect(wrongSums(this.path)).toEqual([]);
    return scanned;
  }

  /** Output tokens by session. */
  get output(): Record<string, number> {
    const whole = { from: 0, to: 4e12 };
    const rows = this.ledger.questions.usage(whole, [{ ...whole, offsetMs: 0 }], ["session"]);
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
  test("is read again from its beginning, once, in both passes", async () => {
    using desk = new Desk();
    desk.write("parent.log", parent, { ...parent, id: "b" });
    await desk.scan(first);
    const before = desk.ledger.files.progress();
    const second = sourceOf(2, ({ id, session, output }) => [response(id, { session, output: output * 2 })]);
    expect((await desk.scan(second)).bytes).toBe(before.usage);
    expect(desk.output).toEqual({ parent: 28 });
    expect(desk.ledger.files.progress()).toEqual(before);
    expect((await desk.scan(second)).files).toBe(0);
    expect((await desk.scan(first)).files).toBe(0);
  });

  test("leaves none of the skipped lines of before, and adds no row to the journal where it says the same", async () => {
    using desk = new Desk();
    desk.write("parent.log", parent, "{torn");
    await desk.scan(first);
    const before = dumpOf(desk.path).journal.length;
    await desk.scan(sourceOf(2, ({ id, session, output }) => [response(id, { session, output })]));
    expect(dumpOf(desk.path).journal.length).toBe(before);
    expect(desk.ledger.files.skipped()).toHaveLength(1);
    expect(desk.output).toEqual({ parent: 7 });
  });

  test("may tell less than before: what the older version observed there no longer counts", async () => {
    using desk = new Desk();
    desk.write("parent.log", parent);
    await desk.scan(first);
    await desk.scan(sourceOf(2, ({ id, session }) => [response(id, { session, output: 3 })]));
    expect(desk.output).toEqual({ parent: 3 });
    desk.ledger.rebuild();
    expect(desk.output).toEqual({ parent: 3 });
  });

  test("that is gone keeps what the older version observed there", async () => {
    using desk = new Desk();
    desk.write("parent.log", parent);
    await desk.scan(first);
    desk.remove("parent.log");
    await desk.scan(sourceOf(2, () => []));
    expect(desk.output).toEqual({ parent: 7 });
  });

  test("may turn out to be another session's copy, whether the original is still there or not", async () => {
    const ofParent: Reading = ({ id, session, output, ...rest }) => {
      const { of } = rest as { of?: string };
      return [response(id, of ? { session: of, formerSession: session, copy: 4, output } : { session, output })];
    };
    for (const isGone of [false, true]) {
      using desk = new Desk();
      desk.write("fork.log", copy);
      desk.write("parent.log", parent);
      await desk.scan(first);
      if (isGone) desk.remove("parent.log");
      await desk.scan(sourceOf(2, ofParent));
      expect(desk.output).toEqual({ parent: 7 });
    }
  });

  test("may observe something under another key: the former one is withdrawn and counts no more", async () => {
    using desk = new Desk();
    desk.write("parent.log", parent);
    await desk.scan(first);
    const renamed: Reading = ({ id, session, output }) => [
      response(id, { session, isWithdrawn: true }),
      response(`new-${id}`, { session, output }),
    ];
    await desk.scan(sourceOf(2, renamed));
    expect(desk.output).toEqual({ parent: 7 });
    // A program of before, which still runs somewhere and reads a copy of the file, changes nothing of it.
    desk.write("copy.log", parent);
    await desk.scan(first);
    expect(desk.output).toEqual({ parent: 7 });
    desk.ledger.rebuild();
    expect(desk.output).toEqual({ parent: 7 });
  });

  test("is read again also where an older version went on with it", async () => {
    using desk = new Desk();
    const second = sourceOf(2, ({ id, session, output }) => [response(id, { session, output: output * 2 })]);
    desk.write("parent.log", parent);
    await desk.scan(second);
    desk.write("parent.log", parent, { ...parent, id: "b" });
    await desk.scan(first);
    expect(desk.output).toEqual({ parent: 21 });
    await desk.scan(second);
    expect(desk.output).toEqual({ parent: 28 });
  });

  test("tells anew where its session began: what was another session's does not stay the beginning", async () => {
    // The fork works in two directories; what it copied of its parent was done in a third one, before.
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
      return ledger.questions
        .usage(whole, [{ ...whole, offsetMs: 0 }], ["project", "session"])
        .map(({ project, session, output }) => ({ project, session, output }))
        .toSorted((a, b) => a.output - b.output);
    };
    using fresh = new Desk();
    fresh.write("fork.log", ...lines);
    await fresh.scan(sourceOf(2, reading(true)));
    const right = projects(fresh.ledger);
    expect(right).toEqual([
      { project: "/fork", session: "fork", output: 2 },
      { project: "/fork", session: "fork", output: 3 },
      { project: "/parent", session: "parent", output: 7 },
    ]);
    using desk = new Desk();
    desk.write("fork.log", ...lines);
    await desk.scan(sourceOf(1, reading(false)));
    await desk.scan(sourceOf(2, reading(true)));
    expect(projects(desk.ledger)).toEqual(right);
    desk.ledger.rebuild();
    expect(projects(desk.ledger)).toEqual(right);
  });
});
