import type { RecorderOutcome } from "../../monitoring/Recorder.ts";
import type { Context } from "../contract.ts";
import type { FirstRun } from "./contract.ts";
import { DemoMachine } from "./demo-machine.ts";
import { Page } from "./page.ts";
import { recordedVersion } from "./recorded.ts";
import { steps } from "./steps.ts";

/** Captures once, and shows what comes of it, step by step; in a terminal the user asks for each next step. */
export async function run(first: FirstRun, introduction: readonly string[]): Promise<void> {
  const page = new Page(first.context);
  for (const sentences of introduction) page.introduction(sentences);
  for (const problem of problemsOf(await first.capture())) page.introduction(problem);
  for (const [index, { title, show }] of steps.entries()) {
    page.heading(`${index + 1}  ${title}`);
    await show(first, page);
    if (index < steps.length - 1 && (await hasLeft(first.context, index + 2))) return;
  }
}

/** Whether the user leaves instead of seeing the next step. */
async function hasLeft({ ask }: Context, next: number): Promise<boolean> {
  const answer = await ask?.(`Enter: step ${next} of ${steps.length}; q and Enter: leave`);
  return answer?.trim().toLowerCase().startsWith("q") ?? false;
}

/** Runs everything on recorded answers in a temporary folder, which is removed. `introduction` comes before that sentence. */
export async function runDemo(context: Context, introduction: readonly string[] = []): Promise<void> {
  using machine = new DemoMachine(context);
  await run(machine, [
    ...introduction,
    "This is a demo on a recorded answer; nothing is read from or written to your home.",
    `The answer is that of Claude Code ${recordedVersion} with a Max plan, its times moved to now; the sessions in the ` +
      "reports are samples. The demo runs in a temporary folder, which it removes.",
  ]);
}

/** Why nothing, or only a part, was recorded. */
function problemsOf(outcome: RecorderOutcome): string[] {
  if (outcome.result === "recorded") {
    const { failure = null } = outcome.answers ?? {};
    return failure ? [`Claude Code gave no usable answer: ${failure.reason}. See: pawprint doctor`] : [];
  }
  const why = outcome.result === "stopped" ? outcome.failure.message : "another worker is writing a record";
  return [`Nothing was recorded: ${why}. See: pawprint doctor`];
}
