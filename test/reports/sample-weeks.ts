import type { Observation } from "../../src/model/observation.ts";
import { NOW } from "./sample.ts";
import { HAIKU, observationsOf, OPUS, type SessionPlan, SONNET } from "./sample-work.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WEEKS = 6;
const PROJECTS = ["/home/ada/work/web-shop", "/home/ada/work/payments-api", "/home/ada/notes"] as const;
const BRANCHES = ["main", "feat/search", "fix/checkout"] as const;
const MODELS: readonly (readonly string[])[] = [
  [OPUS],
  [OPUS, OPUS, SONNET],
  [SONNET, SONNET, HAIKU],
  [SONNET],
  [OPUS, HAIKU],
];
/** Hours of the local clock at which sessions begin, and the time from UTC in these weeks. */
const HOURS = [9, 10, 11, 14, 15, 17, 21] as const;
const UTC_OFFSET_HOURS = 1;

/** Six weeks of one person's work up to the sample's time: three projects, three models, less at weekends, a session still open. */
export function sampleWeeks(): Observation[] {
  const random = numbers(11);
  const plans: SessionPlan[] = [];
  for (let day = WEEKS * 7; day >= 1; day--) {
    const midnight = Math.floor(NOW / DAY_MS) * DAY_MS - day * DAY_MS;
    const isWeekend = [0, 6].includes(new Date(midnight).getUTCDay());
    const sessions = isWeekend ? random(2) : 2 + random(3);
    for (let session = 0; session < sessions; session++) {
      const start = (pick(HOURS, random) - UTC_OFFSET_HOURS) * 60 + random(50);
      plans.push({ ...planOf(random), at: timeText(midnight + start * MINUTE_MS), responses: 12 + random(80) });
    }
  }
  const early = { project: PROJECTS[1], branch: "main", models: [OPUS], responses: 24, minutesApart: 2 };
  plans.push({ ...early, at: timeText(NOW - 170 * MINUTE_MS) });
  const open = { project: PROJECTS[0], branch: "feat/search", models: [OPUS, OPUS, SONNET], isOpen: true } as const;
  plans.push({ ...open, at: timeText(NOW - 95 * MINUTE_MS), responses: 46, minutesApart: 2 });
  return plans.flatMap((plan, index) => observationsOf(plan, index));
}

function planOf(
  random: (below: number) => number,
): Pick<SessionPlan, "project" | "branch" | "models" | "minutesApart"> {
  const project = PROJECTS[[0, 0, 0, 1, 1, 2][random(6)] ?? 0] ?? PROJECTS[0];
  return { project, branch: pick(BRANCHES, random), models: pick(MODELS, random), minutesApart: 1 + random(3) };
}

const pick = <T>(items: readonly T[], random: (below: number) => number): T => items[random(items.length)] as T;

const timeText = (ms: number): string => new Date(ms).toISOString();

/** Whole numbers below a bound, the same ones for the same seed: the high bits of a linear congruential generator. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
