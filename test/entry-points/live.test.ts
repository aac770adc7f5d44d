import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ISOLATED } from "../../src/utils/paths.ts";
import { until } from "../campaigns/e2e/checks.ts";
import { Screen } from "../campaigns/e2e/screen.ts";
import { isRunning } from "../running.ts";
import { entryPath, freshHome, type Home } from "./program.ts";

const WAIT_MS = 20_000;
const homes: Home[] = [];
afterAll(() => {
  for (const home of homes) home[Symbol.dispose]();
});

/** A home with a transcript. */
function homeWithUsage(): Home {
  const home = freshHome();
  homes.push(home);
  mkdirSync(join(home.path, ".claude/projects/-w"), { recursive: true });
  appendResponse(home, "msg_first", 1_000);
  return home;
}

const LIVE = [process.execPath, ...ISOLATED, entryPath("cli"), "live"].map((word) => `'${word}'`).join(" ");

/** A home and `live` in a new terminal, started by a shell so that the screen it leaves can be checked. */
function opened(columns: number, rows = 30, home = homeWithUsage()): { screen: Screen; home: Home } {
  const script = `echo before; ${LIVE}; echo "left with $?"; read -r line; echo "typed $line"; read -r line`;
  return { screen: screenOf(home, ["/bin/sh", "-c", script], columns, rows), home };
}

const screenOf = (home: Home, command: string[], columns: number, rows: number): Screen =>
  new Screen(command, { cwd: join(home.path, "project"), env: { ...home.env, TZ: "UTC" }, columns, rows });

/** Adds projects, so that their page is longer than a screen of 12 rows. */
function addProjects(home: Home): void {
  for (let index = 1; index <= 30; index++) appendResponse(home, `msg_${index}`, index * 1_000, `/w/project-${index}`);
}

/** Appends a new response with `tokens` cache-read tokens. */
function appendResponse(home: Home, id: string, tokens: number, cwd = "/w", model = "claude-opus-5-5"): void {
  const message = { id, model, usage: { input_tokens: tokens, output_tokens: 0 } };
  const line = {
    type: "assistant",
    sessionId: `s${cwd}`,
    cwd,
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
        screen.type("4");
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

  test("fits the screen with the notes below the first page", async () => {
    const home = homeWithUsage();
    appendResponse(home, "msg_estimated", 1_000, "/w", "claude-opus-41");
    const { screen } = opened(100, 30, home);
    try {
      expect(await screen.row(WAIT_MS, "Estimates: ")).not.toBeNull();
      expect(await screen.row(WAIT_MS, "q quit", "page")).not.toContain("lines");
    } finally {
      screen.close();
    }
  }, 60_000);

  test("shows new responses within seconds", async () => {
    const { screen, home } = opened(120);
    try {
      expect(await screen.row(WAIT_MS, "Today")).not.toBeNull();
      screen.type("2");
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

  test("scrolls a long page, and takes no key for the letters in its sequence", async () => {
    const home = homeWithUsage();
    addProjects(home);
    const { screen } = opened(80, 12, home);
    try {
      screen.type("6");
      expect(await screen.row(WAIT_MS, "lines 1-10 of")).not.toBeNull();
      screen.type("\x1b[6~");
      expect(await screen.row(WAIT_MS, "lines 10-19 of")).not.toBeNull();
      screen.type("\x1b[1;5C\x1bOP\x1b[15~\x1b[F");
      expect(await screen.row(WAIT_MS, "Total")).not.toBeNull();
      screen.type("\x1b[H");
      expect(await screen.row(WAIT_MS, "lines 1-10 of")).not.toBeNull();
      screen.type("m");
      expect(await screen.row(WAIT_MS, "30 days  lines")).not.toBeNull();
      screen.type("?");
      expect(await screen.row(WAIT_MS, "Keys")).not.toBeNull();
      screen.type("\x1b");
      expect(await screen.row(WAIT_MS, "lines 1-10 of")).not.toBeNull();
      screen.type("\x1b");
      expect(await screen.row(WAIT_MS, "Sessions at work")).not.toBeNull();
    } finally {
      screen.close();
    }
  }, 60_000);

  test("draws the screen again when the terminal changes its size", async () => {
    const { screen } = opened(80, 24);
    try {
      expect(await screen.row(WAIT_MS, "Sessions at work")).not.toBeNull();
      screen.resize(200, 50);
      expect(await screen.row(WAIT_MS, "Limits", "Sessions at work", "Projects")).not.toBeNull();
      screen.resize(40, 10);
      expect(await screen.row(WAIT_MS, "q quit")).not.toBeNull();
      expect((await screen.lines()).length).toBe(10);
      expect((await screen.lines()).at(-1)).toContain("q quit");
    } finally {
      screen.close();
    }
  }, 60_000);

  test("stops on Ctrl-Z with the terminal restored, and goes on after fg", async () => {
    const home = homeWithUsage();
    const screen = screenOf(home, ["/bin/sh", "-i"], 80, 24);
    try {
      screen.type(`${LIVE}\r`);
      expect(await screen.row(WAIT_MS, "Sessions at work")).not.toBeNull();
      screen.type("\x1a");
      expect(await screen.row(WAIT_MS, "Stopped")).not.toBeNull();
      expect(await screen.row(0, "Sessions at work")).toBeNull();
      screen.type("stty -a | grep -q ' icanon' && expr 20 + 22\r");
      expect(await until(WAIT_MS, async () => (await screen.lines()).includes("42"))).toBe(true);
      screen.type("fg\r");
      expect(await screen.row(WAIT_MS, "Sessions at work")).not.toBeNull();
      screen.type("4");
      expect(await screen.row(WAIT_MS, "Date")).not.toBeNull();
      screen.type("q");
      expect(await screen.row(WAIT_MS, "Stopped")).not.toBeNull();
    } finally {
      screen.close();
    }
  }, 60_000);

  test("ends when the process that started it is killed", async () => {
    const { screen } = opened(80, 24);
    try {
      expect(await screen.row(WAIT_MS, "Today")).not.toBeNull();
      const pid = processOf(screen);
      screen.child.kill("SIGKILL");
      expect(await until(WAIT_MS, () => !isRunning(pid))).toBe(true);
    } finally {
      screen.close();
    }
  }, 60_000);

  test("shows that the ledger is locked by another program, and goes on when it no longer is", async () => {
    const { screen, home } = opened(100);
    try {
      expect(await screen.row(WAIT_MS, "Today")).not.toBeNull();
      using database = new Database(join(home.path, ".claude/pets/ledger.db"));
      database.run("BEGIN IMMEDIATE");
      appendResponse(home, "msg_later", 123_456);
      expect(await screen.row(WAIT_MS, "Not read since", "another process is using")).not.toBeNull();
      expect(await screen.row(WAIT_MS, "Sessions at work")).not.toBeNull();
      database.run("ROLLBACK");
      expect(await screen.row(WAIT_MS, "Today", "124k")).not.toBeNull();
      expect(await screen.row(0, "Not read since")).toBeNull();
    } finally {
      screen.close();
    }
  }, 60_000);

  test("refuses to run without a terminal and says what to use instead", async () => {
    using home = freshHome();
    const { code, err } = await home.run("cli", ["live"]);
    expect({ code, err: err.split("\n")[0] }).toEqual({ code: 2, err: "pawprint: live needs a terminal" });
  });
});

test("a report fits the width of its terminal", async () => {
  const home = homeWithUsage();
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
