import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { scrubEnvironment, secretValues } from "../../src/monitoring/claude/scrub.ts";
import { cwdAs, emailAs, hide, type Privacy } from "../../src/monitoring/privacy.ts";
import { Desk, answers, session } from "./desk.ts";

const full: Privacy = { email: "full", cwd: "full", salt: "salt", home: "/home/user" };
const off: Privacy = { ...full, email: "off", cwd: "off" };

describe("directories", () => {
  const shown = (text: string, cwd: string, change: Partial<Privacy> = {}): string =>
    hide(text, cwd, { ...off, ...change });

  test.each(["/", "/home", "/home/", "/home/user", "/home/user/", "/home/user/work/proj", "/srv/other", ""])(
    "the home directory is ~ and addresses keep their slashes, with the session in %j",
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

  test("the working directory is hidden whole, also in the names of Claude Code's folders", () => {
    const cwd = "/home/user/work/secret.plan";
    expect(shown(`${cwd}/src/a.ts`, cwd)).toBe("[cwd]/src/a.ts");
    expect(shown(`${cwd}/src/a.ts`, cwd, { cwd: "basename" })).toBe("secret.plan/src/a.ts");
    expect(shown("/home/user/.claude/projects/-home-user-work-secret-plan/t.jsonl", cwd)).toBe(
      "~/.claude/projects/[cwd]/t.jsonl",
    );
    expect(shown("/x/projects/-home-user-other/t.jsonl", cwd)).toBe("/x/projects/~-other/t.jsonl");
    expect(shown(`${cwd}-2/x`, cwd)).toBe("~/work/secret.plan-2/x");
  });

  test("a home directory that is reached over a link is hidden by both of its paths", () => {
    const home = { home: "/home/user", realHome: "/data/people/user" };
    for (const cwd of ["/data/people/user/work", "/home/user/work", "/srv/x", "/data/people/user"]) {
      expect(shown("/data/people/user/.claude/a.json", cwd, home)).toBe("~/.claude/a.json");
      expect(shown("/home/user/.claude/a.json", cwd, home)).toBe("~/.claude/a.json");
    }
    expect(cwdAs("/data/people/user", { ...home, cwd: "basename" })).toBe("~");
    expect(shown("/data/people/user/work/a", "/data/people/user/work", home)).toBe("[cwd]/a");
  });

  test("paths of Windows are found with either slash, doubled as in JSON, and in any case", () => {
    const privacy: Privacy = { ...off, home: "C:/Users/Ann" };
    for (const text of ["C:\\Users\\Ann\\x", "c:/users/ann/x", "C:\\\\Users\\\\Ann\\\\x"]) {
      expect(hide(text, "C:/Users/Ann/work", privacy)).toMatch(/^~[\\/]+x$/);
    }
    expect(hide("C:\\x", "C:\\", privacy)).toBe("C:\\x");
  });

  test("a directory alone is itself, its last name, ~ for the home directory, / for the root, or nothing", () => {
    const as = (directory: string, cwd: Privacy["cwd"]): string | null => cwdAs(directory, { ...full, cwd });
    expect([as("/home/user/work", "full"), as("/home/user/work", "basename"), as("/home/user/work", "off")]).toEqual([
      "/home/user/work",
      "work",
      null,
    ]);
    expect([as("/home/user", "basename"), as("/home/user/", "basename"), as("/", "basename")]).toEqual(["~", "~", "/"]);
  });
});

describe("e-mail addresses", () => {
  const shown = (text: string, email: Privacy["email"] = "off"): string => hide(text, null, { ...full, email });

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
  ])("%s is hidden wherever it stands", (address) => {
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

  test("one is hidden in keys too, and two of them stay two fields", () => {
    const answer = {
      by_member: { "a@example.com": 1, "b@example.com": 2 },
      list: [{ "c@example.com": "d@example.com" }],
    };
    expect(hide(answer, null, off)).toEqual({
      by_member: { "[email]": 1, "[email] (2)": 2 },
      list: [{ "[email]": "[email]" }],
    } as never);
    expect(JSON.stringify(hide(answer, null, full))).toBe(JSON.stringify(answer));
  });

  test("what is no address stays: versions of packages, scopes, mentions", () => {
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

  test("a hash is that of the address, whatever its case and however it is written", () => {
    const hash = emailAs("dev@example.com", { email: "hash", salt: "salt" }) ?? "";
    expect(shown("DEV@Example.com dev%40example.com", "hash")).toBe(`${hash} ${hash}`);
  });

  test("no text of any kind keeps one, and none takes long", () => {
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
      // Ten thousand times as long would take forever if it were looked at again from each place.
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
  test.each(secrets)("%j is blanked in values and keys, whatever the settings are", (text, secret) => {
    for (const privacy of [full, off]) {
      expect(hide(text, null, privacy)).not.toContain(secret);
      expect(JSON.stringify(hide({ [text]: [text] }, null, privacy))).not.toContain(secret);
    }
  });

  test("a value is blanked for the name that it has: in a field, or in a row of get_status", () => {
    const answer = {
      apiKey: "abcd1234efgh",
      access_token: "abcd1234efgh",
      clientSecret: "abcd1234efgh",
      password: "letmein",
      rows: [{ label: "Auth token", value: "abcd1234efgh" }],
    };
    expect(JSON.stringify(hide(answer, null, full))).not.toMatch(/abcd1234efgh|letmein/);
  });

  test("values of secret variables are blanked wherever they stand", () => {
    const env = { ANTHROPIC_API_KEY: "plain words 7", PATH: "/usr/bin:/bin" };
    expect(scrubEnvironment(env)).toBeObject();
    const privacy = { ...full, secrets: secretValues(env) };
    expect(hide({ a: "uses plain words 7 here" }, null, privacy)).toEqual({ a: "uses [secret] here" });
  });

  test("what is none stays as it is: ids, hashes, models, names of variables, numbers, ordinary words", () => {
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
    expect(hide(answer, null, full)).toEqual(answer);
  });

  test("an answer that is nested without end is cut, not a stack", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 50_000; level++) deep = [deep];
    expect(JSON.stringify(hide({ deep }, null, off))).toContain("[too deep]");
  });

  test("hides them in what the recorder writes, in what the line was given too", async () => {
    using desk = new Desk();
    const usage = { by_member: { "dev@example.com": 1 }, proxy: "http://ann:hunter2@proxy/", rate_limits: {} };
    desk.reply = { ...answers, usage: { source: "control", data: usage } };
    const given = { rate_limits: { five_hour: { used_percentage: 1 }, owner: "root@localhost" } };
    await desk.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-1", { ...given, cwd: "/" }));
    const text = JSON.stringify([desk.lines("usage"), desk.lines("status"), desk.lines("diagnostics")]);
    expect(text).not.toMatch(/dev@example|hunter2|root@localhost|dummy@example/);
    expect(text).toContain('"[email]":1');
  });
});
