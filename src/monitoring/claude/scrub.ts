import type { Environment } from "../../utils/config.ts";

/** Names that say a value is secret; a count of tokens goes with them, since no capture needs one. */
const SECRET_NAME = /TOKEN|KEY|SECRET|PASSW(?:OR)?D|PASSPHRASE/i;

/** Without these the program does not know which account it is asked about, or cannot get out through a company's proxy. */
const NEEDED = new Set([
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_CLIENT_KEY",
  "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
  "CLAUDE_CODE_API_KEY_HELPER_TTL_MS",
]);

/**
 * The program's own configuration among the CLAUDE variables. All others (CLAUDECODE, CLAUDE_CODE_SESSION_ID,
 * CLAUDE_CODE_MESSAGING_SOCKET, CLAUDE_PID, ...) belong to the session that we were started from, or switch on what a
 * capture must not do (telemetry in the session's name).
 */
const CONFIGURATION =
  /^CLAUDE_(?:CONFIG_DIR|SECURESTORAGE_CONFIG_DIR|CODE_(?:USE_\w+|SKIP_\w+_AUTH|DISABLE_\w+|CLIENT_\w+|CERT_STORE|OAUTH_TOKEN|CUSTOM_OAUTH_URL|API_KEY_HELPER_TTL_MS|PROXY_RESOLVES_HOSTS|MANAGED_SETTINGS_PATH|GIT_BASH_PATH|TMPDIR))$/;

const SESSION = /^(?:CLAUDE|AI_AGENT)/i;
/** These would put escapes into the texts that we parse. */
const COLOUR = /^(?:FORCE_COLOR|CLICOLOR_FORCE)$/i;

function mayPass(name: string): boolean {
  if (NEEDED.has(name)) return true;
  if (SECRET_NAME.test(name) || COLOUR.test(name)) return false;
  return !SESSION.test(name) || CONFIGURATION.test(name);
}

/** The variables that the program may be started with. */
export function scrubEnvironment(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && mayPass(name)) kept[name] = value;
  return kept;
}

/** The values of variables that are secret by name, to be blanked wherever they turn up. */
export function secretValues(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value && value.length >= 8 && (SECRET_NAME.test(name) || NEEDED.has(name)) ? [value] : [],
  );
}

const GONE = "[secret]";
const SECRET_WORD = "token|key|secret|passw(?:or)?d|passphrase|credential|authorization|cookie";

/** Replacements in this order; each runs in linear time. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [^-\n]{0,60}-----[\s\S]*?(?:-----END [^-\n]{0,60}-----|$)/g, GONE],
  [/(:\/\/)[^\s/@"']{1,300}@/g, `$1${GONE}@`],
  [/\b(Bearer|Basic)[ \t]+[^\s"',;}\\]+/gi, `$1 ${GONE}`],
  [
    new RegExp(
      `((?:${SECRET_WORD})[\\w.-]{0,40}\\\\?["']?[ \\t]{0,9}[:=][ \\t]{0,9})` +
        `(?:\\\\"[^"]*"?|"(?:[^"\\\\]|\\\\[^])*"?|'[^']*'?|[^\\s,;}"'\\]]+)`,
      "gi",
    ),
    `$1"${GONE}"`,
  ],
  [/\b(?:sk|pk|rk)-[\w-]{4,}/gi, GONE],
  [/\b(?:gh[pousr]|github_pat|xox[a-z]|glpat|npm)[_-]\w[\w-]{8,}/gi, GONE],
  [/[^\s"<>()[\],:;@\\]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/gu, "[e-mail]"],
];

/** A run of base64 or hex letters long enough to be a secret; names of models and paths are none. */
const RUN = /(?<![\w/+.~-])[A-Za-z0-9][A-Za-z0-9+/_-]{18,}[A-Za-z0-9+/_-]={0,2}|[A-Za-z0-9+_-]{20,}={0,2}/g;

function isSecretRun(run: string): boolean {
  if (/^claude-[a-z0-9-]+$/.test(run)) return false;
  if (run.length >= 40) return true;
  return /\d/.test(run) || (run.length >= 24 && /[a-z]/.test(run) && /[A-Z]/.test(run) && !/[_-]/.test(run));
}

/**
 * A text with everything blanked that looks like a secret: keys and bearer tokens, values of names such as token, key,
 * secret, password, passwords in addresses, long base64 or hex runs, e-mail addresses; and the `known` values.
 */
export function blankSecrets(text: string, known: readonly string[] = []): string {
  let blanked = text;
  for (const secret of known) blanked = blanked.replaceAll(secret, GONE);
  for (const [form, replacement] of FORMS) blanked = blanked.replaceAll(form, replacement);
  return blanked.replaceAll(RUN, (run) => (isSecretRun(run) ? GONE : run));
}

/** The first 4 KB of an unusable answer as a log may keep it; null for an empty one. */
export function rawStart(text: string, known: readonly string[]): string | null {
  const start = blankSecrets(text.slice(0, 65_536), known).slice(0, 4_096).trim();
  return start === "" ? null : start;
}

/** What is a secret by its form, wherever it stands; each expression runs in linear time. */
const KEYS: readonly RegExp[] = [
  /-----BEGIN [^-\n]{0,60}PRIVATE KEY-----[^]*?(?:-----END [^-\n]{0,60}-----|$)/g,
  /(?<![A-Za-z0-9])(?:sk|pk|rk)[-_](?=[\w-]{0,200}\d|[\w-]{16})[\w-]{8,}/g,
  /(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|glpat-|gloas-|hf_|npm_|pypi-|shpat_|dop_v1_)[\w-]{16,}/g,
  /(?<![A-Za-z0-9])(?:xox[a-z]-|xapp-|ya29\.|SG\.)[\w.-]{10,}/g,
  /(?<![A-Za-z0-9])AIza[\w-]{30,}/g,
  /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
];
/** A JSON Web Token where it has a second part; without one the same text is gone over once, and stays. */
const WEB_TOKEN = /(?<![A-Za-z0-9])eyJ[\w-]{8,}(\.[\w-]{4,}(?:\.[\w-]+)?)?/g;

/** A user's name, a password or a token before the host of an address. */
const CREDENTIALS = /(:\/\/)[^\s/?#"'<>]{1,600}@/g;
const BEARER = /\b(Bearer|Basic)([ \t]{1,9})([\w.~+/=-]{8,})/gi;
/** A name that ends in a word for a secret, as one word; what else such a name may hold is no secret (api_key_source, max_tokens). */
const SECRET_KEY =
  /(?:^|[_. -])(?:api_?key|access_?key|private_?key|secret|token|passw(?:or)?d|passphrase|credentials?|authorization)$/i;
const ASSIGNED =
  /(?<![\w-])((?:[\w-]{0,60}?)(?:api[_-]?key|access[_-]?key|private[_-]?key|secret|token|passw(?:or)?d|passphrase))(["']?[ \t]{0,2}[=:][ \t]{0,2}["']?)([^\s,;&"'<>]{4,})/gi;

/** Whether the value of a secret's name can be one: no number, name of a variable, or word such as "none". */
function isSecretValue(name: string, value: string): boolean {
  if (/\s/.test(value) || /^(?:[A-Z][A-Z0-9_]+|\$.*)$/.test(value)) return false;
  return /passw|passphrase/i.test(name)
    ? value.length >= 4
    : value.length >= 6 && (/\d/.test(value) || value.length >= 20);
}

/**
 * A text of a usable answer with what is a secret blanked: the `known` values, keys and tokens by their form, what is assigned to a secret's
 * name, and user and password of addresses. Other than blankSecrets it leaves ids, hashes and paths as they are.
 */
export function withoutSecrets(text: string, known: readonly string[]): string {
  let blanked = text;
  for (const secret of known) blanked = blanked.replaceAll(secret, GONE);
  blanked = blanked.replaceAll(CREDENTIALS, `$1${GONE}@`);
  for (const form of KEYS) blanked = blanked.replaceAll(form, GONE);
  return blanked
    .replaceAll(WEB_TOKEN, (all, rest?: string) => (rest === undefined ? all : GONE))
    .replaceAll(BEARER, (all, scheme: string, gap: string, value: string) =>
      /\d|[a-z][A-Z]/.test(value) || value.length >= 20 ? `${scheme}${gap}${GONE}` : all,
    )
    .replaceAll(ASSIGNED, (all, name: string, gap: string, value: string) =>
      isSecretValue(name, value) ? `${name}${gap}${GONE}` : all,
    );
}

/** Whether a value of an answer is a secret because of the name that it has there: {"apiKey": ...}. */
export function isNamedSecret(name: string, value: string): boolean {
  const words = name.slice(0, 100).replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2");
  return SECRET_KEY.test(words) && isSecretValue(words, value);
}
