import type { Environment } from "../utils/config.ts";

/** Names of secret values. Token counts match too, but no capture needs one. */
const SECRET_NAME = /TOKEN|KEY|SECRET|PASSW(?:OR)?D|PASSPHRASE/i;

/** Needed by the program to identify the account, or to get through a company's proxy. */
const NEEDED = new Set([
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_CLIENT_KEY",
  "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
  "CLAUDE_CODE_API_KEY_HELPER_TTL_MS",
]);

/**
 * CLAUDE variables that configure the program. All others (CLAUDECODE, CLAUDE_CODE_SESSION_ID,
 * CLAUDE_CODE_MESSAGING_SOCKET, CLAUDE_PID, ...) belong to the session that started this process, or enable something
 * that a capture must not do (telemetry in the session's name).
 */
const CONFIGURATION =
  /^CLAUDE_(?:CONFIG_DIR|SECURESTORAGE_CONFIG_DIR|CODE_(?:USE_\w+|SKIP_\w+_AUTH|DISABLE_\w+|CLIENT_\w+|CERT_STORE|OAUTH_TOKEN|CUSTOM_OAUTH_URL|API_KEY_HELPER_TTL_MS|PROXY_RESOLVES_HOSTS|MANAGED_SETTINGS_PATH|GIT_BASH_PATH|TMPDIR))$/;

const SESSION = /^(?:CLAUDE|AI_AGENT)/i;
/** These would add escape sequences to the text that is parsed. */
const COLOUR = /^(?:FORCE_COLOR|CLICOLOR_FORCE)$/i;

function isAllowed(name: string): boolean {
  if (NEEDED.has(name)) return true;
  if (SECRET_NAME.test(name) || COLOUR.test(name)) return false;
  return !SESSION.test(name) || CONFIGURATION.test(name);
}

/** The variables that the program is started with. */
export function scrubEnvironment(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && isAllowed(name)) kept[name] = value;
  return kept;
}

/** The values of variables with a secret's name, for redaction. */
export function secretValues(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value && value.length >= 8 && (SECRET_NAME.test(name) || NEEDED.has(name)) ? [value] : [],
  );
}

const REDACTED = "[secret]";
const SECRET_WORD = "token|key|secret|passw(?:or)?d|passphrase|credential|authorization|cookie";

/** Applied in this order; each runs in linear time. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [^-\n]{0,60}-----[\s\S]*?(?:-----END [^-\n]{0,60}-----|$)/g, REDACTED],
  [/(:\/\/)[^\s/@"']{1,300}@/g, `$1${REDACTED}@`],
  [/\b(Bearer|Basic)[ \t]+[^\s"',;}\\]+/gi, `$1 ${REDACTED}`],
  [
    new RegExp(
      `((?:${SECRET_WORD})[\\w.-]{0,40}\\\\?["']?[ \\t]{0,9}[:=][ \\t]{0,9})` +
        `(?:\\\\"[^"]*"?|"(?:[^"\\\\]|\\\\[^])*"?|'[^']*'?|[^\\s,;}"'\\]]+)`,
      "gi",
    ),
    `$1"${REDACTED}"`,
  ],
  [/\b(?:sk|pk|rk)-[\w-]{4,}/gi, REDACTED],
  [/\b(?:gh[pousr]|github_pat|xox[a-z]|glpat|npm)[_-]\w[\w-]{8,}/gi, REDACTED],
  [/[^\s"<>()[\],:;@\\]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/gu, "[e-mail]"],
];

/** Base64 or hex text long enough to be a secret, but not names of models or paths. */
const LONG_RUN = /(?<![\w/+.~-])[A-Za-z0-9][A-Za-z0-9+/_-]{18,}[A-Za-z0-9+/_-]={0,2}|[A-Za-z0-9+_-]{20,}={0,2}/g;

function isSecretRun(run: string): boolean {
  if (/^claude-[a-z0-9-]+$/.test(run)) return false;
  if (run.length >= 40) return true;
  return /\d/.test(run) || (run.length >= 24 && /[a-z]/.test(run) && /[A-Z]/.test(run) && !/[_-]/.test(run));
}

/**
 * Redacts everything that looks like a secret: keys and bearer tokens, values named token, key, secret, password or
 * similar, passwords in URLs, long base64 or hex text, e-mail addresses, and the `known` values.
 */
export function redactSecrets(text: string, known: readonly string[] = []): string {
  let redacted = text;
  for (const secret of known) redacted = redacted.replaceAll(secret, REDACTED);
  for (const [form, replacement] of PATTERNS) redacted = redacted.replaceAll(form, replacement);
  return redacted.replaceAll(LONG_RUN, (run) => (isSecretRun(run) ? REDACTED : run));
}

/** The first 4 KB of an unusable answer, redacted for the log; null if it is empty. */
export function rawStart(text: string, known: readonly string[]): string | null {
  const start = redactSecrets(text.slice(0, 65_536), known).slice(0, 4_096).trim();
  return start === "" ? null : start;
}

/** Secrets recognisable by their format; each expression runs in linear time. */
const KEY_PATTERNS: readonly RegExp[] = [
  /-----BEGIN [^-\n]{0,60}PRIVATE KEY-----[^]*?(?:-----END [^-\n]{0,60}-----|$)/g,
  /(?<![A-Za-z0-9])(?:sk|pk|rk)[-_](?=[\w-]{0,200}\d|[\w-]{16})[\w-]{8,}/g,
  /(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|glpat-|gloas-|hf_|npm_|pypi-|shpat_|dop_v1_)[\w-]{16,}/g,
  /(?<![A-Za-z0-9])(?:xox[a-z]-|xapp-|ya29\.|SG\.)[\w.-]{10,}/g,
  /(?<![A-Za-z0-9])AIza[\w-]{30,}/g,
  /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
];
/** A JSON Web Token that has a second part; text without one is matched as a whole, so that it is scanned once, and stays. */
const WEB_TOKEN = /(?<![A-Za-z0-9])eyJ[\w-]{8,}(\.[\w-]{4,}(?:\.[\w-]+)?)?/g;

/** The user name, password or token before the host in a URL. */
const CREDENTIALS = /(:\/\/)[^\s/?#"'<>]{1,600}@/g;
const BEARER = /\b(Bearer|Basic)([ \t]{1,9})([\w.~+/=-]{8,})/gi;
/**
 * A name that ends in a word for a secret. Other names with such a word are not secret (api_key_source, max_tokens).
 */
const SECRET_KEY =
  /(?:^|[_. -])(?:api_?key|access_?key|private_?key|secret|token|passw(?:or)?d|passphrase|credentials?|authorization)$/i;
const ASSIGNED =
  /(?<![\w-])((?:[\w-]{0,60}?)(?:api[_-]?key|access[_-]?key|private[_-]?key|secret|token|passw(?:or)?d|passphrase))(["']?[ \t]{0,2}[=:][ \t]{0,2}["']?)([^\s,;&"'<>]{4,})/gi;

/**
 * Whether the value of a secret's name can be a secret, and not a number, the name of a variable, or a word such as
 * "none".
 */
function isSecretValue(name: string, value: string): boolean {
  if (/\s/.test(value) || /^(?:[A-Z][A-Z0-9_]+|\$.*)$/.test(value)) return false;
  return /passw|passphrase/i.test(name)
    ? value.length >= 4
    : value.length >= 6 && (/\d/.test(value) || value.length >= 20);
}

/**
 * Redacts the secrets in a usable answer: the `known` values, keys and tokens by their format, values assigned to a
 * secret's name, and user and password in URLs. Unlike redactSecrets it keeps ids, hashes and paths.
 */
export function withoutSecrets(text: string, known: readonly string[]): string {
  let redacted = text;
  for (const secret of known) redacted = redacted.replaceAll(secret, REDACTED);
  redacted = redacted.replaceAll(CREDENTIALS, `$1${REDACTED}@`);
  for (const form of KEY_PATTERNS) redacted = redacted.replaceAll(form, REDACTED);
  return redacted
    .replaceAll(WEB_TOKEN, (all, rest?: string) => (rest === undefined ? all : REDACTED))
    .replaceAll(BEARER, (all, scheme: string, gap: string, value: string) =>
      /\d|[a-z][A-Z]/.test(value) || value.length >= 20 ? `${scheme}${gap}${REDACTED}` : all,
    )
    .replaceAll(ASSIGNED, (all, name: string, gap: string, value: string) =>
      isSecretValue(name, value) ? `${name}${gap}${REDACTED}` : all,
    );
}

/** Whether a value of an answer is secret because of its key: {"apiKey": ...}. */
export function isNamedSecret(name: string, value: string): boolean {
  const words = name.slice(0, 100).replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2");
  return SECRET_KEY.test(words) && isSecretValue(words, value);
}
