// The machines of the campaign's hubs.
import { logOf, plainPlan, type SourceWork, type WorkPlan, workOf } from "./generated.ts";
import type { GeneratedMachine } from "./hub-file.ts";

const DAY_MS = 86_400_000;
/** Accounts as they are on the wire. */
const [ANN, BOB] = ["h-AnnAnnAnnAnnAnnAnnAnnA", "h-BobBobBobBobBobBobBobB"] as const;

function* withLog(
  plan: WorkPlan,
  account: string,
  shares: readonly [number, number],
): Generator<readonly SourceWork[]> {
  yield* workOf(plan);
  yield [logOf(account, plan.until - 60_000, shares)];
}

/** Days before `until` of a machine's work. */
const daysUntil = (until: number, days: number): Pick<WorkPlan, "from" | "until"> => ({
  from: until - days * DAY_MS,
  until,
});

/** Two machines of two persons with some weeks of work, both at work now. */
export function twoMachines(until: number): GeneratedMachine[] {
  const plan = { ...plainPlan, ...daysUntil(until, 70), sessionsPerDay: 5, turns: 6, isAtWork: true };
  return [
    { name: "laptop", person: "Ann", work: withLog({ ...plan, prefix: "laptop", seed: 11 }, ANN, [38, 61]) },
    { name: "desktop", person: "Bob", work: withLog({ ...plan, prefix: "desktop", seed: 12 }, BOB, [12, 44]) },
  ];
}

/** Three machines of a team, for the pictures of the README. */
export function team(until: number): GeneratedMachine[] {
  const plan = { ...plainPlan, ...daysUntil(until, 60), turns: 7, isAtWork: true };
  return [
    {
      name: "laptop",
      person: "Ann",
      work: withLog({ ...plan, prefix: "l", seed: 21, sessionsPerDay: 7 }, ANN, [42, 17]),
    },
    { name: "desktop", person: "Ann", work: workOf({ ...plan, prefix: "d", seed: 22, sessionsPerDay: 4 }) },
    {
      name: "studio",
      person: "Bob",
      work: withLog({ ...plan, prefix: "s", seed: 24, sessionsPerDay: 3 }, BOB, [12, 44]),
    },
  ];
}

/** Many machines of some persons. */
export const manyMachines = (until: number, count: number, days: number): GeneratedMachine[] =>
  Array.from({ length: count }, (_, at) => {
    const plan = { ...plainPlan, ...daysUntil(until, days), sessionsPerDay: 2, turns: 5, isAtWork: at < 8 };
    const name = `machine-${String(at + 1).padStart(2, "0")}`;
    const work = withLog({ ...plan, prefix: name, seed: at + 100 }, at % 2 === 0 ? ANN : BOB, [20, 30]);
    return { name, person: `person ${(at % 7) + 1}`, work };
  });

/** One machine with one assistant. */
export const oneAssistant = (until: number): GeneratedMachine[] => [
  {
    name: "alone",
    person: "",
    work: workOf({
      ...plainPlan,
      ...daysUntil(until, 20),
      prefix: "alone",
      seed: 5,
      sources: ["claude-code"],
      sessionsPerDay: 3,
      turns: 4,
      isAtWork: true,
    }),
  },
];

const LONG = "very-long-name-".repeat(14).slice(0, 200);
/** Names as somebody would choose them who wants to harm a page, a terminal or a reader. */
const HOSTILE = [
  "<script>document.title = 'harmed'</script>",
  "<img src=x onerror=document.title='harmed'>",
  "\u001b[31mred\u001b]0;title\u0007",
  "\u202eforwards\u202c and \u2066isolated\u2069",
  "javascript:document.title='harmed'",
  "\"'`--><!--{{7*7}}${7*7}",
  "\u0000\u0008\u007f\u0085",
  LONG,
] as const;

/** Machines, persons, projects, branches, models and sessions with hostile and long names. */
export function hostileNames(until: number): GeneratedMachine[] {
  const plan = {
    ...plainPlan,
    ...daysUntil(until, 3),
    projects: HOSTILE.map((name) => `/home/dev/${name}`),
    branches: HOSTILE,
    models: ["claude-opus-5-5", ...HOSTILE.map((name) => name.slice(0, 150))],
    sessionsPerDay: 12,
    turns: 3,
    isAtWork: true,
  };
  return [HOSTILE[0], HOSTILE[1], LONG].map((name, at) => ({
    name: name.slice(0, 200),
    person: HOSTILE[(at + 3) % HOSTILE.length] ?? "",
    work: workOf({ ...plan, prefix: at === 0 ? "<b>session</b>" : `${"s".repeat(80)}${at}`, seed: 40 + at }),
  }));
}
