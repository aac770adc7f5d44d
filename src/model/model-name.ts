/**
 * A model's name without the parts that do not change its list price: platform, build and reasoning effort.
 * "us.anthropic.claude-opus-4-20250514-v1:0" (Bedrock), "claude-opus-4@20250514" (Vertex), "claude-opus-4-20250514[1m]"
 * and "claude-4-opus-thinking" (Cursor) all become "claude-opus-4"; "openai/gpt-5-2025-08-07" becomes "gpt-5". Parts
 * that may change the price are kept: "-fast", ":free", and builds of 2024, since those of GPT-4o differ. `isRegional`
 * covers the surcharge for regional endpoints.
 */
export function modelName(raw: string): string {
  const name = raw
    .trim()
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^(?:[a-z-]+\.)?(?:anthropic|openai)\./, "");
  return name.startsWith("claude-")
    ? claudeName(name)
    : name
        .replace(/@(?:default|latest)$/, "")
        .replace(/-20(?:2[5-9]|[3-9]\d)-[01]\d-[0-3]\d$/, "")
        .replace(/^((?:gpt-[5-9]|o[34]).*)-(?:none|minimal|low|medium|high|xhigh)$/, "$1");
}

const claudeName = (name: string): string =>
  name
    .replace(/\[\d+m\]/g, "")
    .replace(/@(?:\d{8}|default|latest)$/, "")
    .replace(/-v\d+(?::\d+)?(?::\d+k)?$/, "")
    .replace(/-(?:20\d{6}|latest)$/, "")
    .replace(/[-:](?:thinking|thought)$/, "")
    .replace(/(\d)\.(?=\d)/, "$1-")
    .replace(/^claude-([4-9](?:-\d)?)-([a-z]+)(?:-(?:low|medium|high|xhigh|max))?$/, "claude-$2-$1");

/** A Bedrock model id: "anthropic.claude-…", with or without the geography of an inference profile in front. */
const BEDROCK = /(?:(?:^|[^a-z0-9])([a-z]{2}(?:-gov)?|apac|emea|amer|global)\.|^|[/:])(?:anthropic|openai)\.[a-z]/;
/** The location in a Vertex resource name: "projects/p/locations/us-east5/publishers/anthropic/models/claude-…". */
const VERTEX = /(?:^|\/)locations\/([a-z][a-z0-9-]*)\//;
/**
 * The region in an AWS resource name, and a region as part of a path: "bedrock/us-east-1/…", "vertex_ai/us-east5/…".
 */
const ARN = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):/;
const REGION = /(?:^|\/)(?:[a-z]{2}(?:-gov)?|[a-z]+america|africa|asia|australia|europe)-[a-z]+-?\d+\//;

/**
 * Whether a name refers to an endpoint of a region or geography, which Bedrock and Vertex charge more for than for
 * "global" ones: https://docs.claude.com/en/docs/build-with-claude/claude-on-vertex-ai#global-vs-regional-endpoints. A
 * Bedrock model id without a profile is served in the requested region. A plain name, which Vertex also accepts, is not
 * regional.
 */
export function isRegional(raw: string): boolean {
  const name = raw.trim().toLowerCase();
  const profile = BEDROCK.exec(name);
  if (profile) return profile[1] !== "global";
  const location = VERTEX.exec(name);
  if (location) return location[1] !== "global";
  return ARN.test(name) || REGION.test(name);
}

/** A model that a name not on any list may stand for. */
export interface LikelyModel {
  /** In the form of `modelName`. */
  readonly name: string;
  /** Whether the name selects the vendor's fast mode. */
  readonly isFast: boolean;
}

/** Longer names are not matched: a part of one proves nothing. */
const MAX_LENGTH = 200;
/**
 * Suffixes that gateways and editors add to the name of the same model: effort, thinking budget, mode, context window,
 * build, platform.
 */
const SUFFIX =
  /[-:.,@([](fast|\d+[mk]|context|no-?think(?:ing)?|think(?:ing)?(?:-\d{3,6})?|thought|reasoning|none|minimal|low|medium|high|xhigh|max|ultra|agentic|beta|latest|default|v\d+(?::\d+)?|20\d{6}|20(?:2[5-9]|[3-9]\d)-\d\d-\d\d|bedrock|vertex|azure|aws|gcp|(?<=\()(?:auto|\d{3,6}))[\])]?$/;
const MAX_SUFFIXES = 6;

/**
 * Models that a gateway's own name may stand for, the likeliest first: without a prefix ("kiro-", "databricks-",
 * "anthropic--"), without suffixes for the mode ("-1m", "-high", "-fast"), and with other notations of the version
 * ("opus-41", "gpt-5-1"). These are guesses, so a price found this way is an estimate.
 */
export function* likelyModels(raw: string): Generator<LikelyModel> {
  if (raw.length > MAX_LENGTH) return;
  const name = raw
    .trim()
    .toLowerCase()
    .replaceAll(/[_\s]+/g, "-")
    .replaceAll(/-{2,}/g, "-")
    .replace(/^.*\//, "");
  // A small model distilled from a large one, whose name it contains.
  if (name.includes("distill")) return;
  const starts = [0, ...Array.from(name.matchAll(/[^a-z0-9]/g), ({ index }) => index + 1)];
  for (const start of starts) {
    let rest = name.slice(start);
    let isFast = false;
    for (let endings = 0; endings <= MAX_SUFFIXES; endings++) {
      for (const one of new Set(spellings(rest))) yield { name: one, isFast };
      const ending = SUFFIX.exec(rest);
      if (!ending) break;
      isFast ||= ending[1] === "fast";
      rest = rest.slice(0, ending.index);
    }
  }
}

/** A name in the form of `modelName`, and with its version in the vendor's notation. */
function spellings(text: string): string[] {
  const name = modelName(text);
  const claude = name.replace(/^(?:claude-)?(opus|sonnet|haiku|fable|mythos)-?(?=\d)/, "claude-$1-");
  if (!claude.startsWith("claude-")) return [name, name.replace(/^([a-z]+-?[a-z]?\d)-(\d)(?!\d)/, "$1.$2")];
  const spaced = claude
    .replace(/^claude-([a-z]+)-(\d)(\d)$/, "claude-$1-$2-$3")
    .replace(/^claude-(\d)(\d)-/, "claude-$1-$2-")
    .replace(/^claude-([a-z]+)-(3(?:-\d)?)$/, "claude-$2-$1");
  return [claude, modelName(spaced)];
}
