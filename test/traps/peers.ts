#!/usr/bin/env bun
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { count } from "./pawprint.ts";
import { type Peer, peers, type PeerResult } from "./peer-list.ts";
import { type Count, cannotSet, type Trap, TRAPS, traps, type Truth, withHome } from "./trap.ts";

/** Makes a peer of any function that counts a home, such as pawprint's own. */
export function asPeer(name: string, count: Count): Peer {
  return { name, count: async (home, env) => resultOf(await count(home, env)) };
}

/** A truth in the form of a peer's result, which does not separate cache lifetimes. */
function resultOf(truth: Truth): PeerResult {
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

/** Compares the counts of a peer with the truth. */
function verdictOn(trap: Trap, reported: PeerResult): Verdict {
  const right = resultOf(trap.truth);
  const counts = COUNTS.filter((name) => reported[name] !== right[name]);
  const days = new Set([...Object.keys(right.byDay), ...Object.keys(reported.byDay)]);
  const isOff = (day: string): boolean => (reported.byDay[day] ?? 0) !== (right.byDay[day] ?? 0);
  const hasDays = trap.truth.byDay !== undefined && Object.keys(reported.byDay).length > 0;
  const day = hasDays ? [...days].find(isOff) : undefined;
  const off = Math.abs((reported.costMicros ?? -2) - (right.costMicros ?? 0));
  const cost = right.costMicros === undefined || off < 1;
  const wrong = [
    ...counts.map((name) => `${name} ${whole(reported[name])}, not ${whole(right[name])}`),
    ...(counts.length === 0 && day !== undefined
      ? [`another day: ${Object.keys(reported.byDay).join(", ") || "none"}`]
      : []),
    ...(cost ? [] : [`${dollars(reported.costMicros)}, not ${dollars(right.costMicros)}`]),
  ];
  return { tokens: counts.length === 0 && day === undefined, cost, words: wrong.join("; ") };
}

async function countTrap(peer: Peer, trap: Trap): Promise<Verdict> {
  try {
    return verdictOn(trap, await withHome(trap, peer.count));
  } catch (error) {
    return { tokens: false, cost: false, words: error instanceof Error ? error.message : "no answer" };
  }
}

const cell = ({ tokens, cost, words }: Verdict): string => (tokens && cost ? "right" : `**wrong**: ${words}`);

/** The table of traps and peers as Markdown. `report` is called with progress messages. */
export async function table(peersAsked: readonly Peer[], report: (line: string) => void): Promise<string> {
  const all = traps();
  const set = all.filter((trap) => cannotSet(trap) === null);
  const verdicts = new Map<Trap, Verdict[]>();
  const waiting = [...set];
  const work = async (): Promise<void> => {
    for (let trap = waiting.shift(); trap; trap = waiting.shift()) {
      const row: Verdict[] = [];
      for (const peer of peersAsked) row.push(await countTrap(peer, trap));
      verdicts.set(trap, row);
      report(
        `${verdicts.size}/${set.length} ${trap.name}: ${row.map(({ tokens, cost }) => (tokens && cost ? "+" : "-")).join("")}`,
      );
    }
  };
  await Promise.all([work(), work(), work()]);
  const priced = set.filter(({ truth }) => truth.costMicros !== undefined);
  const score = (peer: number, among: readonly Trap[], is: (verdict: Verdict) => boolean): string =>
    `${among.filter((trap) => is(verdicts.get(trap)?.[peer] ?? { tokens: false, cost: false, words: "" })).length} of ${among.length}`;
  const scores = (name: string, among: readonly Trap[], is: (verdict: Verdict) => boolean): string =>
    `| ${name} | ${peersAsked.map((_, i) => score(i, among, is)).join(" | ")} |`;
  const header = `| | ${peersAsked.map(({ name }) => name).join(" | ")} |\n| --- |${" --- |".repeat(peersAsked.length)}`;
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
