import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { FORKED, recorded } from "./claude-code.ts";
import { SourceDesk } from "./desk.ts";

const home = recorded.find(({ bySession }) => bySession !== undefined);
if (!home) throw new Error("no recorded home of forks");

const { parent, before, after } = FORKED;

/** What a session did: how often each, by action and name. */
function activityOf(desk: SourceDesk, session: string): Record<string, number> {
  const own = desk.actions
    .filter((one) => one.session === session)
    .map(({ action, name }) => `${action} ${name}`.trim());
  return Object.fromEntries(
    [...new Set(own)].toSorted().map((name) => [name, own.filter((one) => one === name).length]),
  );
}

const PARENT = { "file create": 1, "file update": 1, prompt: 1, "tool Bash": 1, "tool Edit": 1, "tool Write": 1 };
const FORK = { "git commit": 1, prompt: 1, "tool Bash": 1 };

const pathOf = (desk: SourceDesk, session: string): string =>
  `${desk.home}/.claude/projects/-home-user-project/${session}.jsonl`;

const timesOf = (desk: SourceDesk): Record<string, [number, number]> =>
  Object.fromEntries(
    desk
      .all<{ session: string; first: number; last: number }>("SELECT session, first, last FROM session")
      .map(({ session, first, last }) => [session, [first, last]]),
  );

/** Times of a session's own lines, those that have a uuid, from a number of them on. */
function ownTimes(desk: SourceDesk, session: string, from = 0): [number, number] {
  const lines = readFileSync(pathOf(desk, session), "utf8").trimEnd().split("\n");
  const times = lines
    .map((line) => JSON.parse(line) as { type: string; timestamp?: string; uuid?: string })
    .filter(({ uuid }) => uuid !== undefined)
    .map(({ timestamp }) => Date.parse(timestamp ?? ""));
  return [times[from] as number, times.at(-1) as number];
}

describe("what forks hold of their parent, by --fork-session of 2.1.332", () => {
  test("is the parent's: prompts, tools and their outcomes, files, and times", async () => {
    using desk = new SourceDesk([home.source]);
    home.place(desk);
    await desk.scan();
    expect(activityOf(desk, parent)).toEqual(PARENT);
    expect(activityOf(desk, before)).toEqual(FORK);
    expect(activityOf(desk, after)).toEqual(FORK);
    // Of each fork the first eight lines are copies: a prompt, four responses, three results.
    expect(timesOf(desk)).toEqual({
      [parent]: ownTimes(desk, parent),
      [before]: ownTimes(desk, before, 8),
      [after]: ownTimes(desk, after, 8),
    });
  });

  test("is the parent's also where the parent's transcript is gone", async () => {
    using desk = new SourceDesk([home.source]);
    home.place(desk);
    rmSync(pathOf(desk, parent));
    await desk.scan();
    expect(activityOf(desk, parent)).toEqual(PARENT);
    expect(activityOf(desk, before)).toEqual(FORK);
    expect(Object.keys(timesOf(desk)).toSorted()).toEqual([before, after].toSorted());
  });

  test("is the parent's wherever a scan came in between", async () => {
    using whole = new SourceDesk([home.source]);
    home.place(whole);
    await whole.scan();
    const { facts } = whole.dump();
    const lines = readFileSync(pathOf(whole, before), "utf8").split(/(?<=\n)/);
    for (let cut = 1; cut < lines.length; cut++) {
      using desk = new SourceDesk([home.source]);
      home.place(desk);
      writeFileSync(pathOf(desk, before), lines.slice(0, cut).join(""));
      await desk.scan();
      appendFileSync(pathOf(desk, before), lines.slice(cut).join(""));
      await desk.scan();
      expect({ cut, facts: desk.dump().facts }).toEqual({ cut, facts });
    }
  });

  test("a fork that has not been answered yet has its prompt, and is a session once it is", async () => {
    using desk = new SourceDesk([home.source]);
    home.place(desk);
    const lines = readFileSync(pathOf(desk, before), "utf8").split(/(?<=\n)/);
    const answer = lines.findIndex((line) => line.includes("msg_mock000007"));
    writeFileSync(pathOf(desk, before), lines.slice(0, answer).join(""));
    await desk.scan();
    expect(activityOf(desk, before)).toEqual({ prompt: 1 });
    expect(timesOf(desk)[before]).toBeUndefined();
    writeFileSync(pathOf(desk, before), lines.join(""));
    await desk.scan();
    expect(timesOf(desk)[before]).toEqual(ownTimes(desk, before, 8));
  });

  test("a prompt that was interrupted in the parent is the parent's, also in a fork that sorts before it", async () => {
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
      using desk = new SourceDesk([home.source]);
      home.place(desk);
      for (const name of order) {
        writeFileSync(pathOf(desk, name), files[name].join(""));
        await desk.scan();
      }
      expect({ order, a: activityOf(desk, "a"), b: activityOf(desk, "b") }).toEqual({
        order,
        a: { prompt: 1 },
        b: { prompt: 3 },
      });
    }
  });

  test("a fork of a session that was never answered is a session, wherever a scan came in between", async () => {
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
      using desk = new SourceDesk([home.source]);
      home.place(desk);
      for (const end of [cut, Math.min(cut + 2, lines.length), lines.length]) {
        writeFileSync(pathOf(desk, "f"), lines.slice(0, end).join(""));
        await desk.scan();
      }
      const { facts } = desk.dump();
      expect({ cut, times: timesOf(desk)["f"] }).toEqual({ cut, times });
      desk.ledger.rebuild();
      expect({ cut, facts: desk.dump().facts }).toEqual({ cut, facts });
    }
  });
});
