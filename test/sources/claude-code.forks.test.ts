import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { FORKED, recorded } from "./claude-code.ts";
import { SourceHarness } from "./harness.ts";

const home = recorded.find(({ bySession }) => bySession !== undefined);
if (!home) throw new Error("no recorded home of forks");

const { parent, before, after } = FORKED;

/** Counts what a session did, by action and name. */
function activityOf(harness: SourceHarness, session: string): Record<string, number> {
  const own = harness.actions
    .filter((one) => one.session === session)
    .map(({ action, name }) => `${action} ${name}`.trim());
  return Object.fromEntries(
    [...new Set(own)].toSorted().map((name) => [name, own.filter((one) => one === name).length]),
  );
}

const PARENT = { "file create": 1, "file update": 1, prompt: 1, "tool Bash": 1, "tool Edit": 1, "tool Write": 1 };
const FORK = { "git commit": 1, prompt: 1, "tool Bash": 1 };

const pathOf = (harness: SourceHarness, session: string): string =>
  `${harness.home}/.claude/projects/-home-user-project/${session}.jsonl`;

const timesOf = (harness: SourceHarness): Record<string, [number, number]> =>
  Object.fromEntries(
    harness
      .all<{ session: string; first: number; last: number }>("SELECT session, first, last FROM session")
      .map(({ session, first, last }) => [session, [first, last]]),
  );

/** First and last time of a session's own lines with a uuid, without the first `from` ones. */
function ownTimes(harness: SourceHarness, session: string, from = 0): [number, number] {
  const lines = readFileSync(pathOf(harness, session), "utf8").trimEnd().split("\n");
  const times = lines
    .map((line) => JSON.parse(line) as { type: string; timestamp?: string; uuid?: string })
    .filter(({ uuid }) => uuid !== undefined)
    .map(({ timestamp }) => Date.parse(timestamp ?? ""));
  return [times[from] as number, times.at(-1) as number];
}

describe("lines that --fork-session of 2.1.332 copies from the parent", () => {
  test("belong to the parent: prompts, tools and their outcomes, files, and times", async () => {
    using harness = new SourceHarness([home.source]);
    home.place(harness);
    await harness.scan();
    expect(activityOf(harness, parent)).toEqual(PARENT);
    expect(activityOf(harness, before)).toEqual(FORK);
    expect(activityOf(harness, after)).toEqual(FORK);
    // The first eight lines of each fork are copies: a prompt, four responses, three results.
    expect(timesOf(harness)).toEqual({
      [parent]: ownTimes(harness, parent),
      [before]: ownTimes(harness, before, 8),
      [after]: ownTimes(harness, after, 8),
    });
  });

  test("belong to the parent even if its transcript was deleted", async () => {
    using harness = new SourceHarness([home.source]);
    home.place(harness);
    rmSync(pathOf(harness, parent));
    await harness.scan();
    expect(activityOf(harness, parent)).toEqual(PARENT);
    expect(activityOf(harness, before)).toEqual(FORK);
    expect(Object.keys(timesOf(harness)).toSorted()).toEqual([before, after].toSorted());
  });

  test("belong to the parent wherever a scan divides the fork's transcript", async () => {
    using whole = new SourceHarness([home.source]);
    home.place(whole);
    await whole.scan();
    const { facts } = whole.dump();
    const lines = readFileSync(pathOf(whole, before), "utf8").split(/(?<=\n)/);
    for (let cut = 1; cut < lines.length; cut++) {
      using harness = new SourceHarness([home.source]);
      home.place(harness);
      writeFileSync(pathOf(harness, before), lines.slice(0, cut).join(""));
      await harness.scan();
      appendFileSync(pathOf(harness, before), lines.slice(cut).join(""));
      await harness.scan();
      expect({ cut, facts: harness.dump().facts }).toEqual({ cut, facts });
    }
  });

  test("do not make a fork a session until it gets its first response, but its own prompt is counted", async () => {
    using harness = new SourceHarness([home.source]);
    home.place(harness);
    const lines = readFileSync(pathOf(harness, before), "utf8").split(/(?<=\n)/);
    const answer = lines.findIndex((line) => line.includes("msg_mock000007"));
    writeFileSync(pathOf(harness, before), lines.slice(0, answer).join(""));
    await harness.scan();
    expect(activityOf(harness, before)).toEqual({ prompt: 1 });
    expect(timesOf(harness)[before]).toBeUndefined();
    writeFileSync(pathOf(harness, before), lines.join(""));
    await harness.scan();
    expect(timesOf(harness)[before]).toEqual(ownTimes(harness, before, 8));
  });

  test("include an interrupted prompt, which belongs to the parent even if the fork sorts before it", async () => {
    const line = (type: string, session: string, uuid: string, more: object): string =>
      `${JSON.stringify({ type, uuid, sessionId: session, cwd: "/home/user/project", timestamp: `2026-11-29T10:00:0${uuid}Z`, ...more })}\n`;
    const prompt = (session: string, uuid: string): string =>
      line("user", session, uuid, { message: { role: "user", content: "a question" } });
    const answer = (session: string, uuid: string, asked?: string): string =>
      line("assistant", session, uuid, {
        message: { id: `msg_${uuid}`, model: "claude-opus-4-6", content: [], usage: { output_tokens: 1 } },
        ...(asked !== undefined && { requestSessionId: asked }),
      });
    const files = {
      b: [prompt("b", "1"), answer("b", "2"), prompt("b", "3"), prompt("b", "6"), answer("b", "7")],
      a: [prompt("a", "1"), answer("a", "2", "b"), prompt("a", "3"), prompt("a", "4"), answer("a", "5")],
    };
    for (const order of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      using harness = new SourceHarness([home.source]);
      home.place(harness);
      for (const name of order) {
        writeFileSync(pathOf(harness, name), files[name].join(""));
        await harness.scan();
      }
      expect({ order, a: activityOf(harness, "a"), b: activityOf(harness, "b") }).toEqual({
        order,
        a: { prompt: 1 },
        b: { prompt: 3 },
      });
    }
  });

  test("a fork of a session without responses is a session, whenever a scan runs in between", async () => {
    const line = (type: string, uuid: string, more: object): string =>
      `${JSON.stringify({ type, uuid, sessionId: "f", cwd: "/home/user/project", timestamp: `2026-11-29T10:00:0${uuid}Z`, ...more })}\n`;
    const prompt = (uuid: string, more: object = {}): string =>
      line("user", uuid, { message: { role: "user", content: "a question" }, ...more });
    const answer = (uuid: string): string =>
      line("assistant", uuid, {
        message: { id: `msg_${uuid}`, model: "claude-opus-4-6", content: [], usage: { output_tokens: 1 } },
      });
    const copy = { forkedFrom: { sessionId: "p", messageUuid: "1" } };
    const lines = [prompt("1", copy), prompt("2", copy), prompt("3"), answer("4"), prompt("5"), answer("6")];
    const times: [number, number] = [Date.parse("2026-11-29T10:00:03Z"), Date.parse("2026-11-29T10:00:06Z")];
    for (let cut = 0; cut < lines.length; cut++) {
      using harness = new SourceHarness([home.source]);
      home.place(harness);
      for (const end of [cut, Math.min(cut + 2, lines.length), lines.length]) {
        writeFileSync(pathOf(harness, "f"), lines.slice(0, end).join(""));
        await harness.scan();
      }
      const { facts } = harness.dump();
      expect({ cut, times: timesOf(harness)["f"] }).toEqual({ cut, times });
      harness.ledger.rebuild();
      expect({ cut, facts: harness.dump().facts }).toEqual({ cut, facts });
    }
  });
});
