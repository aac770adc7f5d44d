import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rmdirSync } from "node:fs";
import answer from "../fixtures/control/oauth-seed.get_usage.json";
import { quotasOf } from "../../src/model/quota.ts";
import {
  argumentsOf,
  type Invocation,
  invocations,
  linesOf,
  type ControlRequest,
  requests,
} from "../../src/claude/program.ts";
import { fakeClaude, removeTemporaries, workingPieces } from "./fake-claude.ts";

setDefaultTimeout(20_000);
afterAll(removeTemporaries);
const USAGE = { usage: true, status: false };
const STATUS = { usage: false, status: true };
const GUARD = "--safe-mode --no-session-persistence";

describe("the closed list of argument lists", () => {
  const allowed = {
    control: `${GUARD} -p --input-format stream-json --output-format stream-json --verbose`,
    usage: `${GUARD} -p /usage`,
    auth: `${GUARD} auth status`,
    doctor: `${GUARD} doctor`,
    version: "--version",
  };

  test("has exactly these arguments and requests", () => {
    expect(Object.fromEntries(Object.entries(invocations).map(([name, list]) => [name, list.join(" ")]))).toEqual(
      allowed,
    );
    expect(requests).toEqual({
      get_usage: {
        type: "control_request",
        request_id: "get_usage",
        request: { subtype: "get_usage", skip_behaviors: true },
      },
      get_status: { type: "control_request", request_id: "get_status", request: { subtype: "get_status" } },
    });
  });

  test.each(["status", "usage ", "/doctor", "-p", "constructor", "__proto__", ""])(
    "refuses %p, which is not on it",
    (name) => {
      expect(() => argumentsOf(name as Invocation)).toThrow("is not on the list");
      expect(() => linesOf([name as ControlRequest])).toThrow("is not on the list");
    },
  );

  test("cannot be changed by a caller", () => {
    argumentsOf("auth").push("--dangerous");
    expect(argumentsOf("auth").join(" ")).toBe(allowed.auth);
  });

  test("is all that is ever started, also when the program fails", async () => {
    const programs = [
      fakeClaude(),
      fakeClaude({ control: "exit 1" }),
      fakeClaude({ control: "echo '{}'", usage: "echo what", auth: "exit 2", doctor: "echo no" }),
    ];
    for (const program of programs) {
      await program.ask();
      for (const start of program.starts()) expect(Object.values(allowed)).toContain(start);
      for (const line of program.file("stdin").split("\n").filter(Boolean))
        expect(Object.values(requests)).toContainEqual(JSON.parse(line));
    }
  });
});

describe("a working program", () => {
  test("gives usage and status, one process after the other", async () => {
    const program = fakeClaude();
    const { usage, status, failure, wallMs } = await program.ask();
    expect(failure).toBeNull();
    expect(usage).toEqual({ source: "control", data: answer });
    expect(status).toMatchObject({
      get_status: { sections: [{ title: "Session" }, { title: "Environment" }] },
      auth_status: { loggedIn: true, email: "dev@example.com" },
      doctor: expect.stringContaining("Running: npm-global (2.1.328)"),
    });
    expect(program.starts().map((start) => start.replace(`${GUARD} `, ""))).toEqual([
      "-p --input-format stream-json --output-format stream-json --verbose",
      "auth status",
      "doctor",
    ]);
    expect(program.file("end")).toBe("closed\n");
    expect(wallMs).toBeWithin(1, 10_000);
  });

  test("is started once and gets one request if only usage is requested", async () => {
    const program = fakeClaude();
    const { usage, status } = await program.ask(USAGE);
    expect(quotasOf(usage?.data).map(({ percent }) => percent)).toEqual(quotasOf(answer).map(({ percent }) => percent));
    expect(status).toBeNull();
    expect(program.starts()).toHaveLength(1);
    expect(program.file("stdin")).toBe(linesOf(["get_usage"]));
  });

  test("is not started if nothing is requested", async () => {
    const program = fakeClaude();
    expect(await program.ask({ usage: false, status: false })).toMatchObject({
      usage: null,
      status: null,
      failure: null,
    });
    expect(program.starts()).toEqual([]);
  });

  test("may answer slowly, in pieces, and without a final newline", async () => {
    const control = `read -r line; head -c 700 "$FAKE/usage"; sleep 0.2; tail -c +701 "$FAKE/usage" | tr -d '\\n'; exec >&-; cat`;
    const { usage, failure } = await fakeClaude({ control }).ask(USAGE);
    expect(failure).toBeNull();
    expect(usage).toEqual({ source: "control", data: answer });
  });

  test("may print other lines in between, and on stderr", async () => {
    const control = `echo warning >&2; echo '[1'; echo '{"type":"control_response"}'; echo '{"type":"control_response","response":{"request_id":"x","subtype":"success","response":{}}}'; ${workingPieces.control}`;
    expect((await fakeClaude({ control }).ask(USAGE)).usage?.source).toBe("control");
  });

  test("is terminated if it keeps running after its answers, which is not a failure", async () => {
    const program = fakeClaude({ control: `cat "$FAKE/usage"; sleep 60` });
    const { usage, failure, wallMs } = await program.ask(USAGE);
    expect({ usage: usage?.source, failure }).toEqual({ usage: "control", failure: null });
    expect(wallMs).toBeWithin(1_500, 6_000);
    expect(program.leftProcesses()).toEqual([]);
  });

  test("may be signed out, which auth status reports with exit status 1", async () => {
    const { status, failure } = await fakeClaude({ auth: `echo '{"loggedIn":false}'; exit 1` }).ask(STATUS);
    expect({ auth: status?.auth_status, failure }).toEqual({ auth: { loggedIn: false }, failure: null });
  });
});

describe("older programs", () => {
  const refusal = `{"type":"control_response","response":{"subtype":"error","request_id":"get_usage","error":"Unsupported control request subtype: get_usage"}}`;

  test("that do not support get_usage are queried with the text of /usage", async () => {
    const program = fakeClaude({ control: `cat > /dev/null & echo '${refusal}'` });
    const { usage, failure } = await program.ask(USAGE);
    expect(usage?.source).toBe("text");
    expect(usage?.data["text"]).toStartWith("You are currently using your subscription");
    expect(quotasOf(usage?.data).map(({ key, percent }) => [key, percent])).toEqual([
      ["five_hour", 42],
      ["seven_day", 17],
      ["model:Fable", 9],
      ["model:Sonnet", 5],
    ]);
    expect(failure).toEqual({ reason: "get_usage: Unsupported control request subtype: get_usage", raw: null });
  });

  test("without limits give only the text", async () => {
    const { usage } = await fakeClaude({ control: "exit 0", usage: "echo 'Estimated cost: $0.0000'" }).ask(USAGE);
    expect(usage).toEqual({ source: "text", data: { text: "Estimated cost: $0.0000\n", rate_limits: null } });
  });

  test("that do not support get_status, such as 2.1.170, still answer auth status", async () => {
    const unknown = refusal.replaceAll("get_usage", "get_status");
    const { status, failure } = await fakeClaude({
      control: `cat "$FAKE/usage"; echo '${unknown}'`,
      doctor: "true",
    }).ask();
    expect(status).toEqual({
      get_status: null,
      auth_status: { loggedIn: true, email: "dev@example.com" },
      doctor: null,
    });
    expect(failure).toBeNull();
  });

  test("whose doctor needs a terminal, such as 2.0.55, give no report", async () => {
    const doctor = `printf '\\033[?2026h\\n  ERROR Raw mode is not supported on the current process.stdin\\n - Read about how\\n'; exit 1`;
    const { status, failure } = await fakeClaude({ doctor }).ask(STATUS);
    expect(status?.doctor).toBeNull();
    expect(failure?.reason).toBe("the report of doctor could not be parsed (exit status 1)");
    expect(failure?.raw).toContain("Raw mode is not supported");
  });

  test("that do not support --safe-mode are not started again", async () => {
    const program = fakeClaude({ control: `echo "error: unknown option '--safe-mode'" >&2; exit 1` });
    const { usage, status, failure } = await program.ask();
    expect({ usage, status, reason: failure?.reason }).toEqual({
      usage: null,
      status: null,
      reason: "claude is too old to be queried safely: 2.1.169 or newer is needed",
    });
    expect(program.starts()).toHaveLength(1);
  });
});

describe("a program that fails", () => {
  test("by printing garbage gives a failure with the start of its output, without secrets", async () => {
    const nonsense = `Login as dev@example.com with sk-ant-oat01-abc and {"accessToken":"opensesame"} or my-own-secret-value. `;
    const program = fakeClaude({
      control: `printf '%s' '${nonsense.repeat(100)}'`,
      usage: "echo Hello, I am a model.",
    });
    const { usage, failure } = await program.ask(USAGE, { env: { SOME_TOKEN: "my-own-secret-value" } });
    expect(usage).toBeNull();
    expect(failure?.reason).toBe("no usable response to get_usage");
    expect(failure?.raw).toStartWith('Login as [e-mail] with [secret] and {"accessToken":"[secret]"} or [secret].');
    expect(failure?.raw?.length).toBeLessThanOrEqual(4_096);
  });

  test("by exiting with an error gives a failure with its exit status and stderr", async () => {
    const program = fakeClaude({
      control: "echo broken >&2; exit 7",
      usage: "exit 7",
      auth: "exit 7",
      doctor: "exit 7",
    });
    const { usage, status, failure } = await program.ask();
    expect({ usage, status }).toEqual({ usage: null, status: null });
    expect(failure).toEqual({ reason: "no usable response to get_usage (exit status 7)", raw: "broken" });
    expect(program.starts()).toHaveLength(4);
  });

  test.each([
    "yes 'a line of output'",
    "yes 'a line of output' >&2",
    "yes x | tr -d '\\n'",
    "head -c 9000000 /dev/zero",
  ])("by printing too much is stopped: %s", async (control) => {
    const program = fakeClaude({ control, usage: "exit 1" });
    const { usage, failure } = await program.ask(USAGE, { maxBytes: 300_000 });
    expect(usage).toBeNull();
    expect(failure?.reason).toBe("more than 300000 bytes of output");
    expect(program.leftProcesses()).toEqual([]);
  });

  test("by printing nothing is stopped at the timeout", async () => {
    const program = fakeClaude({ control: "cat > /dev/null; sleep 1000" });
    const { usage, status, failure, wallMs } = await program.ask(undefined, { timeoutMs: 700 });
    expect({ usage, status, failure }).toEqual({
      usage: null,
      status: null,
      failure: { reason: "no answer within 0.7 s", raw: null },
    });
    expect(wallMs).toBeWithin(650, 3_000);
    expect(program.leftProcesses()).toEqual([]);
  });

  test("after some answers keeps those that came before the timeout", async () => {
    const program = fakeClaude({ doctor: "sleep 1000" });
    const { usage, status, failure } = await program.ask(undefined, { timeoutMs: 1_500 });
    expect(usage?.source).toBe("control");
    expect(status).toMatchObject({ auth_status: { loggedIn: true }, doctor: null });
    expect(failure?.reason).toBe("no answer within 1.5 s");
    expect(program.leftProcesses()).toEqual([]);
  });

  test("by closing its output is terminated", async () => {
    const program = fakeClaude({ control: "exec >&- 2>&-; sleep 1000", usage: "exit 1" });
    const { failure, wallMs } = await program.ask(USAGE);
    expect(failure?.reason).toStartWith("no usable response to get_usage");
    expect(wallMs).toBeWithin(1_500, 8_000);
    expect(program.leftProcesses()).toEqual([]);
  });

  test("to start gives a failure with the system's error", async () => {
    const options = fakeClaude();
    const { CommandExecutor } = await import("../../src/monitoring/CommandExecutor.ts");
    const ask = (program: string, directory: string) =>
      new CommandExecutor({
        program,
        directory,
        env: {},
        clock: { now: () => 0, sleep: () => Promise.resolve() },
      }).ask({ usage: true, status: true });
    const missing = await ask("/nowhere/claude", options.directory);
    expect(missing.failure?.reason).toMatch(/^\/nowhere\/claude could not be started: .*ENOENT/);
    expect((await ask("/etc/passwd", options.directory)).failure?.reason).toContain("EACCES");
    rmdirSync(options.directory);
    expect(await ask(options.program, options.directory)).toMatchObject({
      usage: null,
      status: null,
      failure: { raw: null },
    });
    expect(options.starts()).toEqual([]);
  });
});
