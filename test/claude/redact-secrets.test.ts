import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { redactSecrets, rawStart, scrubEnvironment, secretValues } from "../../src/claude/redact-secrets.ts";

describe("scrubEnvironment", () => {
  /** The variables that 2.1.328 gives its statusline (recorded), and others in the environment. */
  const session = {
    AI_AGENT: "claude-code_2-1-328_harness",
    CLAUDECODE: "1",
    CLAUDE_CODE_CHILD_SESSION: "1",
    CLAUDE_CODE_ENTRYPOINT: "cli",
    CLAUDE_CODE_MESSAGING_SOCKET: "/tmp/cc-socks/1.sock",
    CLAUDE_CODE_MESSAGING_TOKEN: "a15647e17c9d3ff3",
    CLAUDE_CODE_SESSION_ATTENDED: "1",
    CLAUDE_CODE_SESSION_ID: "d704fae5",
    CLAUDE_EFFORT: "medium",
    CLAUDE_PID: "31164",
    CLAUDE_PROJECT_DIR: "/home/user/proj",
    CLAUDE_CODE_SSE_PORT: "1234",
    CLAUDE_CODE_SIMPLE: "1",
    CLAUDE_CODE_ENABLE_TELEMETRY: "1",
    CLAUDE_ENV_FILE: "/tmp/env",
    CLAUDE_PLUGIN_ROOT: "/tmp/plugin",
  };
  const secrets = {
    GITHUB_TOKEN: "1",
    npm_config__authToken: "1",
    AWS_SECRET_ACCESS_KEY: "1",
    OPENAI_API_KEY: "1",
    DB_PASSWORD: "1",
    CLIENT_SECRET: "1",
    MY_TOKENS: "1",
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: "32000",
    FORCE_COLOR: "1",
  };
  const kept = {
    PATH: "/usr/bin",
    HOME: "/home/user",
    LANG: "C.UTF-8",
    TZ: "Europe/Berlin",
    HTTPS_PROXY: "http://proxy:3128",
    NODE_EXTRA_CA_CERTS: "/etc/ca.pem",
    ANTHROPIC_BASE_URL: "https://gateway",
    ANTHROPIC_API_KEY: "1",
    ANTHROPIC_AUTH_TOKEN: "1",
    CLAUDE_CODE_OAUTH_TOKEN: "1",
    CLAUDE_CONFIG_DIR: "/home/user/other",
    CLAUDE_CODE_USE_BEDROCK: "1",
    CLAUDE_CODE_USE_VERTEX: "1",
    CLAUDE_CODE_USE_FOUNDRY: "1",
    CLAUDE_CODE_SKIP_BEDROCK_AUTH: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_CLIENT_KEY: "/etc/client.key",
    DISABLE_AUTOUPDATER: "1",
    BASH_MAX_OUTPUT_LENGTH: "1000",
  };

  test("scrubEnvironment removes the session's variables and unrelated secrets, and keeps the account and the user's configuration", () => {
    expect(scrubEnvironment({ ...session, ...secrets, ...kept, NOT_SET: undefined })).toEqual(kept);
  });

  test("scrubEnvironment removes every secret name that is not on the list", () => {
    const name = fc.tuple(fc.string(), fc.constantFrom("TOKEN", "KEY", "SECRET", "PASSWORD", "token"), fc.string());
    fc.assert(fc.property(name, (parts) => Object.keys(scrubEnvironment({ [parts.join("")]: "x" })).length === 0));
  });
});

describe("redactSecrets", () => {
  test.each([
    ["key sk-ant-api03-AbC_d-1", "key [secret]"],
    ["Authorization: Bearer abc.def", 'Authorization: "[secret]" [secret]'],
    ["sent Bearer eyJhbGciOi.x", "sent Bearer [secret]"],
    [
      '{"accessToken":"x","refresh_token" : "y\\"z","n":1}',
      '{"accessToken":"[secret]","refresh_token" : "[secret]","n":1}',
    ],
    ['{\\"token\\":\\"abc\\"}', '{\\"token\\":"[secret]"}'],
    ['{"apiKey":"unfinished', '{"apiKey":"[secret]"'],
    ["MY_SECRET=hunter2 x=1", 'MY_SECRET="[secret]" x=1'],
    ["password: hunter2", 'password: "[secret]"'],
    ["at https://user:pass@host/path", "at https://[secret]@host/path"],
    ["mail Jürgen.o'neil+x@exämple.co.uk!", "mail [e-mail]!"],
    ["sha d41d8cd98f00b204e9800998ecf8427e.", "sha [secret]."],
    ["ghp_abcdefghij12 xoxb-1234567890", "[secret] [secret]"],
    ["-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nrest", "[secret]\nrest"],
  ])("redactSecrets redacts the secrets in %j", (text, expected) => {
    expect(redactSecrets(text)).toBe(expected);
  });

  test.each([
    "Current session: 42% used · resets Nov 20, 10:56am (UTC)",
    '{"five_hour":{"utilization":42,"resets_at":"2026-11-20T10:56:28+00:00"}}',
    "error: unknown option '--no-session-persistence'",
    "/home/user/.local/share/claude/versions missing or broken",
    "model claude-sonnet-4-5-20250929 rate_limits_available subscription_type",
  ])("redactSecrets does not change %j", (text) => {
    expect(redactSecrets(text)).toBe(text);
  });

  const letters = (alphabet: string, length: { minLength: number; maxLength: number }) =>
    fc.string({ unit: fc.constantFrom(...alphabet.split("")), ...length });
  const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const secret = fc.oneof(
    letters(`${BASE64}_-`, { minLength: 8, maxLength: 90 }).map((text) => ({ shown: `sk-ant-${text}`, hidden: text })),
    letters(`${BASE64}._~+/`, { minLength: 8, maxLength: 90 }).map((text) => ({
      shown: `Bearer ${text}`,
      hidden: text,
    })),
    letters("0123456789abcdef", { minLength: 40, maxLength: 128 }).map((text) => ({ shown: text, hidden: text })),
    letters(`${BASE64}_-`, { minLength: 40, maxLength: 200 }).map((text) => ({ shown: text, hidden: text })),
    fc.emailAddress().map((text) => ({ shown: text, hidden: text })),
    fc
      .tuple(
        fc.constantFrom("token", "accessToken", "api_key", "clientSecret", "PASSWORD"),
        fc.string({ minLength: 8 }),
      )
      .map(([name, text]) => ({ shown: JSON.stringify({ [name]: text }), hidden: JSON.stringify(text).slice(1, -1) })),
  );
  const around = fc.string({ unit: fc.constantFrom(..." \n,;(){}<>.!?".split("")) });

  test("redactSecrets redacts every kind of secret in any position", () => {
    fc.assert(
      fc.property(around, secret, around, (before, { shown, hidden }, after) => {
        expect(redactSecrets(`${before} ${shown} ${after}`)).not.toContain(hidden);
      }),
      { numRuns: 5_000 },
    );
  });

  test("redactSecrets redacts known values of any form", () => {
    const value = fc.string({ minLength: 8 });
    fc.assert(
      fc.property(around, value, (text, known) => !redactSecrets(`${text}${known}${text}`, [known]).includes(known)),
    );
    expect(
      secretValues({ A_TOKEN: "long enough", B_KEY: "short", PATH: "/usr/bin:/bin", C_SECRET: undefined }),
    ).toEqual(["long enough"]);
  });

  test("redacting twice changes nothing, and hostile text takes linear time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => redactSecrets(redactSecrets(text)) === redactSecrets(text)),
    );
    for (const piece of [
      "a",
      "token",
      "a@",
      "a.",
      '"key":"',
      "Bearer ",
      "://a",
      "-----BEGIN ",
      "=",
      "\\",
      "abc/",
      "1-",
    ]) {
      rawStart(piece.repeat(1_000_000), []);
    }
  });

  test("rawStart keeps at most 4 KB, and returns null for empty text", () => {
    expect(rawStart("word ".repeat(10_000), [])?.length).toBeLessThanOrEqual(4_096);
    expect(rawStart(" \n", [])).toBeNull();
  });
});
