import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { scrubEnvironment, secretValues } from "../../src/claude/redact-secrets.ts";
import { allowedDirectory, allowedEmail, redact, type Privacy } from "../../src/monitoring/redact.ts";
import { Harness, answers, session } from "./harness.ts";

const full: Privacy = { email: "full", cwd: "full", salt: "salt", home: "/home/user" };
const off: Privacy = { ...full, email: "off", cwd: "off" };

describe("directories", () => {
  const shown = (text: string, cwd: string, change: Partial<Privacy> = {}): string =>
    redact(text, cwd, { ...off, ...change });

  test.each(["/", "/home", "/home/", "/home/user", "/home/user/", "/home/user/work/proj", "/srv/other", ""])(
    "the home directory becomes ~ and URLs are unchanged, with the session in %j",
    (cwd) => {
      for (const mode of ["off", "basename"] as const) {
        const at = (text: string): string => shown(text, cwd, { cwd: mode });
        expect(at("/home/user/.claude/settings.json")).toBe("~/.claude/settings.json");
        expect(at("file:///home/user")).toBe("file://~");
        expect(at("https://api.anthropic.com/v1")).toBe("https://api.anthropic.com/v1");
        expect(at("/home/user2/x and /home/user-b")).toBe(
          cwd.startsWith("/home") && !cwd.startsWith("/home/user")
            ? `${mode === "off" ? "[cwd]" : "home"}/user2/x and ${mode === "off" ? "[cwd]" : "home"}/user-b`
            : "/home/user2/x and /home/user-b",
        );
      }
    },
  );

  test("the working directory is redacted completely, also in the names of Claude Code's folders", () => {
    const cwd = "/home/user/work/secret.plan";
    expect(shown(`${cwd}/src/a.ts`, cwd)).toBe("[cwd]/src/a.ts");
    expect(shown(`${cwd}/src/a.ts`, cwd, { cwd: "basename" })).toBe("secret.plan/src/a.ts");
    expect(shown("/home/user/.claude/projects/-home-user-work-secret-plan/t.jsonl", cwd)).toBe(
      "~/.claude/projects/[cwd]/t.jsonl",
    );
    expect(shown("/x/projects/-home-user-other/t.jsonl", cwd)).toBe("/x/projects/~-other/t.jsonl");
    expect(shown(`${cwd}-2/x`, cwd)).toBe("~/work/secret.plan-2/x");
  });

  test("a home directory behind a link is redacted under both of its paths", () => {
    const home = { home: "/home/user", realHome: "/data/people/user" };
    for (const cwd of ["/data/people/user/work", "/home/user/work", "/srv/x", "/data/people/user"]) {
      expect(shown("/data/people/user/.claude/a.json", cwd, home)).toBe("~/.claude/a.json");
      expect(shown("/home/user/.claude/a.json", cwd, home)).toBe("~/.claude/a.json");
    }
    expect(allowedDirectory("/data/people/user", { ...home, cwd: "basename" })).toBe("~");
    expect(shown("/data/people/user/work/a", "/data/people/user/work", home)).toBe("[cwd]/a");
  });

  test("Windows paths are redacted with either slash, with doubled backslashes as in JSON, and in any case", () => {
    const privacy: Privacy = { ...off, home: "C:/Users/Ann" };
    for (const text of ["C:\\Users\\Ann\\x", "c:/users/ann/x", "C:\\\\Users\\\\Ann\\\\x"]) {
      expect(redact(text, "C:/Users/Ann/work", privacy)).toMatch(/^~[\\/]+x$/);
    }
    expect(redact("C:\\x", "C:\\", privacy)).toBe("C:\\x");
  });

  test("a directory is recorded as it is, as its last part, as ~ for the home directory, as / for the root, or not at all", () => {
    const as = (directory: string, cwd: Privacy["cwd"]): string | null => allowedDirectory(directory, { ...full, cwd });
    expect([as("/home/user/work", "full"), as("/home/user/work", "basename"), as("/home/user/work", "off")]).toEqual([
      "/home/user/work",
      "work",
      null,
    ]);
    expect([as("/home/user", "basename"), as("/home/user/", "basename"), as("/", "basename")]).toEqual(["~", "~", "/"]);
  });
});

describe("e-mail addresses", () => {
  const shown = (text: string, email: Privacy["email"] = "off"): string => redact(text, null, { ...full, email });

  test.each([
    "dev.name@example.com",
    "DEV+tag@sub.example.co.uk",
    "root@localhost",
    "admin@intranet",
    "user2@münchen.example",
    "用户@例子.公司",
    "user@xn--mnchen-3ya.example",
    "x@163.com",
    "ops@10.0.0.7",
    "o'brien@example.com",
    "first_last%40example.com",
    "name＠example.com",
    "user@[192.168.0.1]",
    "user@[IPv6:2001:db8::1]",
    "name&#64;example.com",
    "name&#x40;example.com",
    "name\\u0040example.com",
    '"Jane Doe"@example.com',
  ])("%s is redacted in any context", (address) => {
    for (const [before, behind] of [
      ["", ""],
      ["<", ">"],
      ["mailto:", ", "],
      ["Email: ", "."],
      ['"', '"'],
      ["user=", "&x=1"],
      ["/u/", "/inbox"],
      ["(", ")"],
      ["日本 ", "。"],
    ] as const) {
      expect(shown(`${before}${address}${behind}`)).toBe(`${before}[email]${behind}`);
    }
  });

  test("are redacted in keys too, and two of them stay two fields", () => {
    const answer = {
      by_member: { "a@example.com": 1, "b@example.com": 2 },
      list: [{ "c@example.com": "d@example.com" }],
    };
    expect(redact(answer, null, off)).toEqual({
      by_member: { "[email]": 1, "[email] (2)": 2 },
      list: [{ "[email]": "[email]" }],
    } as never);
    expect(JSON.stringify(redact(answer, null, full))).toBe(JSON.stringify(answer));
  });

  test("package versions, scopes and mentions are not redacted", () => {
    for (const text of [
      "claude-code@2.1.332",
      "npx -y ccstatusline@latest",
      "claude-opus-4-6@default",
      "claude-opus-4-5@20251101",
      "@anthropic-ai/claude-code",
      "a @ b",
      "x@1.0.0-beta.2",
      "@",
      "user@",
    ]) {
      expect(shown(text)).toBe(text);
    }
  });

  test("have the same hash in any case and encoding", () => {
    const hash = allowedEmail("dev@example.com", { email: "hash", salt: "salt" }) ?? "";
    expect(shown("DEV@Example.com dev%40example.com", "hash")).toBe(`${hash} ${hash}`);
  });

  test("are redacted in generated texts, and long repetitive texts are processed in linear time", () => {
    const label = fc.stringMatching(/^[a-zäé日][a-z0-9äé日]{0,12}$/);
    const address = fc.tuple(label, label, label).map(([local, host, top]) => `${local}@${host}.${top}`);
    const gap = fc.constantFrom(" ", ", ", "\n", '"', "<", ">", "/", "=", "(", ": ");
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, address, gap)), (parts) => {
        const text = shown(parts.flat().join(""));
        for (const [, one] of parts) expect(text).not.toContain(one);
      }),
    );
    for (const piece of [
      "a",
      "@",
      "a@",
      "%40",
      "a.",
      "@a.",
      "é@",
      "://",
      "eyJ",
      "eyJaaaaaaaa-",
      "sk-",
      "token=",
      "Bearer ",
      "-----BEGIN PRIVATE KEY-----",
      "a%40",
    ]) {
      // With a scan from each position this would not finish.
      shown(piece.repeat(400_000 / piece.length));
    }
    for (const end of [".", "-", "。"]) shown(`a@b${end.repeat(400_000)}c`);
  }, 20_000);
});

describe("secrets in usable answers", () => {
  const secrets: readonly (readonly [text: string, secret: string])[] = [
    ["Key: sk-ant-api03-AbC_dEf-0123456789", "AbC_dEf"],
    ["OPENAI sk-proj-abcdefghijklmnop", "abcdefghijklmnop"],
    ["Authorization: Bearer abc.def-123456", "abc.def-123456"],
    ["basic dXNlcjpwYXNzMTIz", "dXNlcjpwYXNzMTIz"],
    ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJzdWIiOiIxIn0"],
    ["AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"],
    ["ghp_0123456789abcdefABCDEF0123456789abcd", "0123456789abcdef"],
    ["github_pat_11AAAAAAA0123456789_abcdefgh", "11AAAAAAA0123456789"],
    ["xoxb-123456789012-abcdef", "123456789012"],
    ["AIzaSyA0123456789abcdefghijklmnopqrstuv", "SyA0123456789"],
    ["glpat-0123456789abcdefghij", "0123456789abcdefghij"],
    ["proxy http://ann:hunter2@proxy.example:8080/", "hunter2"],
    ["proxy http://ann:p@ss@proxy.example:8080/", "p@ss"],
    ["https://0123456789abcdef@github.com/x", "0123456789abcdef"],
    ["postgres://ann:pa:ss@db/x", "pa:ss"],
    ["env ANTHROPIC_AUTH_TOKEN=abcd1234efgh", "abcd1234efgh"],
    ["https://x.example/?api_key=abcd1234efgh&y=1", "abcd1234efgh"],
    ["x-api-key: abcd1234efgh", "abcd1234efgh"],
    ["--password=letmein", "letmein"],
    ["-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", "MIIabc"],
  ];
  test.each(secrets)("%j is redacted in values and keys with any settings", (text, secret) => {
    for (const privacy of [full, off]) {
      expect(redact(text, null, privacy)).not.toContain(secret);
      expect(JSON.stringify(redact({ [text]: [text] }, null, privacy))).not.toContain(secret);
    }
  });

  test("are redacted by the name of their field, or by the label of their row in get_status", () => {
    const answer = {
      apiKey: "abcd1234efgh",
      access_token: "abcd1234efgh",
      clientSecret: "abcd1234efgh",
      password: "letmein",
      rows: [{ label: "Auth token", value: "abcd1234efgh" }],
    };
    expect(JSON.stringify(redact(answer, null, full))).not.toMatch(/abcd1234efgh|letmein/);
  });

  test("are redacted anywhere if they are values of secret variables", () => {
    const env = { ANTHROPIC_API_KEY: "plain words 7", PATH: "/usr/bin:/bin" };
    expect(scrubEnvironment(env)).toBeObject();
    const privacy = { ...full, secrets: secretValues(env) };
    expect(redact({ a: "uses plain words 7 here" }, null, privacy)).toEqual({ a: "uses [secret] here" });
  });

  test("do not include ids, hashes, models, names of variables, numbers or ordinary words, which stay unchanged", () => {
    const answer = {
      session_id: "5b1d2c3e-0000-4000-8000-00000000abcd",
      commit: "0123456789abcdef0123456789abcdef01234567",
      model: "claude-opus-4-5-20251101",
      apiKeySource: "ANTHROPIC_API_KEY",
      tokens: 5,
      rows: [
        { label: "API key", value: "ANTHROPIC_API_KEY" },
        { label: "Auth token", value: "none" },
        { label: "Login method", value: "Claude Max account" },
        { label: "Anthropic base URL", value: "https://gateway.example:8443/v1?x=1#y" },
      ],
      doctor:
        "max_tokens=4096, CLAUDE_CODE_MAX_OUTPUT_TOKENS=32000; Basic authentication; risk-based task-force; npm-global",
      text: "the token budget is 30,000; API key: not set; token: $TOKEN",
    };
    expect(redact(answer, null, full)).toEqual(answer);
  });

  test("are redacted without a stack overflow in a very deeply nested answer, which is cut", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 50_000; level++) deep = [deep];
    expect(JSON.stringify(redact({ deep }, null, off))).toContain("[too deep]");
  });

  test("are redacted in all records, also in values from stdin", async () => {
    using harness = new Harness();
    const usage = { by_member: { "dev@example.com": 1 }, proxy: "http://ann:hunter2@proxy/", rate_limits: {} };
    harness.reply = { ...answers, usage: { source: "control", data: usage } };
    const given = { rate_limits: { five_hour: { used_percentage: 1 }, owner: "root@localhost" } };
    await harness.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-1", { ...given, cwd: "/" }));
    const text = JSON.stringify([harness.lines("usage"), harness.lines("status"), harness.lines("diagnostics")]);
    expect(text).not.toMatch(/dev@example|hunter2|root@localhost|dummy@example/);
    expect(text).toContain('"[email]":1');
  });
});
