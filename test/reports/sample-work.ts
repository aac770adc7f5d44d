import {
  type ActionObservation,
  type DayObservation,
  noAction,
  type Observation,
  type Place,
  type ResponseObservation,
} from "../../src/model/observation.ts";

const MINUTE = 60_000;

export const [OPUS, SONNET, HAIKU, UNPRICED] = [
  "claude-opus-5-5",
  "claude-sonnet-5-5",
  "claude-haiku-5-5",
  "mystery-9",
];

/** A session: place, time of its first response, and responses some minutes apart, with the models in turn. */
export interface SessionPlan {
  readonly project: string;
  readonly branch: string;
  readonly at: string;
  readonly responses: number;
  /** Minutes from one response to the next, 4 if absent. */
  readonly minutesApart?: number;
  readonly models: readonly string[];
  /** Every third response is from this subagent. */
  readonly agent?: string;
  readonly link?: string;
  readonly isOpen?: true;
}

export const [API, OLD_API, SHOP] = ["/home/ada/work/api", "/home/ada/old/api", "/home/ada/work/shop"];
/** Sessions of two months: a quiet one, one across midnight, one through the hour that occurs twice in Berlin, one still open. */
const plans: readonly SessionPlan[] = [
  { project: API, branch: "main", at: "2026-10-05T07:12:00Z", responses: 9, models: [SONNET] },
  {
    project: SHOP,
    branch: "feat/cart",
    at: "2026-10-05T13:02:00Z",
    responses: 14,
    models: [OPUS, HAIKU],
    agent: "reviewer",
  },
  { project: OLD_API, branch: "legacy", at: "2026-10-12T15:40:00Z", responses: 5, models: [HAIKU] },
  { project: API, branch: "fix/login", at: "2026-10-17T21:20:00Z", responses: 16, models: [OPUS], link: "41" },
  {
    project: SHOP,
    branch: "feat/cart",
    at: "2026-10-24T23:50:00Z",
    responses: 38,
    models: [OPUS, SONNET],
    agent: "explorer",
  },
  { project: SHOP, branch: "main", at: "2026-11-02T09:05:00Z", responses: 7, models: [SONNET, UNPRICED] },
  { project: API, branch: "main", at: "2026-11-11T08:30:00Z", responses: 12, models: [OPUS, SONNET, HAIKU] },
  {
    project: API,
    branch: "feat/export",
    at: "2026-11-18T12:15:00Z",
    responses: 22,
    models: [OPUS],
    agent: "tester",
    link: "57",
  },
  {
    project: SHOP,
    branch: "feat/search",
    at: "2026-11-19T14:00:00Z",
    responses: 18,
    models: [SONNET, OPUS],
    link: "102",
  },
  { project: "", branch: "", at: "2026-11-19T20:45:00Z", responses: 3, models: [UNPRICED] },
  {
    project: API,
    branch: "feat/export",
    at: "2026-11-20T08:10:00Z",
    responses: 26,
    models: [OPUS, HAIKU],
    agent: "tester",
    isOpen: true,
  },
];

export const sessionId = (index: number): string =>
  `5e55${String(index + 1).padStart(4, "0")}-0000-4000-8000-000000000000`;

/** Days summed by other programs: one from two programs, one with only a total, one that the ledger has as well. */
const days: readonly DayObservation[] = [
  {
    date: "2026-09-29",
    model: SONNET,
    provenance: "ccusage",
    ...part(900, 41_000, 210_000, 5_200_000),
    cost: 3_012_000_000,
  },
  { date: "2026-09-29", model: SONNET, provenance: "stats-cache", ...part(0, 0, 0, 0), unsplit: 4_000_000, cost: null },
  { date: "2026-09-30", model: OPUS, provenance: "stats-cache", ...part(0, 0, 0, 0), unsplit: 1_250_000, cost: null },
  { date: "2026-10-05", model: SONNET, provenance: "ccusage", ...part(1, 2, 3, 4), cost: 1_000_000 },
];

function part(input: number, output: number, cacheWrite: number, cacheRead: number) {
  return { input, output, cacheWrite, cacheRead, unsplit: 0 };
}

/** All observations of the sample's transcripts. */
export function sampleObservations(): Observation[] {
  return [
    ...plans.flatMap((plan, index) => observationsOf(plan, index)),
    ...days.map((body) => ({ kind: "day" as const, key: `day:${body.provenance}:${body.date}:${body.model}`, body })),
  ];
}

/** The observations of a planned session; `index` gives its id. */
export function observationsOf(plan: SessionPlan, index: number): Observation[] {
  const { project, branch, minutesApart = 4 } = plan;
  const place: Place = { session: sessionId(index), project, branch, agent: "" };
  const begin = Date.parse(plan.at);
  const timeOf = (turn: number): number => begin + turn * minutesApart * MINUTE + ((turn * 37) % 60) * 1_000;
  const turns = Array.from({ length: plan.responses }, (_, turn) => turn);
  const last = timeOf(plan.responses - 1);
  const session = { ...place, first: begin - 20_000, last, reason: plan.isOpen ? null : "closed", version: "2.1.300" };
  const action = (
    id: string,
    at: number,
    fields: Partial<ActionObservation> & Pick<ActionObservation, "action">,
  ): Observation => ({
    kind: "action",
    key: `action:${id}`,
    body: { ...noAction, ...place, at, ...fields },
  });
  return [
    ...turns.map((turn) => responseOf(plan, place, index, turn, timeOf(turn))),
    ...turns.flatMap((turn) => actionsOf(plan, `${index}-${turn}`, turn, timeOf(turn), action)),
    { kind: "session", key: `session:${place.session}`, body: session },
    ...(plan.link === undefined ? [] : [linkOf(plan.link, project, last, place.session, action)]),
  ];
}

function responseOf(plan: SessionPlan, place: Place, index: number, turn: number, at: number): Observation {
  const agent = plan.agent !== undefined && turn % 3 === 2 ? plan.agent : "";
  const cacheWrite = turn === 0 ? 24_000 + index * 500 : 900 + ((turn * 613) % 2_300);
  const isLong = agent === "" && turn % 2 === 0;
  const body: ResponseObservation = {
    ...place,
    agent,
    at,
    request: `req_${index}_${turn}`,
    model: plan.models[turn % plan.models.length] ?? "",
    copy: agent === "" ? 0 : 1,
    input: 4 + ((turn * 7) % 30),
    output: 180 + ((turn * 431 + index * 97) % 1_900),
    cacheWrite,
    cacheWrite5m: isLong ? 0 : cacheWrite,
    cacheWrite1h: isLong ? cacheWrite : 0,
    cacheRead: turn === 0 ? 0 : 20_000 + turn * 2_750,
    searches: turn === 5 ? 1 : 0,
    prompt: 0,
    speed: "standard",
    tier: "standard",
    region: "",
    cost: null,
    reasoning: null,
    isEstimated: false,
  };
  return { kind: "response", key: `response:msg_${index}_${turn}`, body };
}

const tools = ["Read", "Bash", "Edit", "Grep", "Bash", "Write"] as const;
const gits = ["commit", "push", "pr", "checkout"] as const;
type ActionOf = (
  id: string,
  at: number,
  fields: Partial<ActionObservation> & Pick<ActionObservation, "action">,
) => Observation;

/** The actions of one turn: a prompt before every fourth response, a tool use (every seventh fails), its file change or git operation. */
function actionsOf(plan: SessionPlan, id: string, turn: number, at: number, action: ActionOf): Observation[] {
  const name = tools[turn % tools.length] ?? "Read";
  const model = plan.models[turn % plan.models.length] ?? "";
  const ok = turn % 7 !== 6;
  const duration = name === "Bash" ? 1_200 + turn * 310 : name === "Grep" ? null : 15 + turn;
  const tool = `action:tool:${id}`;
  const found = [
    action(`tool:${id}`, at, { action: "tool", name, model, ok, duration, ended: at + (duration ?? 900) }),
  ];
  if (turn % 4 === 0)
    found.push(action(`prompt:${id}`, at - 15_000, { action: "prompt", name: "", length: 40 + turn * 11 }));
  if (ok && (name === "Edit" || name === "Write")) {
    const target = `${plan.project}/src/${["cart", "login", "export"][turn % 5] ?? "index"}.ts`;
    const change = {
      name: name === "Write" ? "create" : "update",
      added: 8 + turn,
      removed: name === "Write" ? 0 : turn % 9,
    };
    found.push(action(`file:${id}`, at, { action: "file", target, tool, ...change }));
  }
  if (name === "Bash" && turn % 2 === 0) {
    found.push(
      action(`git:${id}:0`, at, {
        action: "git",
        name: gits[(turn / 2) % gits.length] ?? "commit",
        model,
        target: "",
        tool,
      }),
    );
  }
  return found;
}

function linkOf(number: string, project: string, at: number, session: string, action: ActionOf): Observation {
  const target = `https://github.com/example/${project.split("/").at(-1)}/pull/${number}`;
  return action(`link:${session}:${target}`, at, { action: "link", name: "pr", target });
}
