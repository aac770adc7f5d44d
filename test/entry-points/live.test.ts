import { afterAll, describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ISOLATED } from "../../src/utils/paths.ts";
import { Screen } from "../campaigns/e2e/screen.ts";
import { entryPath, freshHome, type Home } from "./program.ts";

const WAIT_MS = 20_000;
const homes: Home[] = [];
afterAll(() => {
  for (const home of homes) home[Symbol.dispose]();
});

/** A home with transcripts, and `live` in a new terminal, started by a shell so that the screen it leaves can be checked. */
function opened(columns: number, rows = 30): { screen: Screen; home: Home } {
  const home = freshHome();
  homes.push(home);
  mkdirSync(join(home.path, ".claude/projects/-w"), { recursive: true });
  appendResponse(home, "msg_first", 1_000);
  const live = [process.execPath, ...ISOLATED, entryPath("cli"), "live"].map((word) => `'${word}'`).join(" ");
  const screen = new Screen(
    ["/bin/sh", "-c", `echo before; ${live}; echo "left with $?"; read -r line; echo "typed $line"; read -r line`],
    {
      cwd: join(home.path, "project"),
      env: { ...home.env, TZ: "UTC" },
      columns,
      rows,
    },
  );
  return { screen, home };
}

/** Appends a new response with `tokens` cache-read tokens. */
function appendResponse(home: Home, id: string, tokens: number): void {
  const message = { id, model: "claude-opus-5-5", usage: { input_tokens: tokens, output_tokens: 0 } };
  const line = {
    type: "assistant",
    sessionId: "s",
    cwd: "/w",
    timestamp: new Date(home.clock.now()).toISOString(),
    message,
  };
  appendFileSync(join(home.path, ".claude/projects/-w/s.jsonl"), `${JSON.stringify(line)}\n`);
}

/** Checks that the shell's screen is restored, with cursor and echo. */
async function expectRestored(screen: Screen): Promise<void> {
  expect(await screen.row(WAIT_MS, "left with 0")).not.toBeNull();
  expect(await screen.row(WAIT_MS, "before")).not.toBeNull();
  screen.type("hello\r");
  expect(await screen.row(WAIT_MS, "typed hello")).not.toBeNull();
}

/** The process id of the program that the shell runs. */
function processOf(screen: Screen): number {
  const children = readFileSync(`/proc/${screen.pid}/task/${screen.pid}/children`, "utf8");
  const pid = Number(children.trim().split(" ")[0]);
  if (pid <= 0) throw new Error("the screen has no process");
  return pid;
}

describe("pawprint live", () => {
  test.each([60, 100, 200])(
    "shows pages in %d columns, switches them by keys, and restores the terminal",
    async (columns) => {
      const { screen } = opened(columns);
      try {
        expect(await screen.row(WAIT_MS, "Today")).not.toBeNull();
        screen.type("3");
        expect(await screen.row(WAIT_MS, "Date")).not.toBeNull();
        screen.type("\x1b[C");
        expect(await screen.row(WAIT_MS, "Window")).not.toBeNull();
        screen.type("q");
        await expectRestored(screen);
      } finally {
        screen.close();
      }
    },
    60_000,
  );

  test("shows new responses within seconds", async () => {
    const { screen, home } = opened(120);
    try {
      expect(await screen.row(WAIT_MS, "Today")).not.toBeNull();
      appendResponse(home, "msg_later", 123_456);
      expect(await screen.row(WAIT_MS, "Today", "124,456")).not.toBeNull();
    } finally {
      screen.close();
    }
  }, 60_000);

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "restores the terminal on %s",
    async (signal) => {
      const { screen } = opened(100);
      try {
        expect(await screen.row(WAIT_MS, "Today")).not.toBeNull();
        process.kill(processOf(screen), signal);
        await expectRestored(screen);
      } finally {
        screen.close();
      }
    },
    60_000,
  );

  test("refuses to run without a terminal and says what to use instead", async () => {
    using home = freshHome();
    const { code, err } = await home.run("cli", ["live"]);
    expect({ code, err: err.split("\n")[0] }).toEqual({ code: 2, err: "pawprint: live needs a terminal" });
  });
});

test("a report fits the width of its terminal", async () => {
  const home = freshHome();
  homes.push(home);
  mkdirSync(join(home.path, ".claude/projects/-w"), { recursive: true });
  appendResponse(home, "msg_first", 1_000);
  const screen = new Screen([process.execPath, ...ISOLATED, entryPath("cli"), "daily"], {
    cwd: join(home.path, "project"),
    env: { ...home.env, TZ: "UTC" },
    columns: 40,
    rows: 20,
  });
  try {
    // With the width used without a terminal, head and row would each take two rows.
    expect(await screen.row(WAIT_MS, "Date")).toMatch(/Date .* Cost$/);
  } finally {
    screen.close();
  }
});
