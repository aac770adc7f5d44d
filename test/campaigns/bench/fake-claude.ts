// A stand-in for `claude` that answers the requests of a capture at once, always the same; started by a wrapper that
// claude.ts writes.

import { CLAUDE_VERSION } from "../e2e/claude.ts";

const RESETS_MS = { fiveHour: 8_220_000, weekly: 363_600_000 };

const resets = (ms: number): string => new Date(Date.now() + ms).toISOString();

function usage(): object {
  const fiveHour = { utilization: 42, resets_at: resets(RESETS_MS.fiveHour) };
  const weekly = { utilization: 17, resets_at: resets(RESETS_MS.weekly) };
  const model = { display_name: "Fable", id: "claude-fable-1" };
  const scoped = { kind: "weekly_scoped", group: "weekly", percent: 9, resets_at: weekly.resets_at, scope: { model } };
  return {
    session: { total_cost_usd: 0 },
    subscription_type: "max",
    rate_limits_available: true,
    rate_limits: { five_hour: fiveHour, seven_day: weekly, limits: [scoped] },
    behaviors: null,
  };
}

function status(): object {
  const rows = [
    { label: "Version", value: CLAUDE_VERSION },
    { label: "Email", value: "dev@example.com" },
  ];
  return { sections: [{ title: "Session", rows }] };
}

async function answerRequests(): Promise<void> {
  const answers: Record<string, () => object> = { get_usage: usage, get_status: status };
  for await (const line of console) {
    if (line === "") continue;
    const { request_id, request } = JSON.parse(line) as { request_id: string; request: { subtype: string } };
    const response = answers[request.subtype]?.();
    const subtype = response ? "success" : "error";
    console.log(JSON.stringify({ type: "control_response", response: { subtype, request_id, response } }));
  }
}

/** Behaves like `claude` with these arguments and returns its exit status. */
export async function answer(args: string): Promise<number> {
  if (args.includes("stream-json")) await answerRequests();
  else if (args === "--version") console.log(`${CLAUDE_VERSION} (Claude Code)`);
  else if (args.startsWith("auth status")) {
    const account = { loggedIn: true, authMethod: "claude.ai", email: "dev@example.com", subscriptionType: "max" };
    console.log(JSON.stringify(account));
  } else if (args === "doctor") {
    console.log(`Claude Code doctor\n\nRunning: npm-global (${CLAUDE_VERSION})\nConfig install method: unknown\n`);
    console.log("No installation issues found.");
  } else return 1;
  return 0;
}

process.exit(await answer(Bun.argv.slice(2).join(" ")));
