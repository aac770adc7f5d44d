#!/usr/bin/env bun
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { count } from "./pawprint.ts";
import { type Peer, peers, type Said } from "./peer-list.ts";
import { type Count, cannotSet, type Trap, TRAPS, traps, type Truth, withHome } from "./trap.ts";

/** Pawprint, or whoever counts as the tests want it, as one of the peers. */
export function asPeer(name: string, count: Count): Peer {
  return { name, ask: async (home, env) => saidBy(await count(home, env)) };
}

/** A truth in the words of the peers, which do not tell how long a cache lives. */
function saidBy(truth: Truth): Said {
  const { input, output, cacheWrite5m, cacheWrite1h, cacheRead: read, byDay = {}, costMicros } = truth;
  return {
    input,
    output,
    write: cacheWrite5m + cacheWrite1h,
    read,
    byDay,
    ...(costMicros !== undefined && { costMicros }),
  };
}

interface Verdict {
  readonly tokens: boolean;
  readonly cost: boolean;
  readonly words: string;
}

const COUNTS = ["input", "output", "write", "read"] as const;
const whole = (n: number): string => n.toLocaleString("en-US");
const dollars = (micros: number | undefined): string =>
  micros === undefined ? "no cost" : `$${(micros / 1e6).toFixed(6)}`;

/** Compares what a peer said with the truth. */
function judge(trap: Trap, said: Said): Verdict {
  const right = saidBy(trap.truth);
  const counts = COUNTS.filter((name) => said[name] !== right[name]);
  const days = new Set([...Object.keys(right.byDay), ...Object.keys(said.byDay)]);
  const isOff = (day: string): boolean => (said.byDay[day] ?? 0) !== (right.byDay[day] ?? 0);
  const told = trap.truth.byDay !== undefined && Object.keys(said.byDay).length > 0;
  const day = told ? [...days].find(isOff) : undefined;
  const off = Math.abs((said.costMicros ?? -2) - (right.costMicros ?? 0));
  const cost = right.costMicros === undefined || off < 1;
  const wrong = [
    ...counts.map((name) => `${name} ${whole(said[name])}, not ${whole(right[name])}`),
    ...(counts.length === 0 && day !== undefined
      ? [`another day: ${Object.keys(said.byDay).join(", ") || "none"}`]
      : []),
    ...(cost ? [] : [`${dollars(said.costMicros)}, not ${dollars(right.costMicros)}`]),
  ];
  return { tokens: counts.length === 0 && day === undefined, cost, words: wrong.join("; ") };
}

async function askAll(peer: Peer, trap: Trap): Promise<Verdict> {
  try {
    return judge(trap, await withHome(trap, peer.ask));
  } catch (error) {
    return { tokens: false, cost: false, words: error instanceof Error ? error.message : "no answer" };
  }
}

const cell = ({ tokens, cost, words }: Verdict): string => (tokens && cost ? "right" : `**wrong**: ${words}`);

/** The table of traps and peers, as Markdown. `say` hears how far it is. */
export async function table(asked: readonly Peer[], say: (line: string) => void): Promise<string> {
  const all = traps();
  const set = all.filter((trap) => cannotSet(trap) === null);
  const verdicts = new Map<Trap, Verdict[]>();
  const waiting = [...set];
  const work = async (): Promise<void> => {
    for (let trap = waiting.shift(); trap; trap = waiting.shift()) {
      const row: Verdict[] = [];
      for (const peer of asked) row.push(await askAll(peer, trap));
      verdicts.set(trap, row);
      say(
        `${verdicts.size}/${set.length} ${trap.name}: ${row.map(({ tokens, cost }) => (tokens && cost ? "+" : "-")).join("")}`,
      );
    }
  };
  await Promise.all([work(), work(), work()]);
  const priced = set.filter(({ truth }) => truth.costMicros !== undefined);
  const score = (peer: number, among: readonly Trap[], is: (verdict: Verdict) => boolean): string =>
    `${among.filter((trap) => is(verdicts.get(trap)?.[peer] ?? { tokens: false, cost: false, words: "" })).length} of ${among.length}`;
  const scores = (name: string, among: readonly Trap[], is: (verdict: Verdict) => boolean): string =>
    `| ${name} | ${asked.map((_, i) => score(i, among, is)).join(" | ")} |`;
  const header = `| | ${asked.map(({ name }) => name).join(" | ")} |\n| --- |${" --- |".repeat(asked.length)}`;
  const rows = set.map(
    (trap) => `| \`${trap.name}\`: ${trap.meaning} | ${(verdicts.get(trap) ?? []).map(cell).join(" | ")} |`,
  );
  const left = all.filter((trap) => cannotSet(trap) !== null).map((trap) => `\`${trap.name}\` (${cannotSet(trap)})`);
  return [
    header,
    scores("tokens and days right", set, ({ tokens }) => tokens),
    scores("cost right, where the trap is about it", priced, ({ tokens, cost }) => tokens && cost),
    scores("all right", set, ({ tokens, cost }) => tokens && cost),
    "",
    ...(left.length > 0 ? [`Not asked: ${left.join(", ")}.`, ""] : []),
    header,
    ...rows,
    "",
  ].join("\n");
}

const INTRODUCTION = `# Ways to count wrong

Each folder is one way to count a home of Claude Code wrong. \`trap.json\` says what happens in the world (\`meaning\`), where it
was seen (\`why\`), the reader's environment where it matters (\`env\`, in which \`{home}\` is the home's path) and what was really
used (\`truth\`; days are days of UTC, parts are totals of tokens of all classes). \`home/\` is the home. What a repository cannot
hold (links, pipes, long lines, files that change between two looks) is done by \`test/traps/prepare.ts\`.

The homes are written by \`bun test/traps/make.ts\`: the truth is made of the responses that happened, never by counting files.
\`bun test/traps/peers.ts\` writes the table below. Every peer is asked for all days without network, in UTC, in a copy of the
home; where a file changes it is asked before and after, and its last answer counts. It is right when input, output, cache
writes and cache reads are, their days if it puts all of them on days, and the cost where the trap is about it. tokscale needs prices from the network
and was given list prices. A field that is no count is 0 here and the rest of its line counts; other readings are possible.

`;

if (import.meta.main) {
  const text = await table([asPeer("pawprint", count), ...peers()], (line) => console.error(line));
  writeFileSync(join(TRAPS, "README.md"), INTRODUCTION + text);
  console.log(text.split("\n").slice(0, 5).join("\n"));
}
